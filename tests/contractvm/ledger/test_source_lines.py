"""Source lines from DWARF, compared with wasm-tools, and from garbage."""

import re
import tempfile
from collections import Counter
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest
from msgspec import structs

from contractvm.ledger.source_lines import SourceLines
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import CustomSection, Module
from examples.wasm_compiler import compile_module
from tests.helpers.examples import EXAMPLES
from tests.helpers.wasm_tools import run_wasm_tools


@lru_cache(maxsize=1)
def debug_build() -> bytes:
    """The keccak example with its debug information; compiled once."""
    pytest.importorskip("ziglang")
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder, "keccak.wasm")
        source = EXAMPLES / "keccak" / "keccak.c"
        compile_module(source, output, Path(folder), keeps_debug=True)
        return output.read_bytes()


@pytest.mark.slow
def test_lines_are_those_of_wasm_tools() -> None:
    module = decode_module(debug_build())
    lines = SourceLines.of_module(module)
    assert lines is not None
    offsets = [
        func.offset - module.code_offset + position
        for func in module.funcs
        for position in range(0, len(func.code), 3)
    ]
    done = run_wasm_tools(
        ["addr2line", "--code-section-relative", "-", *map(hex, offsets)],
        debug_build(),
    )
    assert done.returncode == 0, done.stderr
    innermost = re.findall(r"^0x[0-9a-f]+: (.*)$", done.stdout.decode(), re.MULTILINE)
    assert len(innermost) == len(offsets)
    known = 0
    for offset, theirs in zip(offsets, innermost, strict=True):
        place = re.search(r"([^ /:]+):(\d+)(?::\d+)?$", theirs)
        ours = lines.line_at(offset)
        if place is None or place[2] == "0":
            assert ours is None
            continue
        assert ours is not None
        assert (ours[0].rpartition("/")[2], ours[1]) == (place[1], int(place[2]))
        known += 1
    assert known > 500


@pytest.mark.slow
def test_damaged_debug_information_gives_lines_or_none_but_no_error() -> None:
    module = decode_module(debug_build())
    endings: Counter[bool] = Counter()
    for name in (".debug_line", ".debug_info", ".debug_abbrev"):
        for position in range(0, 200, 3):
            lines = SourceLines.of_module(damaged(module, name, position))
            endings[lines is None] += 1
            if lines is not None:
                found = list(filter(None, map(lines.line_at, range(2_000))))
                assert all(file and line > 0 for file, line in found)
    assert endings.total() == 3 * 67
    assert endings[False] > 0


def damaged(module: Module, name: str, position: int) -> Module:
    """The module with a byte of one custom section changed."""
    sections = []
    for section in module.custom_sections:
        payload = bytearray(section.payload)
        if section.name == name:
            payload[position] ^= 0xFF
        sections.append(structs.replace(section, payload=bytes(payload)))
    return replace(module, custom_sections=tuple(sections))


# Each with something that once could have kept a reader busy forever.
GARBAGE = (
    b"",
    b"\0",
    b"\xff" * 64,
    bytes(range(256)),
    # Version 5, no format for folders, 2^63 of them.
    b"\x40\0\0\0\5\0\4\0\x20\0\0\0\1\1\1\xfb\x0e\x01\0" + b"\xff" * 9 + b"\x01",
)


@pytest.mark.parametrize("line_table", GARBAGE)
@pytest.mark.parametrize("info", GARBAGE)
def test_garbage_gives_no_lines(line_table: bytes, info: bytes) -> None:
    sections = (
        CustomSection(".debug_line", line_table, 0),
        CustomSection(".debug_info", info, 0),
        CustomSection(".debug_abbrev", info, 0),
    )
    assert SourceLines.of_module(Module(custom_sections=sections)) is None


def test_module_without_debug_information_has_no_lines() -> None:
    assert SourceLines.of_module(Module()) is None


def test_rows_are_found_by_address_and_line_0_is_no_line() -> None:
    lines = SourceLines([(10, "a.c", 3), (12, "a.c", 0), (14, "b.c", 7), (20, "", 0)])
    found = {offset: lines.line_at(offset) for offset in (9, 10, 11, 12, 14, 19, 20)}
    assert found == {
        9: None,
        10: ("a.c", 3),
        11: ("a.c", 3),
        12: None,
        14: ("b.c", 7),
        19: ("b.c", 7),
        20: None,
    }
