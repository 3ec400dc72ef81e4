import pytest

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.module_bytes import CODE, FUNC, TYPE, body, module, section, u32
from tests.helpers.wat import wat_to_module


def heights(text: str) -> tuple[int, ...]:
    return validate_module(wat_to_module(f"(module {text})")).operand_heights


@pytest.mark.parametrize(
    ("instructions", "height"),
    [
        ("", 0),
        ("nop", 0),
        ("i32.const 1 drop", 1),
        ("i32.const 1 i32.const 2 i32.add drop", 2),
        ("i32.const 1 drop i32.const 1 drop", 1),
        ("i32.const 1 (block i32.const 2 drop) drop", 2),
        ("i32.const 1 (block (result i64) i64.const 2) drop drop", 2),
        ("i32.const 1 (if (then i32.const 1 drop) (else))", 1),
        ("(if (i32.const 1) (then) (else i32.const 1 i32.const 1 drop drop))", 2),
        ("i32.const 1 return i64.const 1 i64.const 1 i64.add drop", 2),
        ("unreachable i32.add drop", 1),
        ("unreachable (block (result i32 i32 i32) unreachable) drop drop drop", 3),
        ("local.get 0 local.tee 0 drop", 1),
        ("i32.const 1 i32.const 1 i32.const 1 br 0", 3),
    ],
)
def test_height_is_the_greatest_count_of_operands(
    instructions: str, height: int
) -> None:
    assert heights(f"(func (param i32) {instructions})") == (height,)


def test_results_of_the_func_itself_count() -> None:
    assert heights("(func (result i32 i32 i32) unreachable)") == (3,)


def test_results_of_a_call_count() -> None:
    assert heights(
        "(func $three (result i32 i64 f32) unreachable)"
        "(func call $three drop drop drop)"
    ) == (3, 3)


def test_imported_funcs_have_no_height() -> None:
    text = '(import "a" "f" (func)) (func i32.const 1 drop) (func)'
    assert heights(text) == (1, 0)


def test_height_may_exceed_32_bits() -> None:
    # 70,000 calls, each with 65,536 results: more operands than 2**32, no more memory
    # than the calls themselves.
    count, calls = 65_536, 70_000
    results = b"\x60\x00" + u32(count) + b"\x7f" * count
    data = module(
        section(TYPE, b"\x02" + results + b"\x60\x00\x00"),
        section(FUNC, b"\x02\x00\x01"),
        section(
            CODE, b"\x02" + body(b"\x00\x0b") + body(b"\x10\x00" * calls + b"\x00\x0b")
        ),
    )
    assert validate_module(decode_module(data)).operand_heights == (
        count,
        count * calls,
    )
