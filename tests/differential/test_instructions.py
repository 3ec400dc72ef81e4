"""Every numeric instruction, in each form that translation gives it, on wasmtime."""

from itertools import product

import pytest

from contractvm.errors import Trap
from contractvm.wasm.interpreter.instance import ModuleInstance
from contractvm.wasm.structure.opcodes import OPCODES, Immediate, OpcodeInfo
from contractvm.wasm.structure.types import ValType
from tests.helpers.instances import instantiate_wat
from tests.helpers.operands import OPERANDS
from tests.helpers.wasmtime_runs import WasmtimeModule
from tests.helpers.wat import wat_to_wasm

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64
BITS_OF = {I32: I32, I64: I64, F32: I32, F64: I64}
NUMERIC = [
    info
    for info in OPCODES
    if info.params and info.results and info.immediate is Immediate.NONE
]


def given(val_type: ValType, expression: str) -> str:
    """A value of the type from its bits."""
    if val_type.is_float:
        bits = BITS_OF[val_type].text
        return f"({val_type.text}.reinterpret_{bits} {expression})"
    return expression


def bits_of(val_type: ValType, expression: str) -> str:
    """The bits of a value of the type."""
    if val_type.is_float:
        return f"({BITS_OF[val_type].text}.reinterpret_{val_type.text} {expression})"
    return expression


def constant(val_type: ValType, value: int) -> str:
    return given(val_type, f"({BITS_OF[val_type].text}.const {value})")


def func(name: str, params: tuple[ValType, ...], result: ValType, body: str) -> str:
    types = " ".join(BITS_OF[val_type].text for val_type in params)
    return (
        f'(func (export "{name}") (param {types})'
        f" (result {BITS_OF[result].text}) {body})"
    )


def forms(info: OpcodeInfo) -> list[str]:
    """Funcs that use an instruction on locals, on constants, and as a condition."""
    params, (result,) = info.params or (), info.results or ()
    operands = [given(kind, f"(local.get {i})") for i, kind in enumerate(params)]
    plain = f"({info.mnemonic} {' '.join(operands)})"
    funcs = [func("locals", params, result, bits_of(result, plain))]
    if result is I32:
        for name, condition in (("if", plain), ("if not", f"(i32.eqz {plain})")):
            body = f"(if (result i32) {condition} (then (i32.const 9))"
            body += " (else (i32.const 7)))"
            funcs.append(func(name, params, I32, body))
            body = f"(block (br_if 0 {condition}) (return (i32.const 7))) (i32.const 9)"
            funcs.append(func(f"br_{name}", params, I32, body))
    if len(params) == 2:
        for i, value in enumerate(OPERANDS[params[1]]):
            body = f"({info.mnemonic} {operands[0]} {constant(params[1], value)})"
            funcs.append(func(f"right {i}", params[:1], result, bits_of(result, body)))
            body = f"({info.mnemonic} {constant(params[0], value)} {operands[0]})"
            funcs.append(func(f"left {i}", params[:1], result, bits_of(result, body)))
            if result is I32:
                body = f"(block (br_if 0 ({info.mnemonic} {operands[0]}"
                body += f" {constant(params[1], value)})) (return (i32.const 7)))"
                body += "(i32.const 9)"
                funcs.append(func(f"branch {i}", params[:1], I32, body))
    return funcs


def outcome(instance: ModuleInstance, name: str, arguments: tuple[int, ...]) -> object:
    try:
        return instance.invoke(name, *arguments)
    except Trap as trap:
        return trap.code


@pytest.mark.parametrize("info", NUMERIC, ids=lambda info: info.mnemonic)
def test_every_form_of_an_instruction_gives_what_wasmtime_gives(
    info: OpcodeInfo,
) -> None:
    source = f"(module {' '.join(forms(info))})"
    instance = instantiate_wat(source)
    oracle = WasmtimeModule(wat_to_wasm(source))
    params = info.params or ()
    differences = []
    for name, exported in instance.exports.items():
        count = len(exported.func_type.params)
        step = 1 if name == "locals" else 3
        operands = (OPERANDS[kind][::step] for kind in params[:count])
        for arguments in product(*operands):
            ours = outcome(instance, name, arguments)
            if ours != oracle.invoke(name, *arguments):
                differences.append((name, arguments, ours))
    assert differences == []


def test_every_numeric_instruction_is_among_them() -> None:
    assert len(NUMERIC) == 136
