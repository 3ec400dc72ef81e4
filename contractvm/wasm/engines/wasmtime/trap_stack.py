"""Stacks of calls in wasmtime: its trap, until somebody asks."""

from collections.abc import Callable

import wasmtime
from msgspec import Struct

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.code_stack import CodePosition, CodeStack
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Func
from contractvm.wasm.structure.opcodes import OPCODES

# wasmtime remembers this many funcs, the innermost, and its C interface cannot ask for
# more.
MAX_FRAMES = 20

OUT_OF_BOUNDS = wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS
ACCESSES = frozenset(
    info.opcode
    for info in OPCODES
    if ".load" in info.mnemonic
    or ".store" in info.mnemonic
    or info.mnemonic.startswith("memory.")
)


class TrapStack(Struct, frozen=True):
    """A trap, and the code in which it was."""

    trap: wasmtime.Trap
    wasm: Callable[[], bytes]

    def stack(self) -> CodeStack:
        """The instructions of the trap's frames."""
        frames = self.trap.frames
        module = decode_module(self.wasm())
        imported = module.func_count - len(module.funcs)
        positions: list[CodePosition] = []
        for frame in frames:
            func = module.funcs[frame.func_index - imported]
            position = frame.module_offset - func.offset
            if not positions and self.trap.trap_code is OUT_OF_BOUNDS:
                position = access_at(func, position)
            positions.append(CodePosition(frame.func_index, position))
        return CodeStack(tuple(positions), is_cut=len(frames) >= MAX_FRAMES)


def access_at(func: Func, position: int) -> int:
    """The access that trapped: wasmtime's code may do a load within its next use.

    Nothing that could trap or write is between the two, so it is the last one so far.
    """
    last = position
    for opcode, _, _, start, _ in instructions(func.code):
        if start > position:
            break
        if opcode in ACCESSES:
            last = start
    return last
