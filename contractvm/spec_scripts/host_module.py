"""The host module `spectest`, which the scripts import from."""

from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.instance import Extern, GlobalCell, Memory, Table
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    TableType,
    ValType,
)

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64

PRINTS = {
    "print": (),
    "print_i32": (I32,),
    "print_i64": (I64,),
    "print_f32": (F32,),
    "print_f64": (F64,),
    "print_i32_f32": (I32, F32),
    "print_f64_f64": (F64, F64),
}
# 666, and the bits of 666.6.
GLOBALS = {
    "global_i32": (I32, 666),
    "global_i64": (I64, 666),
    "global_f32": (F32, 0x4426_A666),
    "global_f64": (F64, 0x4084_D4CC_CCCC_CCCD),
}


def spectest_module() -> dict[str, Extern]:
    """Its exports, new for each script; what is printed goes nowhere."""
    exports: dict[str, Extern] = {
        "table": Table(TableType(ValType.FUNCREF, Limits(10, 20))),
        "memory": Memory(1, 2),
    }
    for name, params in PRINTS.items():
        exports[name] = HostFunc(FuncType(params, ()), _print_nothing)
    for name, (val_type, value) in GLOBALS.items():
        exports[name] = GlobalCell(GlobalType(val_type, is_mutable=False), value)
    return exports


def _print_nothing(*_: object) -> None:
    return None
