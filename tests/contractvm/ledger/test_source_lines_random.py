"""Source lines compared with pyelftools: random, compiled and damaged tables."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractvm.ledger.dwarf.reading import (
    BASE_WORK,
    WORK_PER_BYTE,
    read_debug_information,
)
from contractvm.ledger.source_lines import debug_sections, read_lines, read_rows
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module
from examples.wasm_compiler import INCLUDE
from tests.helpers.elftools_lines import rows_by_elftools
from tests.helpers.examples import EXAMPLES
from tests.helpers.line_tables import (
    ABBREVIATIONS,
    BASIC_BLOCK,
    CONST_ADD_PC,
    COPY,
    END,
    NEGATE_STMT,
    advance_line,
    advance_pc,
    debug_module,
    entries,
    extended,
    fixed_advance_pc,
    line_table,
    little,
    old_files,
    set_address,
    set_column,
    set_file,
    simple_program,
    simple_unit,
    special,
    uleb,
    unit,
)

FOLDERS = [b"/src", b"/src/lib", b"/usr/include", b"sub"]
NAMES = [b"a.c", b"b.h", b"/abs/c.c", b"\xff\xfe.c"]

steps = st.one_of(
    st.just(COPY),
    st.sampled_from([CONST_ADD_PC, NEGATE_STMT, BASIC_BLOCK]),
    st.builds(special, st.integers(0, 16), st.integers(-5, 8)),
    st.builds(advance_pc, st.integers(0, 70_000)),
    st.builds(fixed_advance_pc, st.integers(0, 65_535)),
    st.builds(advance_line, st.integers(-300, 100_000)),
    st.builds(set_file, st.integers(1, len(NAMES))),
    st.builds(set_column, st.integers(0, 500)),
    st.builds(extended, st.just(4), st.builds(uleb, st.integers(0, 500))),
)
sequence = st.builds(
    lambda address, body: set_address(address) + COPY + b"".join(body) + END,
    st.sampled_from([0, 2, 900, 70_000, 0xFFFFFFFF]) | st.integers(0, 1 << 20),
    st.lists(steps, max_size=12),
)
programs = st.lists(sequence, max_size=4).map(b"".join)
folder_numbers = st.lists(
    st.integers(0, len(FOLDERS) - 1), min_size=len(NAMES), max_size=len(NAMES)
)


@st.composite
def files_of_version_5(draw: st.DrawFn) -> bytes:
    """Folders in place; names in a form that is drawn, in any of the sections."""
    folders = entries([(1, 8)], [folder + b"\0" for folder in FOLDERS])
    numbers = draw(folder_numbers)
    places = [TEXTS.index(name + b"\0") for name in NAMES]
    form, values = draw(
        st.sampled_from(
            [
                (0x08, [name + b"\0" for name in NAMES]),
                (0x0E, [little(place, 4) for place in places]),
                (0x1F, [little(place, 4) for place in places]),
            ]
        )
    )
    with_hash = draw(st.booleans())
    entry_format = [(1, form), (2, 0x0B)] + [(5, 0x1E)] * with_hash
    files = [
        value + bytes([number]) + bytes(16 * with_hash)
        for value, number in zip(values, numbers, strict=True)
    ]
    # Number 0 too, so that the numbers are those of the older versions.
    return folders + entries(entry_format, [files[0], *files])


TEXTS = b"unused\0" + b"".join(name + b"\0" for name in NAMES)
UNIT_5_ABBREVIATIONS = b"\1\x11\0\x10\x17\x1b\x08\x13\x0b\x03\x0e\0\0\0"


@st.composite
def modules(draw: st.DrawFn) -> Module:
    """Up to three units with a table each, all of one version."""
    version = draw(st.integers(2, 5))
    tables, units = b"", b""
    for _ in range(draw(st.integers(1, 3))):
        offset = little(len(tables), 4)
        wide = version < 5 and draw(st.booleans())
        if version == 5:
            files = draw(files_of_version_5())
            units += unit(offset + b"/src\0\0" + bytes(4), version=5)
        else:
            files = old_files(
                FOLDERS[1:], list(zip(NAMES, draw(folder_numbers), strict=True))
            )
            units += simple_unit(len(tables), wide=wide)
        tables += line_table(
            draw(programs),
            files,
            version=version,
            wide=wide,
            instruction_length=draw(st.integers(1, 2)),
        )
    abbreviations = UNIT_5_ABBREVIATIONS if version == 5 else ABBREVIATIONS
    return debug_module(
        tables, info=units, abbrev=abbreviations, str=TEXTS, line_str=TEXTS
    )


@given(modules())
def test_random_tables_give_the_rows_of_pyelftools(module: Module) -> None:
    expected = rows_by_elftools(module)
    assert read_rows(module) == expected
    is_empty = not expected
    fault = "its .debug_line has no lines" if is_empty else None
    assert read_lines(module).fault == fault


@given(
    modules(),
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(0, 255)), max_size=8),
    st.integers(0, 5_000),
    st.sampled_from(["info", "abbrev", "line", "str", "line_str"]),
)
def test_damaged_tables_cost_no_more_than_is_allowed(
    module: Module, changes: list[tuple[int, int]], kept: int, name: str
) -> None:
    contents = debug_sections(module)
    damaged = bytearray(contents[f".debug_{name}"])
    for position, byte in changes:
        if damaged:
            damaged[position % len(damaged)] = byte
    contents[f".debug_{name}"] = bytes(damaged[: kept or None])
    reading = read_debug_information(contents)
    size = sum(map(len, contents.values()))
    assert reading.work_done <= BASE_WORK + WORK_PER_BYTE * size
    assert len(reading.rows.addresses) <= 2 * len(contents[".debug_line"])
    for start, end in reading.rows.sequences:
        addresses = list(reading.rows.addresses[start:end])
        assert addresses == sorted(addresses)


@given(st.lists(st.binary(max_size=300), min_size=6, max_size=6))
def test_any_bytes_are_read_without_an_error(contents: list[bytes]) -> None:
    names = ("line", "info", "abbrev", "str", "line_str", "str_offsets")
    named = dict(zip(names, contents, strict=True))
    line = named.pop("line")
    # With a header that is right, and without.
    for table in (line, line_table(line), line_table(line, line, version=5)):
        lines = read_lines(debug_module(table, **named)).lines
        found = None if lines is None else lines.line_at(0)
        assert found is None or found[1] > 0


def test_a_byte_changed_in_one_table_never_reaches_the_others() -> None:
    tables = [line_table(simple_program(address)) for address in (16, 200, 70)]
    offsets = [0, len(tables[0]), len(tables[0]) + len(tables[1])]
    info = b"".join(map(simple_unit, offsets))
    others = {16: ("a.c", 7), 20: ("a.c", 8), 70: ("a.c", 7), 74: ("a.c", 8)}
    program = len(tables[1]) - len(simple_program(200))
    for position in range(program):  # in the program an address may change
        for bit in range(8):
            middle = bytearray(tables[1])
            middle[position] ^= 1 << bit
            line = tables[0] + bytes(middle) + tables[2]
            found = read_lines(
                debug_module(line, info=info, abbrev=ABBREVIATIONS)
            ).lines
            assert found is not None
            assert {offset: found.line_at(offset) for offset in others} == others


SOURCES = (
    EXAMPLES / "keccak" / "keccak.c",
    EXAMPLES.parent / "benchmarks" / "kernels" / "secp256k1.c",
)


def compiled(folder: Path, version: int, level: int, kind: str) -> Iterator[bytes]:
    """The sources with debug information of a version, from the examples' compiler."""
    cache = {f"ZIG_{name}_CACHE_DIR": str(folder) for name in ("GLOBAL", "LOCAL")}
    for source in SOURCES:
        output = folder / f"{source.stem}.wasm"
        command = [
            *(sys.executable, "-m", "ziglang", "cc", "-std=c23", f"-I{INCLUDE}"),
            *("-target", "wasm32-freestanding", "-nostdlib", "-Wl,--no-entry"),
            *(
                f"-O{level}",
                "-g",
                f"-gdwarf-{version}",
                kind,
                "-fno-sanitize=undefined",
            ),
            *(str(source), str(INCLUDE / "memory.c"), "-o", str(output)),
        ]
        subprocess.run(command, check=True, env={**os.environ, **cache}, cwd=folder)
        yield output.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["-g", "-gsplit-dwarf", "-gline-tables-only"])
@pytest.mark.parametrize("level", [0, 1, 2])
def test_compilers_tables_give_the_rows_of_pyelftools(
    tmp_path: Path, level: int, kind: str
) -> None:
    pytest.importorskip("ziglang")
    found = {}
    for version in (4, 5):
        for number, code in enumerate(compiled(tmp_path, version, level, kind)):
            module = decode_module(code)
            rows = read_rows(module)
            assert rows == rows_by_elftools(module)
            assert read_lines(module).fault is None
            assert len(rows) > 200
            found[version, number] = rows
    # The same code from the same source: the same lines in both versions.
    for number in range(len(SOURCES)):
        assert found[4, number] == found[5, number]
