"""Instances of modules in the text format on our interpreter, without metering."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.instance import (
    Extern,
    ModuleInstance,
    instantiate_module,
)
from contractvm.wasm.interpreter.operation_rules import operation_numbers
from contractvm.wasm.structure.module import Injection, Module
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wat import wat_to_module

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64
OPERATION_NAMES = {number: name for name, number in operation_numbers().items()}


def compile_checked(module: Module) -> CompiledModule:
    """Validate and translate."""
    return compile_module(module, validate_module(module).operand_heights)


def injected(module: Module) -> Module:
    """The module as if instrumentation had written its exported gas and height."""
    counters = {export.name: export.index for export in module.exports}
    injection = Injection(
        counters["gas"], counters.get("height"), first_func=module.func_count
    )
    return replace(module, injection=injection)


def instantiate_wat(
    source: str,
    imports: Mapping[tuple[str, str], Extern] | None = None,
    *,
    is_injected: bool = False,
    **limits: Any,
) -> ModuleInstance:
    """An instance of a module in the text format."""
    module = wat_to_module(source)
    compiled = compile_checked(injected(module) if is_injected else module)
    return instantiate_module(compiled, imports or {}, **limits)


def host(params: tuple[ValType, ...], results: tuple[ValType, ...], call: Any) -> Any:
    """A host func of a type."""
    return HostFunc(FuncType(params, results), call)


def operations_of(
    source: str, func_index: int = 0, *, is_injected: bool = False
) -> list[str]:
    """The names of a func's register code, operands left out.

    Only for funcs without instructions of two units and branch tables.
    """
    module = wat_to_module(source)
    compiled = compile_checked(injected(module) if is_injected else module)
    words = compiled.code_of(func_index)
    return [OPERATION_NAMES[word] for word in words[::4]]
