import re
from pathlib import Path

import pytest

from contractvm.wasm.structure.opcodes import (
    BY_MNEMONIC,
    BY_OPCODE,
    OPCODES,
    PLAIN_SLOTS,
    SLOT_COUNT,
    Feature,
    Immediate,
    slot_of,
)
from contractvm.wasm.structure.opcodes_generator import constant_name, generate_opcodes
from contractvm.wasm.structure.types import ValType
from tests.helpers.source_tree import ROOT, source_files
from tests.helpers.vectors import REPOSITORY

OPCODES_HEADER = REPOSITORY / "contractvm/wasm/structure/opcodes.pxd"
READER_HEADER = REPOSITORY / "contractvm/wasm/structure/instruction_reader.pxd"


def test_every_opcode_and_every_mnemonic_has_one_row() -> None:
    assert len(BY_OPCODE) == len(BY_MNEMONIC) == len(OPCODES)


def test_table_is_webassembly_2_without_simd() -> None:
    one_byte = [info for info in OPCODES if info.opcode < 256]
    prefixed = [info.opcode for info in OPCODES if info.opcode >= 256]
    assert len(one_byte) == 183
    assert prefixed == [0xFC00 | number for number in range(18)]


def test_kinds_of_immediates_in_c_are_those_of_the_table() -> None:
    found = re.findall(r"    IMM_(\w+) = (\d+)\n", READER_HEADER.read_text())
    assert {name: int(number) for name, number in found} == {
        immediate.name: immediate.value for immediate in Immediate
    }


def test_slots_are_the_bytes_and_then_the_prefixed_numbers() -> None:
    slots = [slot_of(info.opcode) for info in OPCODES]
    assert len(set(slots)) == len(OPCODES)
    assert max(slots) + 1 == SLOT_COUNT == 274
    assert slot_of(0xC4) == 0xC4
    assert slot_of(0xFC00) == PLAIN_SLOTS == 256
    assert slot_of(0xFC11) == 273


def test_the_numbers_of_compiled_code_are_those_of_the_table() -> None:
    text = generate_opcodes()
    assert OPCODES_HEADER.read_text() == text
    numbers = {
        name: int(number, 0)
        for name, number in re.findall(r"    (\w+) = (\w+)\n", text)
    }
    expected = {constant_name(info.mnemonic): info.opcode for info in OPCODES}
    expected |= {f"TYPE_{val_type.name}": val_type.value for val_type in ValType}
    expected |= {"PREFIX": 0xFC, "PREFIXED_OPCODES": 0xFC00, "PREFIXED_COUNT": 18}
    expected |= {"PLAIN_SLOTS": 256, "SLOT_COUNT": 274}
    assert numbers == expected


@pytest.mark.parametrize(
    ("mnemonic", "name"),
    [
        ("i32.add", "OP_I32_ADD"),
        ("select t", "OP_SELECT_T"),
        ("i64.trunc_sat_f64_u", "OP_I64_TRUNC_SAT_F64_U"),
    ],
)
def test_constants_are_named_by_their_mnemonics(mnemonic: str, name: str) -> None:
    assert constant_name(mnemonic) == name


# Numbers that are no opcodes: bits of LEB128 bytes, and masks.
BITS = re.compile(
    r"[&|]=? 0x(?:7F|80|F0|FF|40)\b|<= 0x7F\b|>= 0x80\b|[<>]=? -?0x40\b|0x7F >>"
)
LITERAL = re.compile(r"\b0x[0-9A-Fa-f]{2}\b|\b0x[Ff][Cc][0-9A-Fa-f]{2}\b|256 \+")
OWN_ENUM = re.compile(r"^\s+(?:OP|TYPE)_\w+ = ")
COMPARED = re.compile(r"opcode (?:==|!=|<=?|>=?|in \() ?-?\d")


def opcode_literals(text: str) -> list[str]:
    """Lines of compiled code that write an opcode's number, not its name."""
    code = re.sub(r'""".*?"""', "", text, flags=re.DOTALL)
    lines = [line.partition("#")[0] for line in code.splitlines()]
    return [
        line.strip()
        for line in lines
        if LITERAL.search(BITS.sub("", line))
        or OWN_ENUM.search(line)
        or COMPARED.search(line)
    ]


@pytest.mark.parametrize(
    "line",
    [
        "if opcode == 0x6A:",
        "return opcode == 106",
        "elif next.opcode in (0x45, OP_IF):",
        "    OP_END = 11",
        "    TYPE_I32 = 0x7F",
        "row = rules[opcode if opcode < 256 else 256 + (opcode & 0xFF)]",
        "out.opcode = 0xFC00 | number",
        "cdef uint8_t[2] CHARGER = [0x23, 0x20]",
    ],
)
def test_a_literal_opcode_is_found(line: str) -> None:
    assert opcode_literals(f'"""Text: 0x6A."""\n# 0x6A\n{line}\n') == [line.strip()]


@pytest.mark.parametrize(
    "line",
    ["out[0] = <uint8_t>(value & 0x7F | 0x80)", "if shift < 64 and byte & 0x40:"],
)
def test_bits_of_numbers_are_no_opcodes(line: str) -> None:
    assert opcode_literals(line) == []


COMPILED = [
    path
    for path in source_files(".pyx", ".pxd")
    if path.parts[0] == "contractvm" and ROOT / path != OPCODES_HEADER
]


@pytest.mark.parametrize("path", COMPILED, ids=str)
def test_no_compiled_file_writes_an_opcode_as_a_number(path: Path) -> None:
    assert opcode_literals((ROOT / path).read_text()) == []


@pytest.mark.parametrize(
    ("mnemonic", "feature"),
    [
        ("i32.add", Feature.MVP),
        ("i64.extend32_s", Feature.SIGN_EXTENSION),
        ("i64.trunc_sat_f64_u", Feature.SATURATING_CONVERSION),
        ("memory.copy", Feature.BULK_MEMORY),
        ("table.grow", Feature.REFERENCE_TYPES),
    ],
)
def test_proposals_are_named(mnemonic: str, feature: Feature) -> None:
    assert BY_MNEMONIC[mnemonic].feature is feature
