"""Writes the body of one func of a dense program, as bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from contractvm.wasm.structure.encoding import encode_unsigned as number
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from contractvm.wasm.structure.types import FuncType, ValType
from tools.fuzz.imitations import GasCopy, Variables, imitation
from tools.fuzz.operators import (
    I32,
    LOADS,
    NUMBERS,
    OPERATORS,
    STORES,
    constant,
    memory_argument,
    opcode_bytes,
)

EMPTY = 0x40
TABLES = 2
COMPARISONS = [
    info
    for info in OPERATORS[I32]
    if info.mnemonic[4:6] in (*("eq", "ne", "lt", "le", "gt", "ge", "an"),)
]
DEEPEST = 5


@dataclass(frozen=True)
class Shape:
    """What a body may refer to; `fuel` is the global that ends loops, if one does."""

    types: tuple[FuncType, ...]
    funcs: tuple[FuncType, ...]
    globals: tuple[ValType, ...]
    fuel: int | None


class ProgramWriter:
    """`labels` are the values that a branch to each enclosing label takes."""

    def __init__(
        self, shape: Shape, own: FuncType, local_types: list[ValType], random: Random
    ) -> None:
        self.shape = shape
        self.locals = local_types
        self.random = random
        self.code = bytearray()
        self.labels: list[tuple[ValType, ...]] = [own.results]
        self.depth = 0
        self.budget = 70
        self.imitated: Variables | None = None
        self.gas_copy: GasCopy | None = None
        self.statements: tuple[Callable[[], None], ...] = (
            *([self.local_set] * 4),
            *([self.store] * 3),
            *([self.branch_if] * 5),
            *(self.global_set, self.loop, self.loop, self.if_else, self.block),
            *(self.bulk, self.bulk, self.call, self.call_indirect, self.table),
            *(self.branch_table, self.leave, self.drop),
        )

    def emit(self, mnemonic: str, immediate: bytes = b"") -> None:
        self.code += opcode_bytes(BY_MNEMONIC[mnemonic]) + immediate

    def imitate(self, imitated: Variables) -> None:
        """From now on write what looks like injected code, too."""
        self.imitated = imitated
        self.statements += (self.imitation,) * 6

    def imitation(self) -> None:
        if self.imitated is not None:
            self.code += imitation(self.random, self.imitated)
        elif self.gas_copy is not None:
            self.code += self.gas_copy.charge(self.random)

    def keep_copy(self, copy: GasCopy) -> None:
        """Let a local follow a global: both change in charges and at calls only."""
        self.gas_copy = copy
        self.statements += (self.imitation,) * 3
        self.code += copy.load()

    def locals_of(self, val_type: ValType) -> list[int]:
        """The locals of a type that any statement may use."""
        hidden = self.gas_copy.local if self.gas_copy else None
        places = enumerate(self.locals)
        return [place for place, kind in places if kind is val_type and place != hidden]

    # Values

    def value(self, val_type: ValType) -> None:
        """Leave one value."""
        self.budget -= 1
        chance = self.random.random()
        if self.depth >= DEEPEST or self.budget < 0 or chance < 0.35:
            self.leaf(val_type)
            return
        self.depth += 1
        if chance < 0.75:
            info = self.random.choice(OPERATORS[val_type])
            for param in info.params:
                self.value(param)
            self.code += opcode_bytes(info)
        elif chance < 0.85:
            self.load(val_type)
        elif chance < 0.9:
            self.value(val_type)
            self.value(val_type)
            self.condition()
            typed = self.random.random() < 0.5
            self.emit("select t" if typed else "select", bytes([1, val_type]) * typed)
        elif chance < 0.95:
            self.value_of_if(val_type)
        else:
            self.value_of_block(val_type)
        self.depth -= 1

    def leaf(self, val_type: ValType) -> None:
        chance = self.random.random()
        places = self.locals_of(val_type)
        if chance < 0.4 or not places:
            self.code += constant(val_type, self.random)
        elif chance < 0.95:
            self.emit("local.get", number(self.random.choice(places)))
        elif val_type is I32 and chance < 0.97:
            sizes = (("memory.size", 0), ("table.size", 0), ("table.size", 1))
            mnemonic, index = self.random.choice(sizes)
            self.emit(mnemonic, number(index))
        else:
            places = [
                place
                for place, kind in enumerate(self.shape.globals)
                if kind is val_type
            ]
            self.emit("global.get", number(self.random.choice(places)))

    def small(self, most: int) -> None:
        """An i32 below a power of two, or once in a while any."""
        self.value(I32)
        if self.random.random() < 0.9:
            self.code += b"\x41" + number(most - 1) + b"\x71"

    def load(self, val_type: ValType) -> None:
        info = self.random.choice(LOADS[val_type])
        self.address()
        self.code += opcode_bytes(info) + memory_argument(info, self.random)

    def address(self) -> None:
        chance = self.random.random()
        if chance < 0.3:
            self.code += b"\x41" + number(self.random.randrange(64))
        elif chance < 0.5:
            self.small(32)
            self.small(32)
            self.emit("i32.add")
        else:
            self.small(64)

    def condition(self) -> None:
        """An i32, most often a comparison."""
        if self.random.random() < 0.2 or self.budget < 0:
            self.value(I32)
            return
        info = self.random.choice(COMPARISONS)
        for param in info.params:
            self.value(param)
        self.code += opcode_bytes(info)
        if self.random.random() < 0.2:
            self.emit("i32.eqz")

    def value_of_if(self, val_type: ValType) -> None:
        self.condition()
        self.emit("if", bytes([val_type]))
        self.labels.append((val_type,))
        self.some_statements(1)
        self.value(val_type)
        self.emit("else")
        self.some_statements(1)
        self.value(val_type)
        self.labels.pop()
        self.emit("end")

    def value_of_block(self, val_type: ValType) -> None:
        self.emit("block", bytes([val_type]))
        self.labels.append((val_type,))
        self.some_statements(2)
        self.value(val_type)
        self.labels.pop()
        self.emit("end")

    # Statements: they leave the operand stack as it was

    def statement(self) -> None:
        """One statement of any kind."""
        self.budget -= 1
        self.random.choice(self.statements)()

    def some_statements(self, most: int) -> None:
        if self.budget > 0 and self.depth < DEEPEST:
            self.depth += 1
            for _ in range(self.random.randrange(most + 1)):
                self.statement()
            self.depth -= 1

    def local_set(self) -> None:
        val_type = self.random.choice(NUMBERS)
        if not self.locals_of(val_type):
            return
        place = self.random.choice(self.locals_of(val_type))
        self.value(self.locals[place])
        if self.random.random() < 0.3:
            self.emit("local.tee", number(place))
            self.into_local(self.locals[place])
        else:
            self.emit("local.set", number(place))

    def into_local(self, val_type: ValType) -> None:
        """Take a value from the stack into some local of its type."""
        places = self.locals_of(val_type)
        if places:
            self.emit("local.set", number(self.random.choice(places)))
        else:
            self.emit("drop")

    def global_set(self) -> None:
        place = self.random.randrange(len(self.shape.globals))
        if self.gas_copy and place == self.gas_copy.gas_global:
            return
        val_type = self.shape.globals[place]
        if val_type is ValType.FUNCREF:
            self.emit("ref.func", number(self.random.randrange(len(self.shape.funcs))))
        else:
            self.value(val_type)
        self.emit("global.set", number(place))

    def burn(self) -> None:
        """Trap where the fuel is used up; one less of it."""
        if self.shape.fuel is not None:
            fuel = number(self.shape.fuel)
            self.emit("global.get", fuel)
            self.emit("i32.eqz")
            self.emit("if", bytes([EMPTY]))
            self.emit("unreachable")
            self.emit("end")
            self.emit("global.get", fuel)
            self.code += b"\x41\x01"
            self.emit("i32.sub")
            self.emit("global.set", fuel)

    def store(self) -> None:
        info = self.random.choice(STORES)
        self.address()
        self.value(info.params[1])
        self.code += opcode_bytes(info) + memory_argument(info, self.random)

    def drop(self) -> None:
        self.value(self.random.choice(NUMBERS))
        self.emit("drop")

    def branch_if(self) -> None:
        depth = self.random.randrange(len(self.labels))
        taken = self.labels[-1 - depth]
        for val_type in taken:
            self.value(val_type)
        self.condition()
        self.emit("br_if", number(depth))
        for val_type in reversed(taken):
            self.into_local(val_type)

    def branch_table(self) -> None:
        """Inside a block of its own: what follows a br_table is not reached."""
        self.labels.append(())
        self.emit("block", bytes([EMPTY]))
        depths = [
            depth for depth in range(len(self.labels)) if self.labels[-1 - depth] == ()
        ]
        chosen = [self.random.choice(depths) for _ in range(self.random.randrange(4))]
        self.small(4)
        targets = b"".join(map(number, [*chosen, self.random.choice(depths)]))
        self.emit("br_table", number(len(chosen)) + targets)
        self.labels.pop()
        self.emit("end")

    def leave(self) -> None:
        """Return, or an unreachable, under a condition."""
        self.condition()
        self.emit("if", bytes([EMPTY]))
        self.labels.append(())
        if self.random.random() < 0.2:
            self.emit("unreachable")
        else:
            for val_type in self.labels[0]:
                self.value(val_type)
            self.emit("return")
        self.labels.pop()
        self.emit("end")

    def block(self) -> None:
        self.emit("block", bytes([EMPTY]))
        self.labels.append(())
        self.some_statements(4)
        self.labels.pop()
        self.emit("end")

    def loop(self) -> None:
        self.emit("loop", bytes([EMPTY]))
        self.labels.append(())
        self.imitation()
        self.burn()
        self.some_statements(4)
        self.condition()
        self.emit("br_if", number(0))
        self.labels.pop()
        self.emit("end")

    def if_else(self) -> None:
        self.condition()
        self.emit("if", bytes([EMPTY]))
        self.labels.append(())
        self.some_statements(3)
        if self.random.random() < 0.5:
            self.emit("else")
            self.some_statements(3)
        self.labels.pop()
        self.emit("end")

    def call(self) -> None:
        callee = self.random.randrange(len(self.shape.funcs))
        self.call_of(self.shape.funcs[callee], "call", number(callee))

    def call_indirect(self) -> None:
        # The last type is that of several funcs.
        place = self.shape.types.index(self.shape.funcs[-1])
        immediate = number(place) + number(self.random.randrange(10) == 0)
        self.call_of(self.shape.types[place], "call_indirect", immediate)

    def call_of(self, callee: FuncType, mnemonic: str, immediate: bytes) -> None:
        for val_type in callee.params:
            self.value(val_type)
        if mnemonic == "call_indirect":
            self.small(16)
        self.emit(mnemonic, immediate)
        if self.gas_copy is not None:
            self.code += self.gas_copy.load()
        for val_type in reversed(callee.results):
            self.into_local(val_type)

    def bulk(self) -> None:
        mnemonic, immediate = self.random.choice(
            (
                ("memory.fill", b"\0"),
                ("memory.copy", b"\0\0"),
                ("memory.init", b"\x01\0"),
                ("table.copy", bytes(self.random.choices((0, 1), k=2))),
                ("table.init", bytes([1, self.random.randrange(TABLES)])),
            )
        )
        size = 64 if mnemonic.startswith("memory") else 8
        for _ in range(3):
            self.small(size)
        self.emit(mnemonic, immediate)

    def table(self) -> None:
        table = number(self.random.randrange(TABLES))
        func = number(self.random.randrange(len(self.shape.funcs)))
        match self.random.randrange(6):
            case 0:
                self.emit("ref.func", func)
                self.small(8)
                self.emit("table.grow", table)
                self.into_local(I32)
            case 1:
                self.small(8)
                self.emit("ref.func", func)
                self.small(4)
                self.emit("table.fill", table)
            case 2:
                self.small(8)
                self.small(8)
                self.emit("table.get", table)
                self.emit("table.set", table)
            case 3:
                self.small(8)
                self.emit("table.get", table)
                self.emit("ref.is_null")
                self.into_local(I32)
            case 4:
                self.small(4)
                self.emit("memory.grow", b"\0")
                self.into_local(I32)
            case _:
                drop = self.random.choice(("data.drop", "elem.drop"))
                self.condition()
                self.emit("if", bytes([EMPTY]))
                self.emit(drop, b"\x01")
                self.emit("end")
