"""The operators of a func: those that Stylus refuses, and counts of the others."""

from dataclasses import dataclass

from contractvm.errors import RefusedModule
from contractvm.hosts.stylus.metering import BLOCK_ENDS
from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.opcodes import (
    BY_OPCODE,
    OPCODES,
    SLOT_COUNT,
    Feature,
    OpcodeInfo,
    slot_of,
)

# Floats may be moved, but nothing may be computed with them.
MOVES_OF_FLOATS = frozenset(
    {
        *("f32.const", "f64.const", "f32.load", "f64.load", "f32.store", "f64.store"),
        *("i32.reinterpret_f32", "i64.reinterpret_f64"),
        *("f32.reinterpret_i32", "f64.reinterpret_i64"),
    }
)
BULK = frozenset({"memory.copy", "memory.fill"})
# Instrumentation adds this many operators: to each block, copy or fill, func, way out
# of a func, and growth of memory.
PER_BLOCK, PER_SIZED, PER_FUNC, PER_EXIT, PER_GROWTH = 12, 17, 13, 4, 4


@dataclass(frozen=True, slots=True)
class OperatorCounts:
    """The operators of a func, and those among them that get company."""

    operators: int
    blocks: int
    sized: int
    returns: int
    grows: int

    def instrumented(self, *, can_grow: bool) -> int:
        """The operators after instrumentation."""
        return (
            self.operators
            + PER_BLOCK * self.blocks
            + PER_SIZED * self.sized
            + PER_FUNC
            + PER_EXIT * (self.returns + 1)
            + PER_GROWTH * self.grows * can_grow
        )


def _why_refused(info: OpcodeInfo) -> str | None:
    is_float = any(
        val_type.is_float for val_type in (info.params or ()) + (info.results or ())
    )
    if is_float and info.mnemonic not in MOVES_OF_FLOATS:
        return "floating point arithmetic"
    if info.feature is Feature.REFERENCE_TYPES:
        return "reference types"
    if info.feature is Feature.BULK_MEMORY and info.mnemonic not in BULK:
        return "bulk memory beyond copy and fill"
    return None


BLOCK, SIZED, RETURN, GROWTH, REFUSED, SINGLE_BYTE = 1, 2, 4, 8, 16, 32
KINDS = bytearray(SLOT_COUNT)
for _info in OPCODES:
    KINDS[slot_of(_info.opcode)] = (
        BLOCK * (_info.mnemonic in BLOCK_ENDS)
        | SIZED * (_info.mnemonic in BULK)
        | RETURN * (_info.mnemonic == "return")
        | GROWTH * (_info.mnemonic == "memory.grow")
        | REFUSED * (_why_refused(_info) is not None)
        | SINGLE_BYTE
        * (_info.mnemonic in ("call_indirect", "memory.size", "memory.grow"))
    )


def count_operators(func: Func, func_index: int) -> OperatorCounts:
    """The counts; raises RefusedModule for the first operator that is not allowed."""
    operators = blocks = sized = returns = grows = 0
    for opcode, _, _, start, end in instructions(func.code):
        kind = KINDS[slot_of(opcode)]
        operators += 1
        if not kind:
            continue
        if kind & REFUSED:
            info = BY_OPCODE[opcode]
            reason = f"{_why_refused(info)} not allowed: {info.mnemonic}"
            raise RefusedModule(reason, func_index, func.offset + start)
        if kind & SINGLE_BYTE:
            _check_index(func, func_index, start, end)
        blocks += kind & BLOCK
        sized += kind & SIZED != 0
        returns += kind & RETURN != 0
        grows += kind & GROWTH != 0
    return OperatorCounts(operators, blocks, sized, returns, grows)


def _check_index(func: Func, func_index: int, start: int, end: int) -> None:
    """The table or memory must be written as a single byte 00.

    The byte before it ends the number before, or is the opcode.
    """
    code = func.code
    if code[end - 1] == 0 and (end - 2 == start or code[end - 2] < 0x80):
        return
    mnemonic = BY_OPCODE[code[start]].mnemonic
    raise RefusedModule(
        f"reference types not allowed: {mnemonic} with an index of more than one byte "
        "(rustc 1.82 and later: -C target-cpu=mvp, or re-encode with wasm-opt)",
        func_index,
        func.offset + start,
    )
