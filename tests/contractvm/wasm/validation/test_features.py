import pytest

from contractvm.wasm.structure.opcodes import OPCODES, Feature, slot_of
from contractvm.wasm.validation.features import SLOTS, const_exprs, features_used
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
    mark_instructions,
)
from tests.helpers.wat import wat_to_module

CONSTANTS = Feature.EXTENDED_CONST
BULK, REFERENCES = Feature.BULK_MEMORY, Feature.REFERENCE_TYPES


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("", set()),
        ("(memory 1) (func (drop (i32.load (i32.const 0))))", set()),
        ("(table 1 funcref) (func) (elem (i32.const 0) 0)", set()),
        ("(table 1 funcref) (func call_indirect)", None),
        ("(func (drop (i32.extend8_s (i32.const 0))))", {Feature.SIGN_EXTENSION}),
        (
            "(func (drop (i32.trunc_sat_f32_s (f32.const 0))))",
            {Feature.SATURATING_CONVERSION},
        ),
        ("(func (result i32 i32) unreachable)", {Feature.MULTI_VALUE}),
        ("(type (func (result i32 i32)))", {Feature.MULTI_VALUE}),
        (
            "(func (block (param i32) (drop)) (unreachable))",
            {Feature.MULTI_VALUE},
        ),
        ("(global i32 (i32.sub (i32.const 1) (i32.const 2)))", {CONSTANTS}),
        ("(func (drop (i32.add (i32.const 1) (i32.const 2))))", set()),
        ('(data "passive")', {BULK}),
        ("(func) (elem func 0)", {BULK}),
        ("(memory 1) (func (memory.fill (unreachable)))", {BULK}),
        ("(func) (elem declare func 0)", {BULK, REFERENCES}),
        ("(elem funcref (ref.null func))", {BULK, REFERENCES}),
        ("(global funcref (ref.null func))", {REFERENCES}),
        ("(func (param externref))", {REFERENCES}),
        ("(func (local funcref))", {REFERENCES}),
        ("(table 1 externref)", {REFERENCES}),
        ("(table 1 funcref) (table 1 funcref)", {REFERENCES}),
        ('(import "a" "b" (global externref))', {REFERENCES}),
        ("(func (block (result externref) unreachable) drop)", {REFERENCES}),
        ("(func (drop (select (result i32) (unreachable))))", {REFERENCES}),
        (
            "(table 1 funcref) (table 1 funcref)"
            "(func (call_indirect 1 (i32.const 0)))",
            {REFERENCES},
        ),
    ],
)  # fmt: skip
def test_features_of(fields: str, expected: set[Feature] | None) -> None:
    found = features_used(wat_to_module(f"(module {fields})"))
    assert found == {Feature.MVP} | (expected or set())


def test_constant_expressions_come_in_the_order_of_the_binary_format() -> None:
    module = wat_to_module("""(module (memory 1) (table 2 funcref) (func)
      (data (i32.const 5) "a") (data "passive")
      (elem (i32.const 2) funcref (ref.func 0) (ref.null func))
      (elem (i32.const 3) 0) (elem funcref (ref.func 0))
      (global i32 (i32.const 1)))""")
    assert [expression.code for expression in const_exprs(module)] == [
        *(b"\x41\1\x0b", b"\x41\2\x0b", b"\xd2\0\x0b", b"\xd0\x70\x0b"),
        *(b"\x41\3\x0b", b"\xd2\0\x0b", b"\x41\5\x0b"),
    ]


def test_every_opcode_has_a_slot_of_its_own() -> None:
    slots = {slot_of(info.opcode) for info in OPCODES}
    assert len(slots) == len(OPCODES)
    assert slots < set(SLOTS)
    assert max(SLOTS) < SEARCH_SLOT_COUNT


def test_floats_are_every_instruction_that_takes_or_gives_one() -> None:
    texts = {slot.text for slot in SLOTS.values() if slot.is_float}
    by_name = {info.mnemonic for info in OPCODES if "f32" in info.mnemonic}
    by_name |= {info.mnemonic for info in OPCODES if "f64" in info.mnemonic}
    assert texts == by_name | {"float in a block or select"}


def table(*slots: int) -> bytes:
    return bytes(slot in slots for slot in range(SEARCH_SLOT_COUNT))


def test_first_wanted_instruction_is_found() -> None:
    code = b"\x01\x41\x05\x1a\xfc\x0a\x00\x00\x0b"
    assert find_instruction(code, table(0x1A, 0x0B)) == (3, 0x1A)
    assert find_instruction(code, table(256 + 0x0A)) == (4, 256 + 0x0A)
    # The 05 is an immediate.
    assert find_instruction(code, table(0x05)) is None


def test_search_ends_at_bytes_that_are_no_instruction() -> None:
    assert find_instruction(b"\x01\xff\x1a", table(0x1A)) is None
    seen = bytearray(SEARCH_SLOT_COUNT)
    mark_instructions(b"\x01\xff\x1a", seen)
    assert seen == table(0x01)


def test_tables_of_another_size_are_refused() -> None:
    with pytest.raises(ValueError, match="another size"):
        find_instruction(b"\x01", bytes(5))
    with pytest.raises(ValueError, match="another size"):
        mark_instructions(b"\x01", bytearray(5))
