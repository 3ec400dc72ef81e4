from dataclasses import replace

import pytest

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.module import CustomSection, Func, Module
from contractvm.wasm.structure.types import FuncType, ValType
from tests.helpers.module_bytes import (
    CODE,
    DATA_COUNT,
    FUNC,
    MEMORY,
    START,
    TYPE,
    custom,
    module,
    module_with_body,
    section,
)
from tests.helpers.wat import wat_to_wasm


def test_empty_module_is_the_header() -> None:
    assert encode_module(Module()) == b"\0asm\x01\0\0\0"


def test_a_made_module_is_written_in_section_order() -> None:
    made = Module(
        types=(FuncType((ValType.I32,), (ValType.I64,)),),
        funcs=(Func(0, ((2, ValType.F32),), b"\x42\x05\x0b"),),
        start=0,
        has_data_count=True,
        custom_sections=(CustomSection("x", b"!", START),),
    )
    assert encode_module(made) == module(
        section(TYPE, b"\x01\x60\x01\x7f\x01\x7e"),
        section(FUNC, b"\x01\x00"),
        section(START, b"\x00"),
        custom("x", b"!"),
        section(DATA_COUNT, b"\x00"),
        section(CODE, b"\x01\x06\x01\x02\x7d\x42\x05\x0b"),
    )


def test_long_numbers_become_short_outside_of_code() -> None:
    long_form = module(
        b"\x05\x87\x80\x00" + b"\x81\x00" + b"\x00" + b"\x82\x80\x80\x00"
    )
    assert encode_module(decode_module(long_form)) == module(
        section(MEMORY, b"\x01\x00\x02")
    )


def test_code_stays_byte_for_byte() -> None:
    long_zero = b"\x41\x80\x80\x00"
    data = module_with_body(long_zero + b"\x1a\x0b")
    assert encode_module(decode_module(data)) == data


def test_empty_sections_are_dropped_but_before_a_custom_section() -> None:
    assert encode_module(decode_module(module(section(TYPE, b"\x00")))) == module()
    followed = module(section(TYPE, b"\x00"), custom("a"), section(CODE, b"\x00"))
    assert encode_module(decode_module(followed)) == module(
        section(TYPE, b"\x00"), custom("a")
    )


def test_custom_sections_stay_where_they_were() -> None:
    data = module(
        custom("a", b"1"), section(MEMORY, b"\x01\x00\x01"), custom("b"), custom("a")
    )
    assert encode_module(decode_module(data)) == data


def test_offsets_of_the_source_do_not_count_as_content() -> None:
    data = wat_to_wasm(
        "(module (func (result i32) i32.const 1) (global i32 (i32.const 2)))"
    )
    decoded = decode_module(data)
    moved = replace(decoded.funcs[0], offset=0)
    assert replace(decoded, funcs=(moved,)) == decoded


@pytest.mark.parametrize("field", ["(memory 1)", '(data "a")', "(table 1 funcref)"])
def test_what_the_reference_compiler_wrote_is_canonical_already(field: str) -> None:
    data = wat_to_wasm(f"(module {field} (func (param i32) (local i64) nop))")
    assert encode_module(decode_module(data)) == data
