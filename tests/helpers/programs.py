"""Random programs, as text, that exercise control flow; every one of them ends.

Loops repeat only while the local `$fuel` lasts, and a func calls only later ones.
Operands stay on the stack across blocks, branches carry values, and divisions, loads
and bulk instructions may trap.
"""

from collections.abc import Callable

from hypothesis import strategies as st

FUNC_COUNT = 3
BINARY = "add sub mul and or xor shl shr_u rotl lt_s gt_u eq div_u rem_s".split()  # noqa: SIM905
SIZED = ("memory.fill", "memory.copy", "memory.init 0", "table.copy", "table.init 0")
BURN = "(local.tee $fuel (i32.sub (local.get $fuel) (i32.const 1)))"

Draw = Callable[[st.SearchStrategy[int]], int]


class ProgramWriter:
    """Writes one func; `labels` are the enclosing ones, innermost last.

    A label is "loop", "value" (a block with an i32) or "plain".
    """

    def __init__(self, draw: Draw, func: int) -> None:
        self.draw = draw
        self.func = func
        self.labels: list[str] = []
        self.budget = 25

    def pick(self, count: int) -> int:
        return self.draw(st.integers(0, count - 1))

    def value(self) -> str:
        """An expression that leaves one i32."""
        self.budget -= 1
        kinds = (
            *(self.constant, self.local, self.binary, self.load, self.select),
            *(self.block_value, self.if_value, self.call, self.grow, self.indirect),
        )
        return kinds[self.pick(2 if self.budget < 0 else len(kinds))]()

    def constant(self) -> str:
        return f"(i32.const {(0, 1, 2, 7, 65535, -1)[self.pick(6)]})"

    def local(self) -> str:
        return f"(local.get {self.pick(3)})"

    def binary(self) -> str:
        return f"(i32.{BINARY[self.pick(len(BINARY))]} {self.value()} {self.value()})"

    def load(self) -> str:
        return f"(i32.load8_u {self.value()})"

    def select(self) -> str:
        return f"(select {self.value()} {self.value()} {self.value()})"

    def call(self) -> str:
        if self.func + 1 == FUNC_COUNT:
            return f"(call $host {self.value()})"
        callee = self.func + 1 + self.pick(FUNC_COUNT - self.func - 1)
        return f"(call $f{callee} {self.value()} {self.value()})"

    def indirect(self) -> str:
        if self.func + 1 == FUNC_COUNT:
            return self.local()
        operands = f"{self.value()} {self.value()}"
        # The table is written to: with $f1 in it, that func could call itself for ever.
        return f"(call_indirect (type $t) {operands} (i32.const {self.pick(4)}))"

    def grow(self) -> str:
        return f"(memory.grow (i32.and {self.value()} (i32.const 3)))"

    def block_value(self) -> str:
        body = self.inside("value", lambda: f"{self.statements()} {self.value()}")
        return f"(block (result i32) {body})"

    def if_value(self) -> str:
        condition = self.value()
        arms = [
            self.inside("value", lambda: f"{self.statements()} {self.value()}")
            for _ in range(2)
        ]
        return f"(if (result i32) {condition} (then {arms[0]}) (else {arms[1]}))"

    def inside(self, label: str, write: Callable[[], str]) -> str:
        self.labels.append(label)
        text = write()
        self.labels.pop()
        return text

    def statements(self) -> str:
        count = 0 if self.budget < 0 else self.pick(4)
        return " ".join(self.statement() for _ in range(count))

    def statement(self) -> str:
        """An instruction that leaves nothing, or ends what follows it."""
        self.budget -= 1
        kinds = (
            *(self.set_local, self.drop, self.jump_if, self.loop, self.block),
            *(self.if_then, self.if_else, self.jump, self.table, self.finish),
            *(self.store, self.sized),
        )
        return kinds[self.pick(2 if self.budget < 0 else len(kinds))]()

    def set_local(self) -> str:
        return f"(local.set {self.pick(3)} {self.value()})"

    def drop(self) -> str:
        return f"(drop {self.value()})"

    def store(self) -> str:
        return f"(i32.store16 {self.value()} {self.value()})"

    def sized(self) -> str:
        small = "(i32.and {} (i32.const 7))"
        operands = " ".join(small.format(self.value()) for _ in range(3))
        return f"({SIZED[self.pick(len(SIZED))]} {operands})"

    def block(self) -> str:
        return f"(block {self.inside('plain', self.statements)})"

    def loop(self) -> str:
        back = f"(br_if 0 (i32.gt_s {BURN} (i32.const 0)))"
        body = self.inside("loop", self.statements)
        return f"(loop {body} {back if self.pick(3) else ''})"

    def if_then(self) -> str:
        condition = self.value()
        return f"(if {condition} (then {self.inside('plain', self.statements)}))"

    def if_else(self) -> str:
        condition = self.value()
        arms = [self.inside("plain", self.statements) for _ in range(2)]
        return f"(if {condition} (then {arms[0]}) (else {arms[1]}))"

    def jump_if(self) -> str:
        """A conditional branch to any label; one to a loop burns fuel."""
        depth = self.pick(len(self.labels) + 1)
        label = "value" if depth == len(self.labels) else self.labels[-1 - depth]
        if label == "loop":
            return f"(br_if {depth} (i32.gt_s {BURN} (i32.const 0)))"
        if label == "value":
            return f"(drop (br_if {depth} {self.value()} {self.value()}))"
        return f"(br_if {depth} {self.value()})"

    def jump(self) -> str:
        """An unconditional branch forward, with dead code after it."""
        depths = [
            depth
            for depth, label in enumerate(reversed(["value", *self.labels]))
            if label != "loop"
        ]
        depth = depths[self.pick(len(depths))]
        is_plain = depth < len(self.labels) and self.labels[-1 - depth] == "plain"
        return f"(br {depth}{'' if is_plain else ' ' + self.value()})"

    def table(self) -> str:
        depths = [
            depth
            for depth, label in enumerate(reversed(self.labels))
            if label == "plain"
        ]
        if not depths:
            return self.jump()
        labels = [depths[self.pick(len(depths))] for _ in range(1 + self.pick(3))]
        return f"(br_table {' '.join(map(str, labels))} {self.value()})"

    def finish(self) -> str:
        return (f"(return {self.value()})", "unreachable")[self.pick(8) == 0]


@st.composite
def programs(draw: Draw) -> str:
    """A module with three funcs, a host func, a memory and a table."""
    funcs = []
    for func in range(FUNC_COUNT):
        writer = ProgramWriter(draw, func)
        body = f"{writer.statements()} {writer.value()}"
        extra = " ".join(["i64"] * writer.pick(3))
        funcs.append(
            f'(func $f{func} (export "f{func}") (type $t)'
            f" (local i32) (local {extra}) (local $fuel i32)"
            f" (local.set $fuel (i32.const 5)) {body})"
        )
    return f"""(module
      (type $t (func (param i32 i32) (result i32)))
      (import "env" "host" (func $host (param i32) (result i32)))
      (memory (export "memory") 1 3)
      (table 6 funcref)
      (elem (i32.const 1) func $f2 $f2)
      (elem func $f2 $f2 $f2)
      (data "contract")
      {" ".join(funcs)})"""
