"""The abstract height of each func's operands, which Stylus's stack depth counts.

One pass over the instructions as they are written, reachable or not. It includes what
the charges of ink push themselves.
"""

from contractvm.wasm.structure.func import Func
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import OPCODES, SLOT_COUNT, slot_of

NO_RESULTS = 2**64 - 64  # the block type, as the reader gives it
# A charge pushes two words, one of a copy or fill three on top of its operands.
CHARGE_WORDS = 2
SIZED_WORDS = 3

BLOCK, LOOP, IF, ELSE, END = 0x02, 0x03, 0x04, 0x05, 0x0B
CALL, CALL_INDIRECT = 0x10, 0x11
SCOPES = frozenset({BLOCK, LOOP, IF, ELSE, END})
CALLS = frozenset({CALL, CALL_INDIRECT})
# A block of ink ends after these, and the charge of the next one follows.
ENDERS = SCOPES - {BLOCK} | CALLS | {0x0C, 0x0D, 0x0E, 0x0F}

# How many words each of the other instructions leaves on top of those it takes.
CONTEXTUAL = {
    "local.get": 1,
    "global.get": 1,
    "drop": -1,
    "local.set": -1,
    "global.set": -1,
    "br_if": -1,
    "br_table": -1,
    "select": -2,
}
# `slot_of` gives each opcode's place in this table.
CHANGES = [0] * SLOT_COUNT
for _info in OPCODES:
    if _info.params is not None and _info.results is not None:
        CHANGES[slot_of(_info.opcode)] = len(_info.results) - len(_info.params)
    else:
        CHANGES[slot_of(_info.opcode)] = CONTEXTUAL.get(_info.mnemonic, 0)
SIZED = frozenset(
    info.opcode for info in OPCODES if info.mnemonic in ("memory.copy", "memory.fill")
)


def count_operands(module: Module) -> tuple[int, ...]:
    """The greatest height of each func that the module defines, in words."""
    types = [(len(entry.params), len(entry.results)) for entry in module.types]
    func_types = module.func_type_indices
    return tuple([_greatest(func, types, func_types) for func in module.funcs])


def _greatest(
    func: Func, types: list[tuple[int, int]], func_types: tuple[int, ...]
) -> int:
    height, greatest = 0, CHARGE_WORDS
    scopes = [0]
    for opcode, a, _, _, _ in instructions(func.code):
        if opcode in SCOPES:
            peak, height = _through_scope(opcode, height, scopes, a, types)
            greatest = max(greatest, peak)
        elif opcode in CALLS:
            params, results = types[func_types[a] if opcode == CALL else a]
            greatest = max(greatest, height + results)
            height = max(0, height + results - params)
            if opcode == CALL_INDIRECT:
                height = max(0, height - 1)
        else:
            if opcode in SIZED:
                greatest = max(greatest, height + SIZED_WORDS)
            height = max(0, height + CHANGES[slot_of(opcode)])
            greatest = max(greatest, height)
        if opcode in ENDERS and scopes:
            greatest = max(greatest, height + CHARGE_WORDS)
    return greatest


def _through_scope(
    opcode: int, height: int, scopes: list[int], a: int, types: list[tuple[int, int]]
) -> tuple[int, int]:
    """The peak and the height after an instruction that begins or ends a scope."""
    if opcode == ELSE:
        return 0, scopes[-1]
    if opcode == END:
        return 0, scopes.pop()
    if opcode == IF:
        height = max(0, height - 1)
    params, results = types[a] if a < len(types) else (0, int(a != NO_RESULTS))
    peak = height + results
    height = max(0, peak - params)
    scopes.append(height)
    return peak, height
