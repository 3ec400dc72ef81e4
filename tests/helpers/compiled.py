"""Instances of modules in the text format on wasmtime, without metering."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.engines.wasmtime.instance import WasmtimeInstance
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wat import wat_to_module


@cache
def engine() -> WasmtimeEngine:
    """One engine for all tests: modules of one engine can share nothing else."""
    return WasmtimeEngine()


def compile_wat(source: str) -> Any:
    module = wat_to_module(source)
    return engine().compile(module, validate_module(module).operand_heights)


def instantiate_compiled(
    source: str,
    imports: Mapping[tuple[str, str], Any] | None = None,
    max_memory_pages: int = 100,
    context: object = None,
) -> WasmtimeInstance:
    """An instance of a module in the text format."""
    return engine().instantiate(
        compile_wat(source),
        imports or {},
        max_memory_pages=max_memory_pages,
        context=context,
    )


def invoke(instance: WasmtimeInstance, name: str, *arguments: int) -> Any:
    """The results of an exported func that does not suspend."""
    results = instance.start(name, *arguments).resume()
    assert not isinstance(results, Suspension)
    return results
