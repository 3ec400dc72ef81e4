"""Calls: frames, limits on both sides, indirect calls, other instances."""

import pytest

from contractvm.errors import InternalError, LinkError, Trap, TrapCode
from contractvm.wasm.interpreter.instance import Table
from contractvm.wasm.structure.types import Limits, TableType, ValType
from tests.helpers.instances import I64, host, instantiate_wat

DESCEND = """(module
  (func $down (export "down") (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
      (else (i32.const 1)))))"""


def stopped(code: TrapCode, call: object, *arguments: object) -> None:
    with pytest.raises(Trap) as trap:
        call(*arguments)  # type: ignore[operator]
    assert trap.value.code is code


def test_call_depth_counts_the_first_func() -> None:
    instance = instantiate_wat(DESCEND, max_call_depth=10)
    assert instance.invoke("down", 9) == (10,)
    stopped(TrapCode.CALL_STACK_EXHAUSTED, instance.invoke, "down", 10)


def test_call_depth_is_whole_again_after_a_trap() -> None:
    instance = instantiate_wat(DESCEND, max_call_depth=10)
    stopped(TrapCode.CALL_STACK_EXHAUSTED, instance.invoke, "down", 10)
    assert instance.invoke("down", 9) == (10,)


def test_slots_of_the_stack_are_counted_to_the_last() -> None:
    # A frame takes its parameter and three operands; the callee begins at the second.
    frame, step = 4, 2
    fits = instantiate_wat(DESCEND, max_stack_slots=5 * step + frame)
    assert fits.invoke("down", 5) == (6,)
    short = instantiate_wat(DESCEND, max_stack_slots=5 * step + frame - 1)
    stopped(TrapCode.CALL_STACK_EXHAUSTED, short.invoke, "down", 5)


def test_a_first_frame_that_does_not_fit_traps() -> None:
    source = '(module (func (export "f") (local i64 i64 i64)))'
    assert instantiate_wat(source, max_stack_slots=3).invoke("f") == ()
    instance = instantiate_wat(source, max_stack_slots=2)
    stopped(TrapCode.CALL_STACK_EXHAUSTED, instance.invoke, "f")


def test_depth_far_beyond_python_s_is_reached() -> None:
    instance = instantiate_wat(DESCEND, max_call_depth=200_001)
    assert instance.invoke("down", 200_000) == (200_001,)


def test_locals_are_zero_in_a_frame_that_another_call_used() -> None:
    instance = instantiate_wat("""(module
      (func $dirty (local i64 i64) (local.set 0 (i64.const -1))
        (local.set 1 (i64.const -1)))
      (func $sum (result i64) (local i64 i64) (i64.add (local.get 0) (local.get 1)))
      (func (export "f") (result i64) call $dirty call $sum))""")
    assert instance.invoke("f") == (0,)


def test_several_results_stay_in_order_through_calls() -> None:
    instance = instantiate_wat("""(module
      (func $three (param i32 i64) (result i64 i32 i32)
        local.get 1 (i32.const 7) local.get 0)
      (func (export "f") (param i32 i64) (result i64 i32 i32)
        (i32.const 99) (drop) (call $three (local.get 0) (local.get 1))))""")
    assert instance.invoke("f", 5, 1 << 63) == (1 << 63, 7, 5)


INDIRECT = """(module
  (type $unary (func (param i32) (result i32)))
  (type $same (func (param i32) (result i32)))
  (table (export "table") 5 funcref)
  (func $double (type $same) (i32.mul (local.get 0) (i32.const 2)))
  (func $other (param i64) (result i32) (i32.const 1))
  (elem (i32.const 1) $double $other)
  (func (export "call") (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 1) (local.get 0))))"""


def test_indirect_call_takes_a_type_for_its_structure() -> None:
    assert instantiate_wat(INDIRECT).invoke("call", 1, 21) == (42,)


@pytest.mark.parametrize(
    ("index", "code"),
    [
        (0, TrapCode.UNINITIALIZED_ELEMENT),
        (2, TrapCode.INDIRECT_CALL_TYPE_MISMATCH),
        (4, TrapCode.UNINITIALIZED_ELEMENT),
        (5, TrapCode.UNDEFINED_ELEMENT),
        (0xFFFF_FFFF, TrapCode.UNDEFINED_ELEMENT),
    ],
)
def test_indirect_call_traps(index: int, code: TrapCode) -> None:
    stopped(code, instantiate_wat(INDIRECT).invoke, "call", index, 1)


OWNER = """(module
  (memory (export "memory") 1)
  (global $count (export "count") (mut i32) (i32.const 0))
  (table (export "table") 4 funcref)
  (type $get (func (result i32)))
  (func $bump (export "bump") (param i32) (result i32)
    (global.set $count (i32.add (global.get $count) (local.get 0)))
    (i32.store (i32.const 8) (global.get $count))
    (global.get $count))
  (func (export "through") (param i32) (result i32)
    (call_indirect (type $get) (local.get 0))))"""
USER = """(module
  (import "owner" "bump" (func $bump (param i32) (result i32)))
  (import "owner" "table" (table 4 funcref))
  (import "owner" "count" (global $count (mut i32)))
  (memory 1)
  (func $seven (result i32) (i32.load (i32.const 0)))
  (data (i32.const 0) "\\07")
  (elem (i32.const 2) $seven)
  (func (export "twice") (param i32) (result i32)
    (drop (call $bump (local.get 0)))
    (global.set $count (i32.add (global.get $count) (i32.const 100)))
    (i32.add (call $bump (local.get 0)) (i32.load (i32.const 0))))
  (export "bump" (func $bump)))"""


def linked() -> tuple[object, object]:
    owner = instantiate_wat(OWNER)
    imports = {("owner", name): extern for name, extern in owner.exports.items()}
    return owner, instantiate_wat(USER, imports)


def test_calls_of_another_instance_use_its_memory_and_globals() -> None:
    owner, user = linked()
    assert user.invoke("twice", 3) == (106 + 7,)
    assert owner.exports["count"].value == 106
    assert owner.exports["memory"].read(8, 4) == bytes([106, 0, 0, 0])


def test_a_func_that_was_imported_is_exported_again() -> None:
    owner, user = linked()
    assert user.invoke("bump", 5) == (5,)
    assert owner.exports["count"].value == 5


def test_a_func_in_a_shared_table_runs_in_its_own_instance() -> None:
    owner, user = linked()
    assert owner.invoke("through", 2) == (7,)
    del user
    assert owner.invoke("through", 2) == (7,)


def test_calls_of_other_instances_count_as_calls() -> None:
    inner = instantiate_wat('(module (func (export "f") (result i32) (i32.const 4)))')
    source = """(module (import "i" "f" (func $f (result i32)))
      (func (export "g") (result i32) (call $f)))"""
    imports = {("i", "f"): inner.exports["f"]}
    assert instantiate_wat(source, imports, max_call_depth=2).invoke("g") == (4,)
    short = instantiate_wat(source, imports, max_call_depth=1)
    stopped(TrapCode.CALL_STACK_EXHAUSTED, short.invoke, "g")


@pytest.mark.parametrize(
    ("declaration", "extern", "reason"),
    [
        ('(import "e" "x" (func))', None, "unknown import"),
        ('(import "e" "x" (func (param i32)))', "func", "incompatible import type"),
        ('(import "e" "x" (memory 1))', "func", "incompatible import type"),
        ('(import "e" "x" (table 6 funcref))', "table", "incompatible import type"),
        ('(import "e" "x" (table 5 7 funcref))', "table", "incompatible import type"),
        ('(import "e" "x" (table 5 externref))', "table", "incompatible import type"),
    ],
)
def test_link_errors_name_the_import(
    declaration: str, extern: str | None, reason: str
) -> None:
    externs = {
        "func": host((), (), lambda: None),
        "table": Table(TableType(ValType.FUNCREF, Limits(5, 8))),
    }
    imports = {} if extern is None else {("e", "x"): externs[extern]}
    with pytest.raises(LinkError) as error:
        instantiate_wat(f"(module {declaration})", imports)
    assert (error.value.module_name, error.value.name) == ("e", "x")
    assert error.value.reason == reason


def test_a_table_that_is_large_enough_links() -> None:
    table = Table(TableType(ValType.FUNCREF, Limits(5, 8)))
    instance = instantiate_wat(
        """(module (import "e" "x" (table 5 8 funcref)) (func $f) (elem declare func $f)
          (func (export "size") (result i32) (table.size 0)))""",
        {("e", "x"): table},
    )
    assert instance.invoke("size") == (5,)


@pytest.mark.parametrize("argument", [-1, 1 << 32, "1", None])
def test_a_wrong_argument_is_our_bug(argument: object) -> None:
    instance = instantiate_wat('(module (func (export "f") (param i32)))')
    with pytest.raises(InternalError):
        instance.invoke("f", argument)


def test_a_wrong_number_of_arguments_is_our_bug() -> None:
    instance = instantiate_wat('(module (func (export "f") (param i32)))')
    with pytest.raises(InternalError):
        instance.invoke("f")


def test_host_func_of_an_unknown_instance_is_called_through_a_shared_table() -> None:
    given = instantiate_wat(
        """(module
      (import "h" "f" (func $f (param i64) (result i64)))
      (table (export "t") funcref (elem $f)))""",
        {("h", "f"): host((I64,), (I64,), lambda value: value + 1)},
    )
    user = instantiate_wat(
        """(module
      (import "g" "t" (table 1 funcref))
      (func (export "call") (param i64) (result i64)
        (call_indirect (param i64) (result i64) (local.get 0) (i32.const 0))))""",
        {("g", "t"): given.exports["t"]},
    )
    assert user.invoke("call", 41) == (42,)
