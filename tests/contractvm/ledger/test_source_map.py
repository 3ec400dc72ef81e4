"""Source maps: lines of modules without DWARF, and maps that are refused by name."""

import json
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from contractvm.ledger.debug_files import read_debug_build
from contractvm.ledger.debug_info import DebugInfo, code_section
from contractvm.ledger.dwarf.writing import with_lines
from contractvm.ledger.source_map import (
    MAX_MAP_BYTES,
    MalformedSourceMap,
    map_rows,
    with_map_lines,
)
from contractvm.wasm.binary.decoder import decode_module
from tests.helpers.module_bytes import custom
from tests.helpers.vectors import vectors_folder
from tests.helpers.wat import wat_to_wasm

CODE = wat_to_wasm("(module (func nop nop) (func nop))")
MODULE = decode_module(CODE)
START = MODULE.code_offset
FIRST, LAST = (func.offset for func in MODULE.funcs)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"


def vlq(*numbers: int) -> str:
    text = ""
    for number in numbers:
        left = abs(number) << 1 | (number < 0)
        while left > 31:
            text += ALPHABET[left & 31 | 32]
            left >>= 5
        text += ALPHABET[left]
    return text


def source_map(mappings: str, **changes: Any) -> bytes:
    document = {
        "version": 3,
        "sources": ["a.ts", "~lib/b.ts"],
        "names": [],
        "mappings": mappings,
    }
    return json.dumps({**document, **changes}).encode()


# The first func's two instructions, nothing for its end, and the other's.
MAPPINGS = ",".join(
    [
        vlq(FIRST, 0, 6, 4),
        vlq(1, 0, 1, -4),
        vlq(1),
        vlq(LAST - FIRST - 2, 1, -4, 0, 0),
    ]
)


def write(folder: Path, content: bytes, url: bytes | None = b"./m.wasm.map") -> Path:
    path = folder / "m.wasm"
    name = b"" if url is None else bytes([len(url)]) + url
    path.write_bytes(CODE + (b"" if url is None else custom("sourceMappingURL", name)))
    folder.joinpath("m.wasm.map").write_bytes(content)
    return path


@pytest.mark.parametrize("url", [b"./m.wasm.map", b"http://h/x/m.wasm.map", None])
def test_a_map_beside_a_module_has_its_lines(tmp_path: Path, url: bytes | None) -> None:
    build = read_debug_build(write(tmp_path, source_map(MAPPINGS), url))
    lines = DebugInfo.of_code(build).lines
    assert lines is not None
    offsets = [FIRST, FIRST + 1, FIRST + 2, LAST, LAST + 1]
    assert [lines.line_at(offset - START) for offset in offsets] == [
        ("a.ts", 7),
        ("a.ts", 8),
        None,
        ("~lib/b.ts", 4),
        ("~lib/b.ts", 4),
    ]
    assert code_section(build) == code_section(CODE)


def test_a_map_in_the_module_is_read(tmp_path: Path) -> None:
    data = b"data:application/json;base64," + b64encode(source_map(MAPPINGS))
    content = bytes([len(data) & 0x7F | 0x80, len(data) >> 7]) + data
    path = tmp_path / "m.wasm"
    path.write_bytes(CODE + custom("sourceMappingURL", content))
    lines = DebugInfo.of_code(read_debug_build(path)).lines
    assert lines is not None
    assert lines.line_at(FIRST - START) == ("a.ts", 7)
    path.write_bytes(
        CODE + custom("sourceMappingURL", b"\x20data:application/json;base64,***")
    )
    with pytest.raises(MalformedSourceMap, match=r"m\.wasm: sourceMappingURL: "):
        read_debug_build(path)


@pytest.mark.parametrize(
    "url", [b"/etc/passwd", b"../../../etc/passwd", b"..", b"", b"a\0b", b"x" * 100]
)
def test_a_map_elsewhere_is_not_read(tmp_path: Path, url: bytes) -> None:
    path = write(tmp_path, b"", url)
    tmp_path.joinpath("m.wasm.map").unlink()
    assert read_debug_build(path) == path.read_bytes()


def test_lines_that_are_in_the_module_come_first(tmp_path: Path) -> None:
    path = write(tmp_path, source_map(MAPPINGS))
    debug = with_lines(path.read_bytes(), [(FIRST - START, "c.c", 3)], LAST - START)
    path.write_bytes(debug)
    assert read_debug_build(path) == debug


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "Expecting value"),
        (b"[]", "no JSON object"),
        (b"[" * 200, "nested deeper than 128"),
        (source_map("", version=2), "its version is not 3"),
        (source_map("", sections=[]), "a map of several maps"),
        (json.dumps({"version": 3, "sources": []}).encode(), "`mappings` is no text"),
        (source_map("A;A"), "the map of a module has one line, this has more"),
        (source_map("," * 1_000_000), "more than 1,000,000 segments"),
        (source_map("AAAA", sources=7), "`sources` is no list of up to 10,000"),
        (source_map("", sources=["a"] * 10_001), "`sources` is no list of up to"),
        (source_map("", sources=[7]), "a source is no path of up to 1,024"),
        (source_map("", sources=["a\0"]), "a source is no path of up to 1,024"),
        (source_map("", sources=["a" * 1_025]), "a source is no path of up to 1,024"),
        (source_map("AAAA,AA*A"), "segment 1: '*' is no digit of base 64"),
        (source_map("AAAA,AAAg"), "segment 1: it ends in a number"),
        (source_map("AA"), "segment 0: 2 fields"),
        (source_map("AAAAAA"), "segment 0: 6 fields"),
        (source_map(vlq(1 << 31)), "segment 0: a number has more than 32 bits"),
        (source_map("ggggggggA"), "segment 0: a number has more than 32 bits"),
        (source_map("DAAA"), "segment 0: column -1"),
        (source_map(vlq(0, 0, -1, 0)), "segment 0: line -1"),
        (source_map(vlq(0, -1, 0, 0)), "segment 0: source -1"),
        (source_map(vlq(0, 2, 0, 0)), "segment 0: source 2 of 2"),
        (b" " * MAX_MAP_BYTES + b"!", "more than 16,777,216 bytes"),
        (b'{"version": 3' + b"0" * 5_000 + b"}", "Exceeds the limit"),
    ],
)
def test_a_map_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = write(tmp_path, content)
    with pytest.raises(MalformedSourceMap) as raised:
        read_debug_build(path)
    assert raised.value.name == str(tmp_path / "m.wasm.map")
    assert raised.value.reason.startswith(reason)


def test_numbers_up_to_the_limits_are_read() -> None:
    greatest = (1 << 31) - 1
    rows = map_rows(source_map(vlq(greatest, 1, greatest - 1, 0)), "m")
    assert rows == [(greatest, "~lib/b.ts", greatest)]
    sources = ["a"] * 9_999 + ["b" * 1_024]
    content = source_map(vlq(0, 9_999, 0, 0), sources=sources)
    assert map_rows(content, "m") == [(0, "b" * 1_024, 1)]
    assert len(map_rows(source_map("A," * 999_999 + "A"), "m")) == 1_000_000


def test_paths_lead_nowhere_but_are_shown(tmp_path: Path) -> None:
    sources = ["./a/../../etc/x.ts", "/etc/passwd"]
    content = source_map(",".join([vlq(FIRST, 0, 0, 0), vlq(1, 1, 0, 0)]))
    content = source_map(
        json.loads(content)["mappings"], sources=sources, sourceRoot="./m"
    )
    lines = DebugInfo.of_code(read_debug_build(write(tmp_path, content))).lines
    assert lines is not None
    assert lines.line_at(FIRST - START) == ("../etc/x.ts", 1)
    assert lines.line_at(FIRST + 1 - START) == ("/etc/passwd", 1)


def test_segments_outside_the_code_have_no_place(tmp_path: Path) -> None:
    mappings = ",".join([vlq(3, 0, 0, 0), vlq(len(CODE), 0, 1, 0)])
    build = read_debug_build(write(tmp_path, source_map(mappings)))
    assert DebugInfo.of_code(build).lines is None


def test_a_counter_in_assemblyscript_has_lines(tmp_path: Path) -> None:
    folder = vectors_folder("workbench") / "contracts"
    code = folder.joinpath("as-counter.debug.wasm").read_bytes()
    tmp_path.joinpath("counter.wasm.map").write_bytes(
        folder.joinpath("assemblyscript", "counter.wasm.map").read_bytes()
    )
    path = tmp_path / "as-counter.debug.wasm"
    path.write_bytes(code)
    lines = DebugInfo.of_code(read_debug_build(path)).lines
    assert lines is not None
    assert set(lines.all_lines()) >= {
        ("~lib/polyfills.ts", 16),
        ("../lang/as/counter.ts", 26),
    }


def test_a_module_without_code_has_no_lines() -> None:
    empty = wat_to_wasm("(module)")
    content = source_map(vlq(FIRST, 0, 6, 4))
    assert with_map_lines(empty, decode_module(empty), content, "m.map") == empty


def test_empty_segments_are_nothing() -> None:
    rows = map_rows(source_map(f",{vlq(3, 0, 6, 4)},,{vlq(2)},"), "m.map")
    assert rows == [(3, "a.ts", 7), (5, "", 0)]
