"""Rules about a module's parts, bodies aside (spec 3.4)."""

from dataclasses import replace

import pytest

from contractvm.errors import InternalError, InvalidModule
from contractvm.wasm.structure.module import (
    ConstExpr,
    DataSegment,
    Func,
    Global,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)
from contractvm.wasm.validation.validator import ModuleFacts, validate_module
from tests.helpers.wat import wat_to_module


def fault(module: Module) -> str | None:
    try:
        validate_module(module)
    except InvalidModule as error:
        return error.reason
    return None


def fault_of_text(fields: str) -> str | None:
    return fault(wat_to_module(f"(module {fields})"))


def test_empty_module_is_valid() -> None:
    assert validate_module(Module()) == ModuleFacts(())


@pytest.mark.parametrize(
    ("minimum", "maximum", "reason"),
    [
        (65_536, None, None),
        (0, 65_536, None),
        (5, 5, None),
        (6, 5, "size minimum must not be greater than maximum"),
        (65_537, None, "memory size must be at most 65536 pages (4GiB)"),
        (0, 65_537, "memory size must be at most 65536 pages (4GiB)"),
    ],
)
def test_memory_limits(minimum: int, maximum: int | None, reason: str | None) -> None:
    assert fault(Module(memories=(MemoryType(Limits(minimum, maximum)),))) == reason


@pytest.mark.parametrize(
    ("minimum", "maximum", "reason"),
    [
        (2**32 - 1, None, None),
        (7, 7, None),
        (8, 7, "size minimum must not be greater than maximum"),
    ],
)
def test_table_limits(minimum: int, maximum: int | None, reason: str | None) -> None:
    table = TableType(ValType.EXTERNREF, Limits(minimum, maximum))
    assert fault(Module(tables=(table,))) == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("(memory 1) (memory 1)", "multiple memories"),
        ('(import "a" "b" (memory 1)) (memory 1)', "multiple memories"),
        ("(table 1 funcref) (table 1 externref)", None),
        ('(func) (export "a" (func 0)) (export "b" (func 0))', None),
        ('(func) (export "a" (func 0)) (export "a" (func 0))', "duplicate export name"),
        ('(export "a" (func 0))', "unknown function 0"),
        ('(export "a" (table 0))', "unknown table 0"),
        ('(export "a" (memory 0))', "unknown memory 0"),
        ('(export "a" (global 0))', "unknown global 0"),
        ("(func) (start 0)", None),
        ("(start 0)", "unknown function 0"),
        ("(func (param i32)) (start 0)", "start function"),
        ("(func (result i32) i32.const 0) (start 0)", "start function"),
        ("(func (type 3))", "unknown type 3"),
        ('(import "a" "b" (func (type 3)))', "unknown type 3"),
    ],
)
def test_indices_and_names(fields: str, reason: str | None) -> None:
    assert fault_of_text(fields) == reason


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ("(table 1 funcref) (func) (elem (i32.const 0) 0)", None),
        ("(func) (elem (i32.const 0) 0)", "unknown table 0"),
        ("(table 1 funcref) (elem (i32.const 0) 0)", "unknown function 0"),
        ("(func) (elem func 0 1)", "unknown function 1"),
        ("(table 1 funcref) (elem (i64.const 0) func)", "type mismatch"),
        ("(table 1 funcref) (elem (offset) func)", "type mismatch"),
        ("(table 1 externref) (func) (elem (i32.const 0) 0)", "type mismatch"),
        ("(elem funcref (ref.null func))", None),
        ("(elem funcref (ref.null extern))", "type mismatch"),
        ("(elem funcref (item i32.const 0))", "type mismatch"),
        ("(elem funcref (ref.func 0))", "unknown function 0"),
        ("(memory 1) (data (i32.const 0))", None),
        ("(data (i32.const 0))", "unknown memory 0"),
        ('(data "passive")', None),
        ("(memory 1) (data (f32.const 0))", "type mismatch"),
        ("(memory 1) (data (i32.const 0) \"\") (data (offset nop) \"\")",
         "constant expression required"),
    ],
)  # fmt: skip
def test_segments(fields: str, reason: str | None) -> None:
    found = fault_of_text(fields)
    assert found == reason or (reason and found and found.startswith(reason))


IMPORTS = """
(import "a" "i" (global i32)) (import "a" "m" (global (mut i32)))
(import "a" "f" (func)) (func)
"""


@pytest.mark.parametrize(
    ("val_type", "init", "reason"),
    [
        ("i32", "i32.const 1", None),
        ("i64", "i64.const 1", None),
        ("f32", "f32.const 1", None),
        ("f64", "f64.const 1", None),
        ("funcref", "ref.null func", None),
        ("externref", "ref.null extern", None),
        ("funcref", "ref.func 1", None),
        ("funcref", "ref.func 2", "unknown function 2"),
        ("i32", "global.get 0", None),
        ("i32", "global.get 1", "constant expression required"),
        ("i32", "global.get 2", "unknown global 2"),  # itself
        ("i64", "global.get 0", "type mismatch"),
        ("i32", "(i32.add (global.get 0) (i32.const 5))", None),
        ("i32", "(i32.sub (i32.mul (i32.const 1) (i32.const 2)) (i32.const 3))", None),
        ("i64", "(i64.add (i64.const 1) (i64.mul (i64.const 2) (i64.const 3)))", None),
        ("i64", "(i64.sub (i64.const 1) (i32.const 2))", "type mismatch"),
        (
            "i32",
            "(i32.and (i32.const 1) (i32.const 2))",
            "constant expression required",
        ),
        (
            "f32",
            "(f32.add (f32.const 1) (f32.const 2))",
            "constant expression required",
        ),
        ("i32", "(i32.div_s (i32.const 1) (i32.const 2))", "constant expression"),
        ("i32", "nop i32.const 0", "constant expression required"),
        ("i32", "call 0", "constant expression required"),
        ("i32", "block (result i32) i32.const 0 end", "constant expression required"),
        ("i32", "i32.const 0 i32.const 1", "type mismatch"),
        ("i32", "", "type mismatch"),
        ("i32", "i32.const 0 drop i32.const 0", "constant expression required"),
    ],
)
def test_constant_expressions(val_type: str, init: str, reason: str | None) -> None:
    found = fault_of_text(f"{IMPORTS} (global {val_type} {init})")
    assert found == reason or (reason and found and found.startswith(reason))


def test_a_global_may_not_read_one_that_the_module_defines() -> None:
    # WebAssembly 2.0's rule; 3.0 allows it.
    fields = "(global i32 (i32.const 1)) (global i32 (global.get 0))"
    assert fault_of_text(fields) == "unknown global 0"


def test_reason_says_where() -> None:
    module = wat_to_module('(module (import "a" "b" (func)) (func) (func nop drop))')
    with pytest.raises(InvalidModule) as caught:
        validate_module(module)
    assert caught.value.func_index == 2
    assert caught.value.offset == module.funcs[1].offset + 1


def test_a_func_of_an_unknown_type_is_named() -> None:
    valid = wat_to_module("(module (func nop nop) (func nop))")
    wrong = replace(valid.funcs[1], type_index=1)
    with pytest.raises(InvalidModule) as caught:
        validate_module(replace(valid, funcs=(valid.funcs[0], wrong)))
    assert str(caught.value) == "unknown type 1 in func 1"


def test_fault_of_a_constant_has_an_offset_and_no_func() -> None:
    module = wat_to_module("(module (global i32 (i64.const 0)))")
    with pytest.raises(InvalidModule) as caught:
        validate_module(module)
    # At the `end`, where the result is compared.
    assert caught.value.func_index is None
    assert caught.value.offset == module.globals[0].init.offset + 2


def test_our_lack_of_memory_is_no_fault_of_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_memory(module: Module) -> None:
        raise MemoryError

    monkeypatch.setattr("contractvm.wasm.validation.validator.ModuleContext", no_memory)
    with pytest.raises(InternalError, match="no memory to validate a module"):
        validate_module(Module())


def test_made_modules_with_bodies_that_do_not_end_are_invalid() -> None:
    made = Module(types=(FuncType((), ()),), funcs=(Func(0, (), b"\x01"),))
    assert fault(made) == "unexpected end"
    behind = replace(made, funcs=(Func(0, (), b"\x0b\x01"),))
    assert fault(behind) == "instructions after the final end"
    stray_else = replace(made, funcs=(Func(0, (), b"\x05\x0b"),))
    assert fault(stray_else) == "END opcode expected"
    illegal = replace(made, funcs=(Func(0, (), b"\xff"),))
    assert fault(illegal) == "illegal opcode"


def test_made_modules_must_announce_data_segments_that_bodies_name() -> None:
    func = Func(0, (), b"\xfc\x09\x00\x0b")
    segment = DataSegment(SegmentMode.PASSIVE, 0, None, b"", 1)
    made = Module(types=(FuncType((), ()),), funcs=(func,), data_segments=(segment,))
    assert fault(made) == "data count section required"
    assert fault(replace(made, has_data_count=True)) is None


def test_made_active_segment_needs_an_offset() -> None:
    segment = DataSegment(SegmentMode.ACTIVE, 0, None, b"", 0)
    made = Module(memories=(MemoryType(Limits(1)),), data_segments=(segment,))
    assert fault(made) == "an active segment needs an offset"


def test_made_global_without_code_is_invalid() -> None:
    global_type = GlobalType(ValType.I32, is_mutable=False)
    assert fault(Module(globals=(Global(global_type, ConstExpr(b"")),))) is not None
