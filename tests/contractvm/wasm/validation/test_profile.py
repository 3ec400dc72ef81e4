from dataclasses import fields, replace

import pytest

from contractvm.errors import InvalidModule, RefusedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import Feature
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.profile import (
    Profile,
    SizeLimits,
    check_module_bytes,
    check_profile,
)
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.wat import wat_to_module

ANYTHING = Profile("anything", floats="canonical")


def refusal(text: str, profile: Profile) -> str | None:
    try:
        check_profile(wat_to_module(f"(module {text})"), profile)
    except RefusedModule as error:
        return error.reason
    return None


def test_refused_modules_are_a_kind_of_invalid_ones() -> None:
    assert issubclass(RefusedModule, InvalidModule)


def test_empty_profile_takes_the_empty_module() -> None:
    assert Module() == wat_to_module("(module)")
    assert refusal("", Profile("plain")) is None
    assert refusal("(func (drop (f32.const 0)))", Profile("plain")) is not None


# Floats


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("(func (drop (f32.const 0)))", "floats not allowed: f32.const"),
        ("(func (drop (f64.load (i32.const 0))))", "floats not allowed: f64.load"),
        ("(func (i32.reinterpret_f32 (unreachable)) drop)",
         "floats not allowed: i32.reinterpret_f32"),
        ("(func (i64.trunc_sat_f64_u (unreachable)) drop)",
         "floats not allowed: i64.trunc_sat_f64_u"),
        ("(func (param f32))", "floats not allowed: f32 in the func's type"),
        ("(func (result f64) unreachable)",
         "floats not allowed: f64 in the func's type"),
        ("(func (local i32 f64))", "floats not allowed: f64 in locals"),
        ("(type (func (param f32)))", "floats not allowed: f32 in type 0"),
        ("(global f32 (f32.const 0))", "floats not allowed: f32 in global 0"),
        ('(import "a" "b" (func (result f32)))',
         "floats not allowed: f32 in the func's type"),
        ("(func (block (result f32) unreachable) drop)",
         "floats not allowed: float in a block or select"),
        ("(func unreachable select (result f64) drop)",
         "floats not allowed: float in a block or select"),
        ("(func (drop (i64.const 0x3ff0000000000000)))", None),
    ],
)  # fmt: skip
def test_floats_are_refused_wherever_they_stand(text: str, reason: str | None) -> None:
    assert refusal(text, Profile("no floats")) == reason
    assert refusal(text, ANYTHING) is None


def test_refused_float_names_func_and_offset() -> None:
    module = wat_to_module(
        '(module (import "a" "b" (func)) (func) (func nop f32.const 0 drop))'
    )
    with pytest.raises(RefusedModule) as caught:
        check_profile(module, Profile("no floats"))
    assert caught.value.func_index == 2
    assert caught.value.offset == module.funcs[1].offset + 1


def test_float_in_a_signature_names_the_func() -> None:
    module = wat_to_module("(module (func) (func (param f32)))")
    with pytest.raises(RefusedModule) as caught:
        check_profile(module, Profile("no floats"))
    assert (caught.value.func_index, caught.value.offset) == (1, None)


# Features


@pytest.mark.parametrize(
    ("feature", "text", "reason"),
    [
        (Feature.SIGN_EXTENSION, "(func (drop (i32.extend8_s (i32.const 0))))",
         "sign-extension not allowed: i32.extend8_s"),
        (Feature.SATURATING_CONVERSION, "(func unreachable i32.trunc_sat_f32_s drop)",
         "saturating-conversion not allowed: i32.trunc_sat_f32_s"),
        (Feature.MULTI_VALUE, "(type (func (result i32 i32)))",
         "multi-value not allowed: type 0 with 2 results"),
        (Feature.MULTI_VALUE, "(func i32.const 0 (block (param i32) drop))",
         "multi-value not allowed: block type by index"),
        (Feature.BULK_MEMORY, '(data "passive")',
         "bulk-memory not allowed: data segment that is passive or explicit"),
        (Feature.BULK_MEMORY, "(memory 1) (func unreachable memory.fill)",
         "bulk-memory not allowed: memory.fill"),
        (Feature.REFERENCE_TYPES, "(func (local externref))",
         "reference-types not allowed: local of a reference type"),
        (Feature.REFERENCE_TYPES, "(table 1 funcref) (func (drop (table.size 0)))",
         "reference-types not allowed: table.size"),
        (Feature.EXTENDED_CONST, "(global i64 (i64.mul (i64.const 1) (i64.const 2)))",
         "extended-const not allowed: i64.mul"),
    ],
)  # fmt: skip
def test_each_feature_can_be_refused(feature: Feature, text: str, reason: str) -> None:
    assert refusal(text, ANYTHING) is None
    without = replace(ANYTHING, features=ANYTHING.features - {feature})
    assert refusal(text, without) == reason


def test_arithmetic_in_bodies_is_no_extended_constant() -> None:
    without = replace(ANYTHING, features=frozenset({Feature.MVP}))
    assert (
        refusal("(func (drop (i32.add (i32.const 1) (i32.const 2))))", without) is None
    )


# Imports and exports

ETHEREUM = {
    ("ethereum", "finish"): FuncType((ValType.I32, ValType.I32), ()),
    ("ethereum", "getGasLeft"): FuncType((), (ValType.I64,)),
}
CONTRACT = Profile(
    "contract",
    imports=ETHEREUM,
    exports={"main": FuncType((), ()), "memory": ExternKind.MEMORY},
    allows_start=False,
)
EXPORTS = '(memory (export "memory") 1) (func (export "main"))'


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (EXPORTS, None),
        ('(import "ethereum" "finish" (func (param i32 i32)))' + EXPORTS, None),
        ('(import "ethereum" "foo" (func))' + EXPORTS,
         "import ethereum.foo: no such host function"),
        ('(import "env" "finish" (func (param i32 i32)))' + EXPORTS,
         "import env.finish: no such host function"),
        ('(import "ethereum" "finish" (func (param i32)))' + EXPORTS,
         "import ethereum.finish: func type [i32 i32] -> [] required,"
         " [i32] -> [] found"),
        ('(import "ethereum" "finish" (global i32))' + EXPORTS,
         "import ethereum.finish: func required, global found"),
        ('(memory (export "memory") 1)',
         "export main: missing, func type [] -> [] required"),
        ('(func (export "main"))', "export memory: missing, memory required"),
        ('(memory (export "memory") 1) (func (export "main") (param i32))',
         "export main: func type [] -> [] required"),
        ('(memory (export "memory") 1) (global (export "main") i32 (i32.const 0))',
         "export main: func type [] -> [] required"),
        ('(func (export "memory")) (func (export "main"))',
         "export memory: memory required"),
        (EXPORTS + '(func (export "other"))', "export other: not allowed"),
        (EXPORTS + "(start 0)", "start function not allowed"),
    ],
)  # fmt: skip
def test_imports_exports_and_start(text: str, reason: str | None) -> None:
    assert refusal(text, CONTRACT) == reason


def test_export_of_any_func_type_can_be_required() -> None:
    profile = Profile("any main", exports={"main": ExternKind.FUNC})
    assert refusal('(func (export "main") (param i32))', profile) is None
    text = '(memory (export "main") 1)'
    assert refusal(text, profile) == "export main: func required"


def test_more_exports_than_required_can_be_allowed() -> None:
    profile = replace(CONTRACT, allows_more_exports=True)
    assert refusal(EXPORTS + '(func (export "other"))', profile) is None
    missing = refusal('(func (export "main")) (func (export "other"))', profile)
    assert missing == "export memory: missing, memory required"


def test_profile_without_lists_takes_any_import_and_export() -> None:
    text = '(import "x" "y" (func)) (func (export "z")) (start 1)'
    assert refusal(text, Profile("open")) is None


# Sizes


def test_operand_height_is_limited_where_it_is_highest() -> None:
    module = wat_to_module("(func nop i32.const 1 (drop (i64.const 1)) drop)")
    assert validate_module(module, 2).operand_heights == (2,)
    with pytest.raises(RefusedModule) as refusal:
        validate_module(module, 1)
    assert refusal.value.reason == "2 operands on the stack, 1 allowed"
    assert refusal.value.func_index == 0
    # Behind `nop` and `i32.const 1`.
    assert refusal.value.offset == module.funcs[0].offset + 3


@pytest.mark.parametrize(
    ("limit", "value", "text", "reason"),
    [
        ("max_types", 1, "(type (func)) (type (func))", "2 types, 1 allowed"),
        ("max_params", 1, "(type (func (param i32 i32)))", "2 params, 1 allowed"),
        ("max_results", 1, "(type (func (result i32 i32)))", "2 results, 1 allowed"),
        ("max_imports", 0, '(import "a" "b" (memory 1))', "1 imports, 0 allowed"),
        ("max_exports", 0, '(memory (export "a") 1)', "1 exports, 0 allowed"),
        ("max_funcs", 1, "(func) (func)", "2 funcs, 1 allowed"),
        ("max_body_bytes", 2, "(func nop nop)", "3 body bytes, 2 allowed"),
        ("max_locals_per_func", 2, "(func (local i32 i64 i32))", "3 locals, 2 allowed"),
        ("max_globals", 0, "(global i32 (i32.const 0))", "1 globals, 0 allowed"),
        ("max_tables", 0, "(table 1 funcref)", "1 tables, 0 allowed"),
        ("max_table_elements", 9, "(table 10 funcref)", "10 table elements, 9 allowed"),
        ("max_memory_pages", 1, "(memory 2)", "2 memory pages, 1 allowed"),
        ("max_element_segments", 0, "(func) (elem func 0)",
         "1 element segments, 0 allowed"),
        ("max_data_segments", 0, '(data "")', "1 data segments, 0 allowed"),
    ],
)  # fmt: skip
def test_sizes_are_limited(limit: str, value: int, text: str, reason: str) -> None:
    def profile(number: int) -> Profile:
        return replace(ANYTHING, sizes=SizeLimits(**{limit: number}))

    assert refusal(text, profile(value)) == reason
    assert refusal(text, profile(value + 1)) is None


def test_every_size_limit_is_tested_above() -> None:
    cases = test_sizes_are_limited.pytestmark[0].args[1]  # type: ignore[attr-defined]
    tested = {case[0] for case in cases} | {"max_module_bytes", "max_operand_height"}
    assert tested == {entry.name for entry in fields(SizeLimits)}


def test_module_bytes_are_limited_before_decoding() -> None:
    profile = Profile("small", sizes=SizeLimits(max_module_bytes=10))
    check_module_bytes(bytes(10), profile)
    with pytest.raises(RefusedModule, match="11 bytes, 10 allowed"):
        check_module_bytes(bytes(11), profile)


def test_only_the_minimum_of_a_memory_is_limited() -> None:
    profile = replace(ANYTHING, sizes=SizeLimits(max_memory_pages=2))
    assert refusal("(memory 2 65536)", profile) is None
    assert refusal("(memory 2)", profile) is None


def test_too_many_locals_name_the_func() -> None:
    module = wat_to_module("(module (func) (func (local i32 i32)))")
    profile = replace(ANYTHING, sizes=SizeLimits(max_locals_per_func=1))
    with pytest.raises(RefusedModule) as caught:
        check_profile(module, profile)
    assert caught.value.func_index == 1


def test_a_module_that_is_not_valid_can_be_asked_about() -> None:
    # Types and funcs that do not exist: the profile says nothing, or that the export
    # has not the type it needs; validation finds the rest.
    broken = decode_module(
        b"\0asm\x01\0\0\0\x03\x02\x01\x09\x07\x05\x01\x01f\x00\x07\x0a\x04\x01\x02\x00\x0b"
    )
    check_profile(broken, Profile("open"))
    with pytest.raises(
        RefusedModule, match=r"export f: func type \[\] -> \[\] required"
    ):
        check_profile(broken, Profile("f", exports={"f": FuncType((), ())}))
