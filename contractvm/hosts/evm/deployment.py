"""The init module that puts a runtime module on the chain.

A contract is created by running init code and storing what that returns. For a contract
without a constructor the code is always the same: return these bytes.
"""

from contractvm.hosts.evm.contract_call import ENTRY_POINT, MEMORY_EXPORT
from contractvm.hosts.interface import HostFunction
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed, encode_unsigned
from contractvm.wasm.structure.module import (
    ConstExpr,
    DataSegment,
    Export,
    ExternKind,
    Func,
    Import,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.types import PAGE_BYTES, FuncType, Limits, MemoryType

FINISH_INDEX, MAIN_INDEX = 0, 1


def build_init_module(finish: HostFunction, runtime_code: bytes) -> bytes:
    """A module whose `main` ends by `finish(pointer, length)` with `runtime_code`."""
    start = instruction("i32.const", encode_signed(0))
    end = instruction("end")
    body = (
        start
        + instruction("i32.const", encode_signed(len(runtime_code)))
        + instruction("call", encode_unsigned(FINISH_INDEX))
        + end
    )
    pages = max(1, -(-len(runtime_code) // PAGE_BYTES))
    module = Module(
        types=(finish.func_type, FuncType((), ())),
        imports=(Import(*finish.key, ExternKind.FUNC, FINISH_INDEX),),
        funcs=(Func(MAIN_INDEX, (), body),),
        memories=(MemoryType(Limits(pages)),),
        exports=(
            Export(ENTRY_POINT, ExternKind.FUNC, MAIN_INDEX),
            Export(MEMORY_EXPORT, ExternKind.MEMORY, 0),
        ),
        data_segments=(
            DataSegment(
                SegmentMode.ACTIVE, 0, ConstExpr(start + end), runtime_code, flags=0
            ),
        ),
    )
    return encode_module(module)
