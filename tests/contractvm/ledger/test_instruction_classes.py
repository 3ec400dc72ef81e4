"""The classes of a report: every instruction is in one, by the opcode table."""

import pytest

from contractvm.ledger.instruction_classes import CLASSES, instruction_class, size_name
from contractvm.wasm.structure.opcodes import OPCODES


def test_every_instruction_has_a_class() -> None:
    assert set(CLASSES) == {info.mnemonic for info in OPCODES}


@pytest.mark.parametrize(
    ("mnemonic", "name"),
    [
        ("unreachable", "control"),
        ("br_table", "control"),
        ("return", "control"),
        ("call", "calls"),
        ("call_indirect", "calls"),
        ("select", "parametric"),
        ("select t", "parametric"),
        ("local.tee", "variables"),
        ("global.set", "variables"),
        ("table.get", "tables"),
        ("elem.drop", "tables"),
        ("i64.load32_u", "memory loads"),
        ("f64.load", "memory loads"),
        ("i32.store8", "memory stores"),
        ("memory.grow", "memory size and bulk"),
        ("data.drop", "memory size and bulk"),
        ("i64.const", "constants"),
        ("i64.eqz", "i64 comparisons"),
        ("i32.lt_u", "i32 comparisons"),
        ("f32.ge", "f32 comparisons"),
        ("i32.rem_s", "i32 divisions"),
        ("i64.div_u", "i64 divisions"),
        ("f64.div", "f64 arithmetic"),
        ("i32.rotl", "i32 arithmetic"),
        ("i64.extend_i32_s", "conversions"),
        ("i64.extend8_s", "conversions"),
        ("i32.trunc_sat_f64_u", "conversions"),
        ("f32.reinterpret_i32", "conversions"),
        ("ref.func", "references"),
    ],
)
def test_class_of_an_instruction(mnemonic: str, name: str) -> None:
    assert instruction_class(mnemonic) == name


@pytest.mark.parametrize(
    ("mnemonic", "name"),
    [
        ("memory.grow", "memory.grow pages"),
        ("memory.copy", "memory.copy bytes"),
        ("table.grow", "table.grow elements"),
    ],
)
def test_name_of_a_size(mnemonic: str, name: str) -> None:
    assert size_name(mnemonic) == name
