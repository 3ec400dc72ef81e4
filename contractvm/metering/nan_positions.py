"""Places in a body whose NaNs were made canonical, as they were before."""

from contractvm.errors import InternalError
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.opcodes import BY_MNEMONIC

LOCAL_TEE = BY_MNEMONIC["local.tee"].opcode
CONSTANTS = (BY_MNEMONIC["f32.const"].opcode, BY_MNEMONIC["f64.const"].opcode)
# Inserted are a tee, a constant, two gets, a comparison and a select.
INSERTED = 6


def position_before(code: bytes, own_locals: int, position: int) -> int:
    """Where a place in a body with canonical NaNs was before.

    `own_locals` counts the parameters and locals that the body had when nothing was
    inserted at all: no instruction of its own names a later one. A place in inserted
    code counts with what follows that code.
    """
    found = list(instructions(code))
    removed = left = 0
    for index, (opcode, local, _, start, end) in enumerate(found):
        if not left and opcode == LOCAL_TEE and local >= own_locals:
            left = INSERTED * (found[index + 1][0] in CONSTANTS)
        if position < end:
            return start - removed + (0 if left else position - start)
        if left:
            left -= 1
            removed += end - start
    raise InternalError("a place after the end of its body")
