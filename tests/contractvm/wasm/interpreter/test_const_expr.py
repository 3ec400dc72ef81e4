"""Constant expressions: numbers to the bit, references, and what waits for globals."""

import pytest

from contractvm.errors import InternalError
from contractvm.wasm.interpreter.const_expr import constant_reference, constant_value
from contractvm.wasm.structure.module import ConstExpr
from tests.helpers.wat import wat_to_module


def expression(val_type: str, text: str) -> ConstExpr:
    module = wat_to_module(
        '(module (import "a" "b" (global i32)) (func) (func $f)'
        f" (global {val_type} {text}))"
    )
    return module.globals[0].init


@pytest.mark.parametrize(
    ("val_type", "text", "value"),
    [
        ("i32", "(i32.const -1)", 2**32 - 1),
        ("i64", "(i64.const -1)", 2**64 - 1),
        ("f32", "(f32.const -0)", 2**31),
        ("f64", "(f64.const -0)", 2**63),
        ("f64", "(f64.const 1)", 0x3FF0_0000_0000_0000),
        ("i32", "(i32.add (i32.const -1) (i32.const 2))", 1),
        ("i32", "(i32.sub (i32.const 1) (i32.const 3))", 2**32 - 2),
        ("i32", "(i32.mul (i32.const 65537) (i32.const 65537))", 131_073),
        ("i64", "(i64.add (i64.const -1) (i64.const 2))", 1),
        ("i64", "(i64.sub (i64.const 1) (i64.const 3))", 2**64 - 2),
        ("i64", "(i64.mul (i64.const 4294967297) (i64.const 4294967297))", 2**33 + 1),
        ("i64", "(i64.sub (i64.const 7) (i64.mul (i64.const 2) (i64.const 3)))", 1),
        ("funcref", "(ref.null func)", 0),
        ("i32", "(global.get 0)", None),
        ("i32", "(i32.add (i32.const 1) (global.get 0))", None),
        ("funcref", "(ref.func $f)", None),
    ],
)
def test_a_value_has_the_bits_of_its_type(
    val_type: str, text: str, value: int | None
) -> None:
    assert constant_value(expression(val_type, text)) == value


def test_a_reference_is_a_funcs_index_or_null_or_waits() -> None:
    assert constant_reference(expression("funcref", "(ref.func $f)")) == 1
    assert constant_reference(expression("funcref", "(ref.null func)")) is None
    waiting = expression("i32", "(global.get 0)")
    assert constant_reference(waiting) is waiting


def test_another_instruction_is_our_error() -> None:
    # i32.const 1, i32.const 2, i32.xor, end
    expr = ConstExpr(bytes.fromhex("41014102730b"), 0)
    with pytest.raises(InternalError, match="opcode 0x73 in a constant expression"):
        constant_value(expr)
