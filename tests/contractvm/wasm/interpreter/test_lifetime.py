"""An instance is freed with its last user; shared objects live as long as needed."""

import gc
import weakref

import pytest

from contractvm.errors import InternalError
from contractvm.wasm.interpreter.instance import GlobalCell, ModuleInstance, Table
from contractvm.wasm.structure.types import GlobalType, Limits, TableType, ValType
from tests.helpers.instances import I32, I64, host, instantiate_wat

EVERYTHING = """(module
  (import "e" "f" (func $f (result i32)))
  (memory (export "memory") 1)
  (table (export "table") 3 funcref)
  (elem (i32.const 0) $f $g $g)
  (global $r (export "r") (mut funcref) (ref.func $g))
  (func $g (export "g") (result i32) (global.set $r (ref.func $g)) (call $f)))"""


class Anchor:
    """Something that a weak reference can watch."""

    def __call__(self) -> int:
        return 3


def watched() -> tuple[ModuleInstance, weakref.ref[Anchor]]:
    anchor = Anchor()
    instance = instantiate_wat(EVERYTHING, {("e", "f"): host((), (I32,), anchor)})
    instance.invoke("g")
    return instance, weakref.ref(anchor)


@pytest.fixture(autouse=True)
def _without_collector() -> object:
    gc.disable()
    yield
    gc.enable()


def test_an_instance_is_freed_without_the_collector() -> None:
    instance, anchor = watched()
    assert anchor() is not None
    del instance
    assert anchor() is None


@pytest.mark.parametrize("name", ["table", "r", "g"])
def test_an_export_keeps_what_it_needs(name: str) -> None:
    instance, anchor = watched()
    extern = instance.exports[name]
    del instance
    assert anchor() is not None
    del extern
    assert anchor() is None


def test_a_func_taken_from_a_table_outlives_the_instance() -> None:
    instance, anchor = watched()
    func = instance.exports["table"].get(1)
    del instance
    assert anchor() is not None
    assert func.func_type.results == (I32,)
    del func
    assert anchor() is None


def test_a_suspended_execution_keeps_its_instance() -> None:
    instance, anchor = watched()
    execution = instance.start("g")
    del instance
    assert execution.resume() == (3,)
    del execution
    assert anchor() is None


def test_instances_in_each_other_s_tables_are_found_by_the_collector() -> None:
    owner, anchor = watched()
    user = instantiate_wat(
        """(module (import "o" "table" (table 3 funcref))
        (func $h (result i32) (i32.const 8)) (elem (i32.const 2) $h))""",
        {("o", "table"): owner.exports["table"]},
    )
    del owner, user
    gc.collect()
    assert anchor() is None


def test_an_external_reference_lives_in_a_table_and_a_global() -> None:
    source = """(module
      (table (export "t") 1 externref) (global $g (mut externref) (ref.null extern))
      (func (export "put") (param externref)
        (table.set (i32.const 0) (local.get 0)) (global.set $g (local.get 0)))
      (func (export "take") (result externref externref)
        (table.get (i32.const 0)) (global.get $g)))"""
    instance = instantiate_wat(source)
    anchor = Anchor()
    seen = weakref.ref(anchor)
    instance.invoke("put", anchor)
    del anchor
    assert instance.invoke("take") == (seen(), seen())
    assert seen() is not None
    assert instance.exports["t"].get(0) is seen()
    del instance
    assert seen() is None


def test_table_from_outside() -> None:
    table = Table(TableType(ValType.EXTERNREF, Limits(1, 3)))
    table.set(0, "x")
    assert (table.grow(2, "y"), table.grow(1), table.size) == (1, -1, 3)
    assert [table.get(index) for index in range(3)] == ["x", "y", "y"]


def test_global_cell_is_shared_by_reference() -> None:
    cell = GlobalCell(GlobalType(I64, True), 5)
    source = """(module (import "e" "g" (global $g (mut i64))) (export "g" (global $g))
      (func (export "f") (global.set $g (i64.sub (global.get $g) (i64.const 6)))))"""
    instance = instantiate_wat(source, {("e", "g"): cell})
    instance.invoke("f")
    assert cell.value == (1 << 64) - 1
    assert instance.exports["g"] is cell


@pytest.mark.parametrize("value", [-1, 1 << 64, None, "1"])
def test_a_wrong_value_for_a_global_is_our_bug(value: object) -> None:
    cell = GlobalCell(GlobalType(I64, True))
    with pytest.raises(InternalError):
        cell.value = value
