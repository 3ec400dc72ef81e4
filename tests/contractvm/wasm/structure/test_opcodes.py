import re

import pytest

from contractvm.wasm.structure.opcodes import (
    BY_MNEMONIC,
    BY_OPCODE,
    OPCODES,
    Feature,
    Immediate,
)
from tests.helpers.vectors import REPOSITORY

READER_HEADER = (
    REPOSITORY / "contractvm" / "wasm" / "structure" / "instruction_reader.pxd"
)


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
