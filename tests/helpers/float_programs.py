"""Random programs that compute with floats and may make NaN bits visible."""

from random import Random

FRAME = """(module
  (memory (export "memory") 1)
  (global $g (mut f64) (f64.const 0))
  (table funcref (elem $pass $half))
  (type $unary (func (param f64) (result f64)))
  (func $pass (type $unary) (local.get 0))
  (func $half (type $unary) (f64.div (local.get 0) (f64.const 2)))
  (func $tested (type $unary) (select (local.get 0) (f64.const nan)
    (f64.eq (local.get 0) (local.get 0))))
  (func (export "run") (param $p i64) (param $q i64) (result i32)
    (local $x f64) (local $y f64) (local $i i32) (local $n i32)
    {body}
    (local.get $i)))"""
BINARY = ("add", "sub", "mul", "div", "min", "max", "copysign")
UNARY = ("sqrt", "ceil", "floor", "trunc", "nearest", "abs", "neg")
COMPARISONS = ("eq", "ne", "lt", "gt", "le", "ge")
CONSTANTS = ("0", "-1", "2", "inf", "-inf", "nan", "-nan:0x123", "0x1p-1074")


class FloatProgram:
    """Writes one program; the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        # How often of 100 times a program makes bits visible.
        self._leaks = self._random.choice((0, 0, 20, 40))

    def text(self) -> str:
        """The module; every second one is short and shows a variable at its end."""
        if self._below(2):
            return FRAME.format(body=self._statements(4))
        self._leaks = 0
        body = self._statements(2) + self._statements(2)
        shown = self._choice(("(global.get $g)", *("(local.get $x)", "(local.get $y)")))
        return FRAME.format(body=f"{body} (f64.store (i32.const 0) {shown})")

    def _below(self, limit: int) -> int:
        return self._random.randrange(limit)

    def _choice(self, options: tuple[str, ...]) -> str:
        return self._random.choice(options)

    def _statements(self, depth: int) -> str:
        return " ".join(self._statement(depth) for _ in range(1 + self._below(4)))

    def _statement(self, depth: int) -> str:
        kind = self._below(10)
        if depth and kind < 3:
            return self._nested(kind, depth - 1)
        if kind == 3:
            return f"(global.set $g {self._float(3)})"
        if kind == 4:
            return f"(local.set $i (i32.xor (local.get $i) {self._integer(3)}))"
        if self._below(100) < self._leaks:
            return f"(f64.store (i32.const {8 * self._below(9)}) {self._float(3)})"
        return f"(local.set {self._choice(('$x', '$y'))} {self._float(3)})"

    def _nested(self, kind: int, depth: int) -> str:
        body = self._statements(depth)
        if kind == 0:
            other = self._statements(depth)
            return f"(if {self._integer(2)} (then {body}) (else {other}))"
        if kind == 1:
            return (
                f"(local.set $n (i32.const 0)) (loop {body}"
                " (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n)"
                " (i32.const 1))) (i32.const 3))))"
            )
        leaving = f"(br_if 0 {self._integer(2)})"
        return f"(block {body} {leaving} {self._statements(depth)})"

    def _integer(self, depth: int) -> str:
        if depth == 0:
            return f"(i32.const {self._below(3)})"
        kind = self._below(8)
        if kind == 0:
            return f"(i32.trunc_sat_f64_s {self._float(depth - 1)})"
        if kind == 1:
            return "(i32.load (i32.const 8))"
        if self._below(100) < self._leaks:
            bits = f"(i64.reinterpret_f64 {self._float(depth - 1)})"
            return f"(i32.wrap_i64 (i64.shr_u {bits} (i64.const 32)))"
        name = self._choice(COMPARISONS)
        return f"(f64.{name} {self._float(depth - 1)} {self._float(depth - 1)})"

    def _float(self, depth: int) -> str:
        if depth == 0 or self._below(6) == 0:
            return self._leaf()
        below = self._float(depth - 1)
        kind = self._below(12)
        if kind == 0:
            return f"(call {self._choice(('$pass', '$half', '$tested'))} {below})"
        if kind == 1:
            index = self._below(2)
            return f"(call_indirect (type $unary) {below} (i32.const {index}))"
        if kind == 2:
            test = self._integer(depth - 1)
            return f"(select {below} {self._float(depth - 1)} {test})"
        if kind == 3:
            return (
                f"(block (result f64) (br_if 0 {below} {self._integer(depth - 1)})"
                f" (drop) {self._float(depth - 1)})"
            )
        return self._computed(kind, below, depth)

    def _computed(self, kind: int, below: str, depth: int) -> str:
        if kind == 4:
            return f"(f64.promote_f32 (f32.demote_f64 {below}))"
        if kind < 7:
            return f"(f64.{self._choice(UNARY)} {below})"
        names = BINARY if self._below(100) < 2 * self._leaks else BINARY[:-1]
        return f"(f64.{self._choice(names)} {below} {self._float(depth - 1)})"

    def _leaf(self) -> str:
        return (
            f"(f64.const {self._choice(CONSTANTS)})",
            "(f64.reinterpret_i64 (local.get $p))",
            "(f64.convert_i64_s (local.get $q))",
            "(f64.load (i32.const 8))",
            "(f64.div (f64.const 0) (f64.const 0))",
            "(global.get $g)",
            "(local.get $x)",
            "(local.get $y)",
            "(f64.const 1)",
        )[self._below(9)]
