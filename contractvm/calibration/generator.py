"""Random programs in the shapes of compiled code, whose times tell instructions apart.

Each program draws its own mix: one is rich in memory accesses, another in branches.
Loops are counted, addresses masked and divisors odd, so no program traps or hangs.
"""

import random
from collections.abc import Callable

BINARY = {
    "add": ("add", "sub"),
    "bits": ("and", "or", "xor"),
    "shift": ("shl", "shr_s", "shr_u"),
    "rotate": ("rotl", "rotr"),
    "multiply": ("mul",),
}
DIVISIONS = ("div_s", "div_u", "rem_s", "rem_u")
ORDERS = [f"{name}_{sign}" for name in ("lt", "gt", "le", "ge") for sign in "su"]
COMPARISONS = ["eq", "ne", *ORDERS]
LOADS = {
    "i32": ("load", "load", "load", "load8_u", "load8_s", "load16_u", "load16_s"),
    "i64": ("load", "load", "load8_u", "load32_u", "load32_s", "load8_s", "load16_u"),
}
STORES = {
    "i32": ("store", "store", "store8", "store16"),
    "i64": ("store", "store", "store8", "store16", "store32"),
}
EXTENSIONS = {
    "i32": ("extend8_s", "extend16_s"),
    "i64": ("extend8_s", "extend16_s", "extend32_s"),
}
# The average mix; each program draws its own around it.
EXPRESSIONS = {
    "local": 10.0,
    "constant": 4.0,
    "load": 3.0,
    "global": 0.3,
    "add": 5.0,
    "bits": 3.0,
    "shift": 2.0,
    "rotate": 0.7,
    "multiply": 1.0,
    "divide": 0.08,
    "count": 0.2,
    "compare": 0.6,
    "eqz": 0.2,
    "convert": 0.8,
    "extend": 0.2,
    "select": 0.5,
    "tee": 1.5,
}
STATEMENTS = {
    "assign": 6.0,
    "store": 2.5,
    "drop": 0.1,
    "global": 0.2,
    "if": 1.0,
    "else": 0.5,
    "leave": 0.6,
    "loop": 0.6,
    "call": 0.5,
    "call_indirect": 0.15,
    "switch": 0.25,
}
LEAVES = ("local", "constant", "load", "global")
OTHER = {"i32": "i64", "i64": "i32"}


class Generator:
    """Writes one program; all random choices follow from the seed."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._expressions = self._tastes(EXPRESSIONS)
        self._statements = self._tastes(STATEMENTS)
        self._chance_of_i64 = self._random.choice((0.0, 0.1, 0.5, 0.9))
        self._chance_of_chaos = self._random.choice((0.0, 0.0, 0.1, 0.5))
        self._depth = self._random.choice((1, 2, 3, 4))
        self._calls_left = 0
        self._levels = 0

    def text(self) -> str:
        """The module in text format; `run` takes the number of turns of its loop."""
        funcs = [self._func(number) for number in range(4)]
        self._calls_left = 3
        self._levels = 3
        body = " ".join(self._statement() for _ in range(self._random.randint(4, 24)))
        return f"""(module
          (memory 1)
          (global $g (mut i32) (i32.const 7)) (global $h (mut i64) (i64.const 9))
          (type $unary (func (param i32) (result i32)))
          (table funcref (elem $f0 $f1 $f2 $f3))
          {" ".join(funcs)}
          (func (export "run") (param $n i32) (result i32)
            {declared_locals()}
            (local.set $w (i64.const 88172645463325252))
            (loop $turn
              (local.set $r (i32.add (i32.mul (local.get $r) (i32.const 1664525))
                (i32.const 1013904223)))
              (local.set $p (i32.and (i32.add (local.get $p) (i32.const 24))
                (i32.const 32760)))
              {body}
              (br_if $turn
                (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (i32.xor (local.get $x) (i32.wrap_i64 (local.get $u)))))"""

    def _tastes(self, averages: dict[str, float]) -> dict[str, float]:
        return {
            name: weight * self._random.lognormvariate(0, 1.1)
            for name, weight in averages.items()
        }

    def _choose(self, weights: dict[str, float]) -> str:
        return self._random.choices(list(weights), list(weights.values()))[0]

    def _func(self, number: int) -> str:
        """A func that the program calls; a few have many locals, some return early."""
        count = self._random.choice((0, 1, 4, 12))
        spare = f"(local {'i64 ' * count})" if count else ""
        self._levels = 1
        early = (
            f"(if {self._test()} (then (return {self._expression('i32', 1)})))"
            if self._random.random() < 0.4
            else ""
        )
        body = " ".join(self._statement() for _ in range(self._random.randint(0, 3)))
        return f"""(func $f{number} (param $x i32) (result i32)
          (local $y i32) (local $z i32) (local $r i32) (local $n i32) (local $p i32)
          (local $u i64) (local $v i64) (local $w i64) (local $k i32) {spare}
          (local.set $r (local.get $x))
          {early} {body} {self._expression("i32", self._depth)})"""

    def _type(self) -> str:
        return "i64" if self._random.random() < self._chance_of_i64 else "i32"

    def _local(self, kind: str) -> str:
        return self._random.choice(("$x", "$y", "$z") if kind == "i32" else _WIDE)

    def _expression(self, kind: str, depth: int) -> str:
        weights = self._expressions
        if depth <= 0:
            weights = {name: weights[name] for name in LEAVES}
        return self._make(self._choose(weights), kind, depth - 1)

    def _make(self, what: str, kind: str, depth: int) -> str:
        pick = self._random.choice
        if what in BINARY:
            left, right = self._expression(kind, depth), self._expression(kind, depth)
            return f"({kind}.{pick(BINARY[what])} {left} {right})"
        makers: dict[str, Callable[[], str]] = {
            "local": lambda: f"(local.get {self._local(kind)})",
            "constant": lambda: f"({kind}.const {pick(_CONSTANTS)})",
            "global": lambda: f"(global.get {'$g' if kind == 'i32' else '$h'})",
            "load": lambda: f"({kind}.{pick(LOADS[kind])} {self._address(depth)})",
            "divide": lambda: self._division(kind, depth),
            "count": lambda: self._unary(kind, pick(("clz", "ctz", "popcnt")), depth),
            "extend": lambda: self._unary(kind, pick(EXTENSIONS[kind]), depth),
            "convert": lambda: self._conversion(kind, depth),
            "tee": lambda: (
                f"(local.tee {self._local(kind)} {self._expression(kind, depth)})"
            ),
            "select": lambda: (
                f"(select {self._expression(kind, depth)}"
                f" {self._expression(kind, depth)} {self._test()})"
            ),
        }
        if what in makers:
            return makers[what]()
        answer = self._comparison(what, depth)
        return answer if kind == "i32" else f"(i64.extend_i32_u {answer})"

    def _unary(self, kind: str, name: str, depth: int) -> str:
        return f"({kind}.{name} {self._expression(kind, depth)})"

    def _division(self, kind: str, depth: int) -> str:
        """A division by an odd number other than -1."""
        divisor = self._expression(kind, min(depth, 1))
        return (
            f"({kind}.{self._random.choice(DIVISIONS)} {self._expression(kind, depth)}"
            f" ({kind}.or ({kind}.and {divisor} ({kind}.const 0xfffff))"
            f" ({kind}.const 1)))"
        )

    def _conversion(self, kind: str, depth: int) -> str:
        inner = self._expression(OTHER[kind], depth)
        if kind == "i32":
            return f"(i32.wrap_i64 {inner})"
        return f"(i64.{self._random.choice(('extend_i32_s', 'extend_i32_u'))} {inner})"

    def _comparison(self, what: str, depth: int) -> str:
        kind = self._type()
        if what == "eqz":
            return f"({kind}.eqz {self._expression(kind, depth)})"
        return (
            f"({kind}.{self._random.choice(COMPARISONS)}"
            f" {self._expression(kind, depth)} {self._expression(kind, depth)})"
        )

    def _address(self, depth: int) -> str:
        """An offset and an address in the first page; loads of a pointer are common."""
        offset = f"offset={self._random.randrange(0, 4096, 8)}"
        if self._random.random() < 0.6:
            return f"{offset} (local.get $p)"
        index = self._expression("i32", min(depth, 1))
        return f"{offset} (i32.add (local.get $p) (i32.and {index} (i32.const 16376)))"

    def _test(self) -> str:
        """A condition that a processor can predict, or one that it cannot."""
        if self._random.random() < self._chance_of_chaos:
            bit = 1 << self._random.randint(16, 29)
            return f"(i32.and (local.get $r) (i32.const {bit}))"
        counter = (
            f"(i32.and (local.get $n) (i32.const {self._random.choice((1, 3, 7))}))"
        )
        return self._random.choice(
            (
                counter,
                f"(i32.eqz {counter})",
                f"(i32.lt_u (local.get $n) (i32.const {self._random.choice((0, 5))}))",
                f"(i32.ge_s {counter} (i32.const 1))",
                f"(i64.ne (i64.extend_i32_u {counter}) (i64.const 1))",
            )
        )

    def _statements_inside(self) -> str:
        self._levels -= 1
        text = " ".join(self._statement() for _ in range(self._random.randint(1, 4)))
        self._levels += 1
        return text

    def _statement(self) -> str:
        weights = self._statements
        if self._levels <= 0:
            weights = {name: weights[name] for name in _FLAT}
        what = self._choose(weights)
        kind = self._type()

        def value() -> str:
            return self._expression(kind, self._depth)

        makers: dict[str, Callable[[], str]] = {
            "assign": lambda: f"(local.set {self._local(kind)} {value()})",
            "store": lambda: (
                f"({kind}.{self._random.choice(STORES[kind])} {self._address(1)}"
                f" {value()})"
            ),
            "drop": lambda: f"(drop {value()})",
            "global": lambda: (
                f"(global.set {'$g' if kind == 'i32' else '$h'} {value()})"
            ),
            "if": lambda: f"(if {self._test()} (then {self._statements_inside()}))",
            "else": lambda: (
                f"(if {self._test()} (then {self._statements_inside()})"
                f" (else {self._statements_inside()}))"
            ),
            "leave": self._block,
            "loop": self._loop,
            "call": lambda: self._call(f"(call $f{self._random.randrange(4)}", ")"),
            "call_indirect": lambda: self._call(
                "(call_indirect (type $unary)", f" {self._func_index()})"
            ),
            "switch": self._switch,
        }
        return makers[what]()

    def _block(self) -> str:
        inner = self._statements_inside()
        if self._random.random() < 0.3:
            return f"(block (if {self._test()} (then {inner} (br 1))) {inner})"
        return f"(block (br_if 0 {self._test()}) {inner})"

    def _loop(self) -> str:
        """A loop of a few turns; it holds no loops, which would share its counter."""
        levels, self._levels = self._levels, 0
        inner = " ".join(self._statement() for _ in range(self._random.randint(1, 4)))
        self._levels = levels
        count = self._random.choice((2, 4, 8, 30))
        step = "(local.tee $k (i32.add (local.get $k) (i32.const -1)))"
        if self._random.random() < 0.3:
            return (
                f"(local.set $k (i32.const {count})) (block (loop"
                f" (br_if 1 (i32.eqz {step})) {inner} (br 0)))"
            )
        return f"(local.set $k (i32.const {count})) (loop {inner} (br_if 0 {step}))"

    def _call(self, before: str, after: str) -> str:
        """A call from the loop of `run`; the called funcs call nothing."""
        if self._calls_left <= 0:
            return f"(local.set $x {self._expression('i32', self._depth)})"
        self._calls_left -= 1
        return f"(local.set $x {before} {self._expression('i32', 1)}{after})"

    def _func_index(self) -> str:
        if self._random.random() < self._chance_of_chaos:
            return "(i32.shr_u (local.get $r) (i32.const 30))"
        return f"(i32.const {self._random.randrange(4)})"

    def _switch(self) -> str:
        """A `br_table` of four arms."""
        chosen = "(i32.shr_u (local.get $r) (i32.const 30))"
        if self._random.random() >= self._chance_of_chaos:
            chosen = "(i32.and (local.get $n) (i32.const 3))"
        arms = [self._assignment() for _ in range(3)]
        return (
            f"(block (block (block (block (br_table 0 1 2 3 {chosen}))"
            f" {arms[0]} (br 2)) {arms[1]} (br 1)) {arms[2]})"
        )

    def _assignment(self) -> str:
        kind = self._type()
        return f"(local.set {self._local(kind)} {self._expression(kind, 1)})"


_WIDE = ("$u", "$v", "$w")
_FLAT = ("assign", "store", "drop", "global")
_CONSTANTS = (1, 2, 3, 5, 7, 8, 13, 16, 24, 31, 255, 4095, 65599, -1)


def declared_locals() -> str:
    """The locals that every generated statement may use."""
    narrow = " ".join(f"(local ${name} i32)" for name in "xyzrpk")
    return narrow + " " + " ".join(f"(local ${name} i64)" for name in "uvw")
