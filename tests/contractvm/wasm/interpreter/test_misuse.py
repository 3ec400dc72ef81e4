"""Arguments that no caller passes are refused by name."""

from typing import Any

import pytest

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.memory_digest import digest_content
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts, EdgeRegion
from contractvm.wasm.interpreter.instance import (
    Execution,
    ExportedFunc,
    GlobalCell,
    Memory,
    ModuleInstance,
    Table,
    instantiate_module,
)
from contractvm.wasm.interpreter.references import FuncSpace
from contractvm.wasm.interpreter.store import InstanceCore
from contractvm.wasm.interpreter.table_storage import TableStorage
from contractvm.wasm.interpreter.trace import Trace
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    TableType,
    ValType,
)
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.instances import compile_checked, host, instantiate_wat
from tests.helpers.wat import wat_to_module

I32, I64 = ValType.I32, ValType.I64
FUNCREF, EXTERNREF = ValType.FUNCREF, ValType.EXTERNREF
ADD = """(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))"""
ASK = """(module (func $ask (import "e" "ask") (result i32))
  (func (export "run") (result i32) (i32.add (call $ask) (i32.const 1))))"""
SEGMENTS = """(module (table (export "t") 4 funcref)
  (elem funcref (ref.func $f) (ref.null func) (ref.func $f)) (func $f (export "f")))"""
VARIABLES = """(module (global (import "e" "g") (mut i64)) (table 1 funcref)
  (global (mut externref) (ref.null extern)) (global (mut i32) (i32.const 3)))"""


def externs(size: int = 4) -> Table:
    return Table(TableType(EXTERNREF, Limits(size, None)))


def core_of(source: str, *funcs: HostFunc | ExportedFunc) -> InstanceCore:
    """A core with nothing but its funcs."""
    return InstanceCore(compile_checked(wat_to_module(source)), funcs, 64, 64)


# Tables


@pytest.mark.parametrize("index", [4, 2**63, 2**64 - 1])
def test_a_table_is_read_and_written_below_its_size_alone(index: int) -> None:
    table = externs()
    table.set(3, "last")
    assert table.get(3) == "last"
    for call in (lambda: table.get(index), lambda: table.set(index, None)):
        with pytest.raises(Trap) as caught:
            call()
        assert caught.value.code is TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS


@pytest.mark.parametrize("index", [-1, 2**64])
def test_an_index_has_64_bits(index: int) -> None:
    with pytest.raises(OverflowError):
        externs().get(index)


@pytest.mark.parametrize(
    ("count", "old"), [(3, 1), (4, -1), (2**61, -1), (2**64 - 1, -1)]
)
def test_a_table_grows_up_to_its_limit(count: int, old: int) -> None:
    table = Table(TableType(EXTERNREF, Limits(1)), None, 4)
    assert table.grow(count, "new") == old


@pytest.mark.parametrize("count", [2**32 - 1, 2**61, 2**64 - 1])
def test_no_limit_lets_a_table_have_more_elements_than_32_bits_count(
    count: int,
) -> None:
    assert Table(TableType(EXTERNREF, Limits(1)), None, 2**64 - 1).grow(count) == -1


@pytest.mark.parametrize(
    ("to", "start", "count"),
    [
        (2, 1, 3),
        (1, 1, 3),
        (2**64 - 1, 0, 1),
        (2**64 - 1, 0, 2),
        (0, 2**64 - 1, 2),
        (0, 1, 2**64 - 1),
        (2**64 - 3, 0, 3),
    ],
)
def test_init_table_copies_what_is_in_both_bounds(
    to: int, start: int, count: int
) -> None:
    instance = instantiate_wat(SEGMENTS)
    instance.core.init_table(0, 0, 1, 0, 3)
    assert isinstance(instance.exports["t"], Table)
    assert isinstance(instance.exports["t"].get(3), ExportedFunc)
    with pytest.raises(Trap) as caught:
        instance.core.init_table(0, 0, to, start, count)
    assert caught.value.code is TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS


def test_a_table_of_numbers_is_none() -> None:
    with pytest.raises(InternalError, match="0x7f is no type of references"):
        Table(TableType(I32, Limits(1)))


def test_a_table_outlives_the_instance_whose_funcs_it_holds() -> None:
    core = core_of(SEGMENTS)
    core.add_element_segment(FUNCREF, (0, None))
    core.add_table(Table(TableType(FUNCREF, Limits(4)), core))
    table = core.table(0)
    core.init_table(0, 0, 1, 0, 2)
    del core
    func = table.get(1)
    assert Execution(func.core, func.func_index).resume() == ()


# Limits of the stack


@pytest.mark.parametrize(
    "limits",
    [(2**40 + 1, 8), (8, 2**40 + 1), (2**59, 2**20), (8, 2**61), (2**64 - 1,) * 2],
)
def test_limits_of_which_the_bytes_would_wrap_are_refused(
    limits: tuple[int, int],
) -> None:
    compiled = compile_checked(wat_to_module(ADD))
    depth, slots = limits
    with pytest.raises(InternalError) as caught:
        InstanceCore(compiled, (), depth, slots)
    assert str(caught.value) == (f"no stack can have {depth} calls and {slots} slots")


def test_a_stack_that_no_address_space_has_is_an_internal_error() -> None:
    compiled = compile_checked(wat_to_module(ADD))
    core = InstanceCore(compiled, (), 2**40, 2**40)
    with pytest.raises(InternalError, match="no address space for a stack"):
        # 40 TiB each; of a process's addresses there are 128 TiB.
        [Execution(core, 0, 1, 2) for _ in range(4)]


# Executions


def test_an_execution_begun_anew_by_its_own_host_func_goes_on() -> None:
    def ask() -> int:
        running.__init__(instance.core, 1)  # type: ignore[misc]
        with pytest.raises(InternalError, match="the execution is running"):
            running.resume()
        return 41

    instance = instantiate_wat(ASK, {("e", "ask"): host((), (I32,), ask)})
    running = instance.start("run")
    assert running.resume() == (42,)
    running.__init__(instance.core, 1)  # type: ignore[misc]
    with pytest.raises(InternalError, match="the execution is over"):
        running.resume()


@pytest.mark.parametrize(("index", "error"), [(1, InternalError), (-1, OverflowError)])
def test_an_execution_is_of_a_func_that_there_is(
    index: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        Execution(core_of(ADD), index)


def test_memory_grows_in_an_instance_that_has_got_one() -> None:
    source = "(module (memory 1) (func (result i32) (memory.grow (i32.const 1))))"
    core = core_of(source)
    with pytest.raises(InternalError, match="an instance without its memory"):
        Execution(core, 0).resume()
    core.set_memory(Memory(1))
    assert Execution(core, 0).resume() == (1,)
    with pytest.raises(InternalError, match="an instance has one memory"):
        core.set_memory(Memory(1))


def test_a_table_that_an_instance_has_not_got_yet_is_empty() -> None:
    source = """(module (type $t (func)) (table 1 funcref)
      (func (call_indirect (type $t) (i32.const 0))))"""
    with pytest.raises(Trap) as caught:
        Execution(core_of(source), 0).resume()
    assert caught.value.code is TrapCode.UNDEFINED_ELEMENT


# Instances


def test_an_instance_has_the_funcs_that_its_module_imports() -> None:
    exported = instantiate_wat(ADD).exports["add"]
    assert isinstance(exported, ExportedFunc)
    given: list[tuple[Any, ...]] = [(), (None,), (exported,), ("ask",)]
    messages = []
    for funcs in given:
        with pytest.raises(InternalError) as caught:
            core_of(ASK, *funcs)
        messages.append(str(caught.value))
    assert messages == [
        "0 funcs for 1 imports",
        "import 0 is no func",
        "import 0 is a func of another type",
        "import 0 is no func",
    ]


def test_nobody_changes_the_funcs_of_an_instance() -> None:
    answer = host((), (I32,), lambda: 1)
    funcs = [answer]
    core = core_of(ASK, *funcs)
    funcs.clear()
    assert core.imported_funcs == (answer,)
    assert Execution(core, 1).resume() == (2,)


def test_tables_and_globals_are_of_the_types_that_the_module_says() -> None:
    core = core_of(VARIABLES)
    with pytest.raises(InternalError, match="table 0 has other elements"):
        core.add_table(externs())
    with pytest.raises(InternalError, match="global 0 is of another type"):
        core.add_imported_global(GlobalCell(GlobalType(EXTERNREF, True), None))
    core.add_table(Table(TableType(FUNCREF, Limits(1))))
    core.add_imported_global(GlobalCell(GlobalType(I64, True), 7))
    with pytest.raises(InternalError, match="the module has no table 1"):
        core.add_table(Table(TableType(FUNCREF, Limits(1))))
    with pytest.raises(InternalError, match="the module imports no global 1"):
        core.add_imported_global(GlobalCell(GlobalType(I64, True)))
    assert [core.global_value(index) for index in range(3)] == [7, None, 0]


def test_a_reference_is_given_as_an_object_never_as_its_bits() -> None:
    core = core_of(VARIABLES)
    with pytest.raises(InternalError, match="global 0 is a reference, and no number"):
        core.set_globals((1).to_bytes(8, "little") + bytes(8))
    core.set_globals(bytes(8) + (2**32 - 1).to_bytes(8, "little"))
    core.set_global(0, "kept")
    assert [core.global_value(1), core.global_value(2)] == ["kept", 2**32 - 1]
    with pytest.raises(InternalError, match="global 2 out of range"):
        core.set_global(2, 0)
    with pytest.raises(InternalError, match="func index 1 out of range"):
        core_of(SEGMENTS).add_element_segment(FUNCREF, (0, 1))
    with pytest.raises(InternalError, match="int given for a funcref"):
        GlobalCell(GlobalType(FUNCREF, True), 1)


# Classes


@pytest.mark.parametrize(
    "closed",
    [CompiledModule, EdgeRegion, TableStorage, Trace],
    ids=lambda c: c.__name__,
)
def test_only_compiled_code_makes_objects_of_some_classes(closed: type) -> None:
    class Derived(closed):  # type: ignore[misc]
        pass

    for make in (
        closed,
        Derived,
        lambda: closed.__new__(closed),
        lambda: object.__new__(closed),
        lambda: Derived.__new__(Derived),
    ):
        with pytest.raises(TypeError):
            make()


@pytest.mark.parametrize(
    "whole",
    [Execution, ExportedFunc, GlobalCell, InstanceCore, Memory, Table],
    ids=lambda c: c.__name__,
)
def test_no_object_is_made_without_its_arguments(whole: type) -> None:
    with pytest.raises(TypeError):
        whole.__new__(whole)


def test_a_func_space_of_python_has_no_funcs() -> None:
    with pytest.raises(InternalError, match="func index 0 out of range"):
        ExportedFunc(FuncSpace(), 0)


def test_a_method_is_called_on_an_object_of_its_class() -> None:
    wrong: Any = "no memory"
    with pytest.raises(TypeError, match="doesn't apply to a 'str' object"):
        Memory.read(wrong, 0, 1)


def test_begun_anew_an_object_stays_what_it_is() -> None:
    cell = GlobalCell(GlobalType(I64, True), 5)
    cell.__init__(GlobalType(EXTERNREF, True), "other")  # type: ignore[misc]
    assert (cell.global_type, cell.value) == (GlobalType(I64, True), 5)
    table = externs(1)
    table.__init__(TableType(FUNCREF, Limits(9)))  # type: ignore[misc]
    assert (table.size, table.table_type.element_type) == (1, EXTERNREF)


# Modules


def test_heights_of_another_module_change_no_result() -> None:
    module = wat_to_module(ADD)
    for height in (0, 1, 1_000):
        instance: ModuleInstance = instantiate_module(
            compile_module(module, (height,)), {}
        )
        assert instance.invoke("add", 2, 3) == (5,)
    with pytest.raises(OverflowError):
        compile_module(module, (2**32,))


def test_a_region_is_for_modules_that_are_covered() -> None:
    module = wat_to_module(ADD)
    heights = validate_module(module).operand_heights
    region = EdgeCounts().region(b"a hash")
    for tracing in (Tracing.OFF, Tracing.INSTRUCTIONS):
        with pytest.raises(InternalError, match="a region for counts of edges"):
            compile_module(module, heights, tracing, region=region)
    with pytest.raises(ValueError, match="9 is not a valid Tracing"):
        compile_module(module, heights, 9)  # type: ignore[arg-type]


def test_a_func_type_says_how_a_host_func_is_called_not_what_it_claims() -> None:
    wrong = HostFunc(FuncType((I32, I32), ()), lambda: 6)
    assert Execution(core_of(ASK, wrong), 1).resume() == (7,)


def test_a_digest_is_of_whole_chunks() -> None:
    assert digest_content(bytes(65_536)) == Memory(1).digest()
    assert digest_content(b"") == Memory(0).digest()
    with pytest.raises(ValueError, match="4095 bytes are not chunks of 4096"):
        digest_content(bytes(4_095))
