"""What only a fault of ours can ask of an engine is refused with its name."""

from pathlib import Path

import pytest

from contractvm.errors import InternalError
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.code_stack import CodeStack
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.engines.wasmtime.code_cache import CodeCache
from contractvm.wasm.engines.wasmtime.compiler import Compiler
from contractvm.wasm.engines.wasmtime.instance import ExportedType
from contractvm.wasm.engines.wasmtime.kept_modules import (
    KeptModule,
    find_module,
    keep_module,
)
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.covering_engine import CoveringInterpreter
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.register_stack import RegisterStack
from contractvm.wasm.structure.module import Export, ExternKind
from contractvm.wasm.validation.profile import Profile
from tests.helpers.compiled import instantiate_compiled
from tests.helpers.instances import instantiate_wat
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_module

KEY = {"module": "aa"}
NOTHING = wat_to_module("(module)")


def test_a_memory_of_no_module_is_no_export() -> None:
    instance = instantiate_wat("(module)")
    with pytest.raises(InternalError, match=r"^a memory exported where there is none$"):
        instance._make(Export("m", ExternKind.MEMORY, 0))


def test_an_export_that_wasmtime_does_not_know_is_named() -> None:
    instance = instantiate_compiled("(module)")
    with pytest.raises(InternalError, match=r"^wasmtime knows no export m$"):
        instance._make("m", ExportedType(ExternKind.MEMORY, None))


def test_no_instance_has_a_stop_flag_of_its_own() -> None:
    assert instantiate_wat("(module)").stop_flag is None
    assert instantiate_compiled("(module)").stop_flag is None


def test_edges_are_those_of_a_named_module() -> None:
    engine = CoveringInterpreter(EdgeCounts())
    reason = r"^coverage of a module without a name$"
    with pytest.raises(InternalError, match=reason):
        engine.compile(NOTHING, ())


@pytest.mark.parametrize("tracing", [Tracing.EDGES, Tracing.COMPARISONS])
def test_code_whose_edges_are_counted_has_no_stack(tracing: Tracing) -> None:
    region = EdgeCounts().region(b"")
    compiled = compile_module(NOTHING, (), tracing, region=region)
    assert RegisterStack(compiled, (), is_cut=False).stack() == CodeStack(is_cut=True)
    plain = RegisterStack(compile_module(NOTHING, ()), (), is_cut=False)
    assert plain.stack() == CodeStack()


def test_only_the_interpreter_records_traces() -> None:
    profile = Profile(name="any")
    engine = make_engine("wasmtime")
    with pytest.raises(ValueError, match=r"^the engine wasmtime records no traces$"):
        Pipeline(engine, schedule_with({}), profile, is_traced=True)


def test_a_description_that_cannot_be_read_is_dropped(tmp_path: Path) -> None:
    cache = CodeCache(tmp_path)
    assert find_module(cache, KEY) is None
    kept = KeptModule({"a": "b"}, (("e", "g", None),), (), b"note")
    keep_module(cache, KEY, kept)
    assert find_module(cache, KEY) == kept
    for content in (b"\xff", b"\x80"):
        cache.store(KEY, content)
        assert find_module(cache, KEY) is None
        assert cache.load(KEY) is None


def test_code_that_wasmtime_does_not_accept_is_our_error(tmp_path: Path) -> None:
    without = Compiler(None)
    assert without.find(KEY) is None
    with pytest.raises(InternalError, match=r"^wasmtime does not compile it: "):
        without._compile(b"bad")
    cache = CodeCache(tmp_path)
    compiler = Compiler(cache)
    key = KEY | compiler._identity
    cache.store(key, b"not code")
    assert compiler.find(KEY) is None
    assert cache.load(key) is None
