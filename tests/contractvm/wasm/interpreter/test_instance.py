"""Instances of one module share its plan, and nothing that changes."""

import pytest

from contractvm.errors import LinkError, Trap, TrapCode
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.instance import (
    ExportedFunc,
    GlobalCell,
    Memory,
    Table,
    instantiate_module,
)
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    TableType,
    ValType,
)
from tests.helpers.instances import I32, compile_checked, host, instantiate_wat
from tests.helpers.wat import wat_to_module

EVERYTHING = """(module
  (import "e" "base" (global $base i32))
  (import "e" "f" (func $f (result i32)))
  (memory (export "memory") 1)
  (table $t (export "table") 2 funcref) (export "same table" (table $t))
  (global $constant (export "constant") (mut i32) (i32.const 7))
  (global $computed (export "computed") (mut i32) (global.get $base))
  (global $func (export "func") funcref (ref.func $own))
  (global $wide (export "wide") (mut i64) (i64.const -1))
  (elem (global.get $base) func $own)
  (data (i32.const 4) "four")
  (data (global.get $base) "base")
  (data $passive "passive")
  (export "f" (func $f))
  (func $own (export "own") (result i32)
    (memory.init $passive (i32.const 64) (i32.const 0) (i32.const 7))
    (data.drop $passive)
    (global.set $constant (i32.const 8))
    (global.set $wide (i64.const 1))
    (i32.const 9)))"""


def base(value: int) -> GlobalCell:
    return GlobalCell(GlobalType(I32, is_mutable=False), value)


def test_each_instance_begins_with_what_its_module_and_imports_say() -> None:
    compiled = compile_checked(wat_to_module(EVERYTHING))
    given = host((), (I32,), lambda: 3)
    for start in (0, 1, 0):
        instance = instantiate_module(
            compiled, {("e", "base"): base(start), ("e", "f"): given}
        )
        exports = instance.exports
        values = [exports[name].value for name in ("constant", "computed", "wide")]
        assert values == [7, start, (1 << 64) - 1]
        expected = bytearray(72)
        expected[4:8] = b"four"
        expected[start : start + 4] = b"base"
        assert exports["memory"].read(0, 72) == expected
        assert [exports["table"].get(index) for index in range(2)] == [
            exports["own"] if index == start else None for index in range(2)
        ]
        # The next instance does not see what this one changes.
        assert instance.invoke("own") == (9,)
        assert exports["memory"].read(64, 7) == b"passive"
        assert (exports["constant"].value, exports["wide"].value) == (8, 1)
        with pytest.raises(Trap):
            instance.invoke("own")


def test_exports_are_a_dict_in_the_order_of_the_module() -> None:
    given = host((), (I32,), lambda: 3)
    instance = instantiate_wat(EVERYTHING, {("e", "base"): base(0), ("e", "f"): given})
    exports = instance.exports
    kinds = {name: type(extern) for name, extern in exports.items()}
    assert list(kinds.items()) == [
        ("memory", Memory),
        ("table", Table),
        ("same table", Table),
        ("constant", GlobalCell),
        ("computed", GlobalCell),
        ("func", GlobalCell),
        ("wide", GlobalCell),
        ("f", HostFunc),
        ("own", ExportedFunc),
    ]
    assert all(instance.export(name) is extern for name, extern in exports.items())
    with pytest.raises(KeyError):
        instance.export("nothing")
    assert exports["table"] is exports["same table"]
    assert exports["f"] is given
    assert exports["func"].value == exports["own"]
    assert "nothing" not in exports
    assert exports.get("nothing") is None


def test_exports_first_asked_for_late_show_the_present() -> None:
    instance = instantiate_wat(
        EVERYTHING, {("e", "base"): base(0), ("e", "f"): host((), (I32,), int)}
    )
    instance.invoke("own")
    assert instance.exports["constant"].value == 8
    assert instance.exports["memory"].read(64, 7) == b"passive"


def test_imports_of_every_kind_are_checked_each_time() -> None:
    compiled = compile_checked(
        wat_to_module("""(module (import "e" "g" (global i32))
          (import "e" "f" (func (result i32))) (import "e" "m" (memory 1 2))
          (import "e" "t" (table 1 funcref)))""")
    )
    right = {
        ("e", "g"): base(1),
        ("e", "f"): HostFunc(FuncType((), (I32,)), int),
        ("e", "m"): Memory(1, 2),
        ("e", "t"): Table(TableType(ValType.FUNCREF, Limits(1))),
    }
    instantiate_module(compiled, right)
    wrong = {
        ("e", "g"): GlobalCell(GlobalType(I32, is_mutable=True)),
        ("e", "f"): HostFunc(FuncType((), ()), int),
        ("e", "m"): Memory(1, 3),
        ("e", "t"): Table(TableType(ValType.EXTERNREF, Limits(1))),
    }
    for key in right:
        other = right["e", "m"] if key != ("e", "m") else right["e", "g"]
        for extern in (wrong[key], other):
            with pytest.raises(LinkError) as refusal:
                instantiate_module(compiled, right | {key: extern})
            assert refusal.value.reason == "incompatible import type"
            assert (refusal.value.module_name, refusal.value.name) == key
        missing = {name: extern for name, extern in right.items() if name != key}
        with pytest.raises(LinkError) as refusal:
            instantiate_module(compiled, missing)
        assert refusal.value.reason == "unknown import"
    instantiate_module(compiled, right)


@pytest.mark.parametrize(
    ("offset", "fits"), [(65532, True), (65533, False), (-1, False)]
)
def test_an_active_data_segment_ends_at_the_last_byte(offset: int, fits: bool) -> None:
    """The first segment stays written in a shared memory, the second wrote nothing."""
    memory = Memory(1)
    source = f"""(module (import "e" "m" (memory 1)) (data (i32.const 0) "first")
      (data (i32.const {offset}) "last"))"""
    if fits:
        instantiate_wat(source, {("e", "m"): memory})
    else:
        with pytest.raises(Trap) as trap:
            instantiate_wat(source, {("e", "m"): memory})
        assert trap.value.code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
    assert memory.read(0, 5) == b"first"
    assert memory.read(65532, 4) == (b"last" if fits else bytes(4))


@pytest.mark.parametrize("dropped", [0, 1, 2])
def test_a_segment_that_is_dropped_is_that_one(dropped: int) -> None:
    """Of three with an item each, into one table and one memory."""
    instance = instantiate_wat(
        f"""(module (memory (export "memory") 1) (table 1 funcref)
          (func $a) (data "a") (data "b") (data "c")
          (elem func $a) (elem func $a) (elem func $a)
          (func (export "drop") (data.drop {dropped}) (elem.drop {dropped}))
          {
            "".join(
                f'''(func (export "data{n}")
                (memory.init {n} (i32.const 0) (i32.const 0) (i32.const 1)))
              (func (export "elem{n}")
                (table.init {n} (i32.const 0) (i32.const 0) (i32.const 1)))'''
                for n in range(3)
            )
        })"""
    )
    instance.invoke("drop")
    for kind in ("data", "elem"):
        for number in range(3):
            if number == dropped:
                with pytest.raises(Trap):
                    instance.invoke(f"{kind}{number}")
            else:
                assert instance.invoke(f"{kind}{number}") == ()
