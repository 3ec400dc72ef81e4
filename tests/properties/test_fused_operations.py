"""Random programs of integers, in which operations meet that the loop does as one.

Addresses, counters, hashes and conditions come one after the other here, more often
than in modules from a general generator. Results, memories and traps are wasmtime's.
"""

import random
from collections.abc import Iterator

import pytest

from contractvm.errors import TrapCode
from tests.helpers.wasmtime_runs import same_call

BINARY = [
    "add",
    "sub",
    "mul",
    "and",
    "or",
    "xor",
    "shl",
    "shr_u",
    "shr_s",
    "rotl",
    "rotr",
]
COMPARISONS = [
    "eq",
    "ne",
    "lt_u",
    "lt_s",
    "gt_u",
    "gt_s",
    "le_u",
    "le_s",
    "ge_u",
    "ge_s",
]
LOADS = {
    "i32": ("load", "load8_u", "load8_s", "load16_u", "load16_s"),
    "i64": ("load", "load8_u", "load8_s", "load16_s", "load32_u", "load32_s"),
}
STORES = {
    "i32": ("store", "store8", "store16"),
    "i64": ("store", "store8", "store16", "store32"),
}
CONSTANTS = (0, 1, 2, 3, 7, 13, 31, 255, 65_535, 0x7FFF_FFFF, 0xFFFF_FFFF, -1, -8)
DEPTH = 4
TURNS = 12
PROGRAMS = 40


class Program:
    """The text of one program, by its seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._labels = 0

    def text(self) -> str:
        statements = "\n".join(self._statements(3))
        return f"""(module (memory (export "memory") 1)
          (data (i32.const 0) "\\01\\02\\84\\f8\\10\\7f\\ff\\80")
          (func (export "f") (param $a i32) (param $b i32) (param $A i64) (param $B i64)
            (result i64) (local $c i32) (local $C i64) (local $turns i32)
            {statements}
            (i64.xor (i64.add (local.get $A) (i64.mul (local.get $B) (local.get $C)))
              (i64.extend_i32_u (i32.add (local.get $a)
                (i32.mul (local.get $b) (local.get $c)))))))"""

    def _local(self, kind: str) -> str:
        return "$" + self._random.choice("abc" if kind == "i32" else "ABC")

    def _kind(self) -> str:
        return self._random.choice(("i32", "i32", "i64"))

    def _constant(self, kind: str) -> str:
        return f"({kind}.const {self._random.choice(CONSTANTS)})"

    def _value(self, kind: str, depth: int = 0) -> str:
        chance = self._random.random()
        if depth == DEPTH or chance < 0.2:
            return f"(local.get {self._local(kind)})"
        if chance < 0.3:
            return self._constant(kind)
        if chance < 0.45:
            load = self._random.choice(LOADS[kind])
            return f"({kind}.{load} {self._offset()} {self._address(depth + 1)})"
        if chance < 0.5:
            return self._converted(kind, depth)
        if chance < 0.55 and kind == "i32":
            return self._condition(depth + 1)
        left = self._value(kind, depth + 1)
        if chance < 0.62:
            local = self._local(kind)
            left = f"(local.tee {local} {left})"
        right = self._value(kind, depth + 2 if depth + 2 <= DEPTH else DEPTH)
        if self._random.random() < 0.5:
            right = self._constant(kind)
        return f"({kind}.{self._random.choice(BINARY)} {left} {right})"

    def _converted(self, kind: str, depth: int) -> str:
        if kind == "i32":
            return f"(i32.wrap_i64 {self._value('i64', depth + 1)})"
        sign = self._random.choice("us")
        return f"(i64.extend_i32_{sign} {self._value('i32', depth + 1)})"

    def _condition(self, depth: int = 0) -> str:
        kind, chance = self._kind(), self._random.random()
        if chance < 0.2:
            return f"({kind}.eqz {self._value(kind, depth + 1)})"
        if chance < 0.4:
            return f"(i32.and {self._value('i32', depth + 1)} {self._constant('i32')})"
        if chance < 0.5:
            return (
                f"(i32.eqz {self._condition(depth + 1)})"
                if depth < DEPTH
                else "(i32.const 1)"
            )
        test = self._random.choice(COMPARISONS)
        right = self._constant(kind) if chance < 0.8 else self._value(kind, DEPTH)
        return f"({kind}.{test} {self._value(kind, depth + 1)} {right})"

    def _offset(self) -> str:
        return f"offset={self._random.choice((0, 0, 0, 3, 40, 65_400))}"

    def _address(self, depth: int) -> str:
        if self._random.random() < 0.3:
            return self._value("i32", depth)
        # Within the page, as those of programs that work.
        inside = f"(i32.and {self._value('i32', depth)} (i32.const 8191))"
        if self._random.random() < 0.5:
            return inside
        near = f"(i32.const {self._random.choice((1, 16, 40_000))})"
        other = self._random.choice((near, near, "(local.get $a)", inside))
        return f"(i32.add {inside} {other})"

    def _statements(self, depth: int) -> Iterator[str]:
        for _ in range(self._random.randint(1, 5)):
            yield self._statement(depth)

    def _statement(self, depth: int) -> str:
        kind, chance = self._kind(), self._random.random()
        if depth and chance < 0.15:
            return self._loop(depth - 1)
        if depth and chance < 0.3:
            return self._block(depth - 1)
        if depth and chance < 0.4:
            then, other = (" ".join(self._statements(depth - 1)) for _ in range(2))
            return f"(if {self._condition()} (then {then}) (else {other}))"
        if chance < 0.6:
            store = self._random.choice(STORES[kind])
            return f"""({kind}.{store} {self._offset()} {self._address(1)}
                {self._value(kind, 1)})"""
        if chance < 0.7:
            one, two = self._local(kind), self._local(kind)
            moves = ((one, two), (two, one))
            return " ".join(f"(local.set {to} (local.get {of}))" for to, of in moves)
        return f"(local.set {self._local(kind)} {self._value(kind)})"

    def _loop(self, depth: int) -> str:
        """At most so many turns in all, whatever the condition."""
        self._labels += 1
        label, kind = f"$l{self._labels}", self._kind()
        local = self._local(kind)
        step = f"({kind}.add (local.get {local}) {self._constant(kind)})"
        condition = self._condition()
        chance = self._random.random()
        if kind == "i32" and chance < 0.3:
            condition = f"(local.tee {local} {step})"
        elif chance < 0.8:
            test = self._random.choice(COMPARISONS)
            other = self._random.choice(
                (self._constant(kind), self._value(kind, DEPTH))
            )
            condition = f"({kind}.{test} (local.get {local}) {other})"
        return f"""(block $o{label[1:]} (loop {label}
            (br_if $o{label[1:]} (i32.gt_u (local.get $turns) (i32.const {TURNS})))
            (local.set $turns (i32.add (local.get $turns) (i32.const 1)))
            {" ".join(self._statements(depth))}
            (local.set {local} {step})
            (br_if {label} {condition})))"""

    def _block(self, depth: int) -> str:
        self._labels += 1
        label = f"$b{self._labels}"
        return f"""(block {label} {" ".join(self._statements(depth))}
            (br_if {label} {self._condition()}) {" ".join(self._statements(depth))})"""


def check(seed: int) -> bool:
    """Compare a program for some arguments; whether one of the runs did not trap."""
    text = Program(seed).text()
    generator = random.Random(seed)
    ran = False
    for _ in range(3):
        # Below 2^31, as what is given as an i64 is the same number.
        arguments = tuple(
            generator.choice((0, 5, 77, 65_530, 2**31 - 1)) for _ in "abAB"
        )
        ran = ran or not isinstance(same_call(text, *arguments), TrapCode)
    return ran


@pytest.mark.parametrize("part", range(5))
def test_random_programs_do_what_they_do_on_wasmtime(part: int) -> None:
    seeds = range(part * PROGRAMS, (part + 1) * PROGRAMS)
    assert sum(check(seed) for seed in seeds) > PROGRAMS // 4
