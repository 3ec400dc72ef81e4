"""Damaged or hostile debug information: what is kept, and the cost of reading.

Costs are counted, not timed. The allowance is 1,000,000 and 4 for each byte; what is
linear by construction stays at one or two a byte, far below it.
"""

from dataclasses import replace
from pathlib import Path

import pytest

from contractvm.ledger.dwarf.line_table import MAX_PATH
from contractvm.ledger.dwarf.reading import (
    BASE_WORK,
    WORK_PER_BYTE,
    Reading,
    read_debug_information,
)
from contractvm.ledger.source_lines import debug_sections, read_lines, read_rows
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import CustomSection, Module
from tests.helpers.line_tables import (
    ABBREVIATIONS,
    COPY,
    END,
    OPCODE_LENGTHS,
    advance_pc,
    debug_module,
    entries,
    extended,
    line_table,
    little,
    old_files,
    prefixed,
    set_address,
    set_file,
    simple_program,
    simple_unit,
    special,
    uleb,
    unit,
)
from tests.helpers.vectors import vectors_path

FOUND = vectors_path("").parent / "found"
SIMPLE_ROWS = [(16, "a.c", 7), (20, "a.c", 8), (22, "", 0)]
USED_UP = "it takes more work than debug information of its size does"
ENDLESS = b"\xff" * 8 + b"\x7f"
HEADER_5 = b"\5\0\4\0"


def reading_of(module: Module) -> Reading:
    """What was read; the allowance holds for every module of these tests."""
    contents = debug_sections(module)
    reading = read_debug_information(contents)
    size = sum(map(len, contents.values()))
    assert reading.work_done <= BASE_WORK + WORK_PER_BYTE * size
    return reading


def found_module(name: str) -> Module:
    path = Path(FOUND, name)
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return decode_module(path.read_bytes())


# What was reported


@pytest.mark.parametrize(
    ("name", "count"), [("one_4", 5), ("one_5", 5), ("two_4", 9), ("two_5", 9)]
)
def test_dwarf_5_has_the_lines_of_dwarf_4(name: str, count: int) -> None:
    module = found_module(f"dwarf5/{name}.wasm")
    rows = read_rows(module)
    assert len(rows) == count
    assert rows == read_rows(found_module(f"dwarf5/{name[:-1]}4.wasm"))
    assert read_lines(module).fault is None


def test_unit_whose_code_is_in_ranges_has_lines() -> None:
    # DW_AT_ranges as a number in .debug_rnglists, as clang writes for two functions.
    abbreviations = b"\1\x11\0\x55\x23\x10\x17\x1b\x08\0\0\0"
    info = unit(b"\0" + little(0, 4) + b"/src\0", version=5)
    module = debug_module(
        line_table(simple_program(), version=5), info=info, abbrev=abbreviations
    )
    assert read_rows(module) == SIMPLE_ROWS


def test_module_on_which_reading_never_ended_is_read_in_a_few_steps() -> None:
    reading = reading_of(found_module("security/slow_dwarf.wasm"))
    assert reading.work_done < 100
    assert reading.fault == (
        "line table at byte 0 of .debug_line: nothing is known of version 64257"
    )


# What is kept


def test_damaged_table_leaves_the_others_their_lines() -> None:
    tables = [line_table(simple_program(address)) for address in (40, 16, 70)]
    bad = bytearray(tables[0])
    bad[4] = 9
    reading = read_lines(debug_module(bytes(bad) + tables[1] + tables[2]))
    assert reading.lines is not None
    assert reading.fault == (
        "line table at byte 0 of .debug_line: nothing is known of version 9"
    )
    found = [reading.lines.line_at(offset) for offset in (16, 20, 40, 70)]
    assert found == [("a.c", 7), ("a.c", 8), None, ("a.c", 7)]


@pytest.mark.parametrize("length", [0, 5, 0x4000, 0xFFFFFFF0, 0xFFFFFFFF])
def test_table_of_a_wrong_length_leaves_those_that_units_name(length: int) -> None:
    first, second = line_table(simple_program(40)), line_table(simple_program())
    line = little(length, 4) + first[4:] + second
    units = simple_unit(0) + simple_unit(len(first))
    module = debug_module(line, info=units, abbrev=ABBREVIATIONS)
    assert [row for row in read_rows(module) if row[0] < 40] == SIMPLE_ROWS
    assert read_lines(module).fault is not None


def test_table_that_is_cut_short_keeps_its_lines_up_to_there() -> None:
    table = line_table(simple_program() + simple_program(40))
    module = debug_module(table[:-5])
    assert read_rows(module) == [
        *SIMPLE_ROWS,
        (40, "a.c", 7),
        (44, "a.c", 8),
        (44, "", 0),
    ]
    assert read_lines(module).fault == (
        "line table at byte 0 of .debug_line: it ends within a sequence"
    )


def test_damaged_units_leave_the_lines_and_cost_the_folders_only() -> None:
    files = old_files([b"/src/lib"], [(b"a.c", 1)])
    line = line_table(simple_program(), files)
    whole = simple_unit(0)
    module = debug_module(line, info=whole[:4] + b"\7" + whole[5:], abbrev=b"")
    assert read_rows(module)[0] == (16, "/src/lib/a.c", 7)
    assert read_lines(module).fault == (
        "unit at byte 0 of .debug_info: nothing is known of version 7"
    )


def test_missing_section_costs_what_is_in_it_only() -> None:
    folders = entries([(1, 8)], [b"\0"])
    paths = entries([(1, 0x0E)], [little(0, 4)] * 2)
    tables = line_table(simple_program(40), folders + paths, version=5)
    tables += line_table(simple_program(), version=5)
    module = debug_module(tables)
    assert read_rows(module) == [*SIMPLE_ROWS, (40, "", 0), (44, "", 0), (46, "", 0)]
    assert read_lines(module).fault == (
        "line table at byte 0 of .debug_line: the module has no .debug_str"
    )


def test_sequence_whose_addresses_fall_is_left_out_alone() -> None:
    falling = set_address(60) + COPY + set_address(50) + COPY + END
    module = debug_module(line_table(falling + simple_program()))
    assert read_rows(module) == SIMPLE_ROWS
    assert read_lines(module).fault == (
        "line table at byte 0 of .debug_line: the addresses of a sequence fall"
    )


@pytest.mark.parametrize(
    "addresses", [(60, 50, 55), (60, 50, 70), (60, 1 << 32, 70), (60, 70, 65)]
)
def test_addresses_that_fall_and_rise_again_are_no_better(
    addresses: tuple[int, ...],
) -> None:
    rows = b"".join(set_address(address, 8) + COPY for address in addresses)
    falling = rows + set_address(90) + END
    module = debug_module(line_table(falling + simple_program()))
    assert read_rows(module) == SIMPLE_ROWS
    # None of a sequence that is left out takes memory.
    assert list(reading_of(module).rows.addresses) == [16, 20, 22]
    assert read_lines(module).fault == (
        "line table at byte 0 of .debug_line: the addresses of a sequence fall"
    )


@pytest.mark.parametrize(
    ("end", "is_whole"),
    [(59, False), (60, True), (2**32 - 1, True), (2**32, False)],
)
def test_a_sequence_ends_at_its_last_row_or_later(end: int, is_whole: bool) -> None:
    program = set_address(60, 8) + COPY + set_address(end, 8) + END
    module = debug_module(line_table(program))
    assert list(reading_of(module).rows.addresses) == ([60, end] if is_whole else [])
    fault = "line table at byte 0 of .debug_line: the addresses of a sequence fall"
    assert read_lines(module).fault == (None if is_whole else fault)


def test_several_faults_are_counted() -> None:
    bad = line_table(simple_program(), line_range=0)
    fault = read_lines(debug_module(bad * 3)).fault
    assert fault == (
        "line table at byte 0 of .debug_line: its line range is 0; and 2 more faults"
    )


def test_zeros_between_tables_are_no_fault() -> None:
    table = line_table(simple_program())
    module = debug_module(bytes(8) + table + bytes(4) + line_table(simple_program(40)))
    assert len(read_rows(module)) == 6
    assert read_lines(module).fault is None


def test_unit_that_names_a_table_outside_is_a_fault() -> None:
    info = simple_unit(5000)
    module = debug_module(line_table(simple_program()), info=info, abbrev=ABBREVIATIONS)
    assert read_rows(module) == SIMPLE_ROWS
    assert read_lines(module).fault == (
        "unit at byte 0 of .debug_info: its line table would be at byte 5000 of"
        " .debug_line, past its end"
    )


def test_value_that_goes_on_after_its_unit_is_a_fault() -> None:
    """The next unit's bytes would end the text, and its own folder is not lost."""
    whole = simple_unit(0)
    cut = prefixed(whole[4:-1], wide=False)
    tables = line_table(simple_program()), line_table(simple_program(40))
    info = cut + simple_unit(len(tables[0]), b"/src")
    module = debug_module(b"".join(tables), info=info, abbrev=ABBREVIATIONS)
    assert [row[0] for row in read_rows(module)] == [16, 20, 22, 40, 44, 46]
    assert read_lines(module).fault == (
        "unit at byte 0 of .debug_info: a text has no end"
    )


def test_module_with_other_sections_only_has_no_line_table() -> None:
    module = debug_module(None, info=simple_unit(0), abbrev=ABBREVIATIONS)
    assert read_lines(module).lines is None
    assert read_lines(module).fault == "it has no .debug_line"
    assert read_lines(Module()).fault is None


@pytest.mark.parametrize(
    ("name", "payload", "fault"),
    [
        (
            "external_debug_info",
            b"\x0dtoken.debug.w",
            "its debug information is in another file: 'token.debug.w'",
        ),
        (
            "sourceMappingURL",
            b"\x05a.map",
            "its debug information is in a source map: 'a.map'",
        ),
        (
            "sourceMappingURL",
            b"\x09a.map",
            "its debug information is in a source map",
        ),
        (
            "external_debug_info",
            b"\xac\2" + b"x" * 300,
            f"its debug information is in another file: '{'x' * 256}'",
        ),
        (".debug_line.dwo", b"", "it has .debug_line.dwo and no .debug_line"),
        (".zdebug_line", b"", "it has .zdebug_line and no .debug_line"),
        (".debug_loc", b"", "it has .debug_loc and no .debug_line"),
        ("debug", b"", None),
        ("name", b"", None),
    ],
)
def test_debug_information_that_is_elsewhere_is_not_said_to_be_absent(
    name: str, payload: bytes, fault: str | None
) -> None:
    module = Module(custom_sections=(CustomSection(name, payload, 0),))
    found = read_lines(module)
    assert (found.lines, found.fault) == (None, fault)


def test_lines_that_are_here_are_read_whatever_is_elsewhere() -> None:
    module = debug_module(line_table(simple_program()))
    other = CustomSection("external_debug_info", b"\1a", 0)
    both = replace(module, custom_sections=(*module.custom_sections, other))
    assert read_rows(both) == SIMPLE_ROWS
    assert read_lines(both).fault is None


@pytest.mark.parametrize("version", [4, 5])
def test_many_tables_of_the_same_headers_are_read_in_full(version: int) -> None:
    # As a large program in C++ has them: its units share 100 long names.
    folder, count, tables = b"f" * 100, 100, 400
    headers = [b"%03d.hpp" % number for number in range(count)]
    texts = folder + b"\0" + b"".join(header + b"\0" for header in headers)
    if version == 5:
        places = [little(len(folder) + 1 + 8 * n, 4) + b"\0" for n in range(count)]
        files = entries([(1, 0x1F)], [little(0, 4)])
        files += entries([(1, 0x1F), (2, 0x0B)], places)
    else:
        files = old_files([folder], [(header, 1) for header in headers])
    first = 0 if version == 5 else 1
    line = b"".join(
        line_table(
            set_address(1 + 200 * table)
            + b"".join(set_file(n + first) + special(1, 0) for n in range(count))
            + advance_pc(1)
            + END,
            files,
            version=version,
        )
        for table in range(tables)
    )
    module = debug_module(line, line_str=texts)
    assert read_lines(module).fault is None
    rows = read_rows(module)
    assert len(rows) == tables * (count + 1)
    assert rows[-2] == (1 + 200 * 399 + 100, f"{'f' * 100}/099.hpp", 1)


# What is refused


@pytest.mark.parametrize(
    ("tables", "reason"),
    [
        (b"\0" + ENDLESS, "it has more folders or files than bytes"),
        (b"\0" + uleb(40) + bytes(64), "its folders or files take no bytes"),
        (b"\1\1\x1f" + ENDLESS, "it has more folders or files than bytes"),
        (b"\1\1\x1f\0\0" + uleb(9) + bytes(9), "its folders or files take no bytes"),
        (b"\1\1\x1f\0\1\1\x19" + uleb(9) + bytes(9), "its folders or files take no"),
        (b"\1\1\x1f\0\1\1\x21" + uleb(9) + bytes(9), "nothing is known of form 0x21"),
        (b"\1\1\x16\1\x16" + bytes(9), "nothing is known of form 0x16"),
        (b"\1\1" + b"\x80" * 12, "a number has more than 64 bits"),
        (b"\1\1\x08\1abc", "a text has no end"),
        (b"\1\1\x04\1\xff\xff\xff\xff", "it ends within a value"),
    ],
)
def test_files_that_make_no_sense_are_refused(tables: bytes, reason: str) -> None:
    reading = reading_of(debug_module(line_table(b"", tables, version=5)))
    assert f"line table at byte 0 of .debug_line: {reason}" in (reading.fault or "")
    assert reading.work_done < 300


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (line_table(b"")[:12], "its header is longer than the table"),
        (line_table(simple_program(), line_range=0), "its line range is 0"),
        (b"\4\0\0\0\4\0\0\0", "it ends within a value"),
        (b"\6\0\0\0\4\0\xff\0\0\0", "its header is longer than the table"),
        (line_table(b"\0\x20\1"), "an instruction is longer than the table"),
        (line_table(b"\0\4\3abc"), "a text has no end"),
        (line_table(b"\2" + b"\x80" * 11), "a number has more than 64 bits"),
        (line_table(b"\3\x80"), "it ends in a number"),
        (b"\xf5\xff\xff\xff", "its length is a reserved number"),
    ],
)
def test_tables_that_make_no_sense_are_refused(table: bytes, reason: str) -> None:
    fault = reading_of(debug_module(table)).fault
    assert fault == f"line table at byte 0 of .debug_line: {reason}"


def test_machine_with_operations_in_parallel_and_opcodes_from_0_are_refused() -> None:
    table = bytearray(line_table(simple_program()))
    table[11] = 4
    fault = reading_of(debug_module(bytes(table))).fault
    assert fault is not None
    assert "several operations an instruction" in fault
    table[11], table[15] = 1, 0
    fault = reading_of(debug_module(bytes(table))).fault
    assert fault is not None
    assert "its first special opcode is 0" in fault


# What it costs

SIZE = 20_000
BEGIN, CLOSE = set_address(16), advance_pc(1) + END
TINY_UNIT = unit(b"")
STMT_LIST_ONLY = b"\1\x11\0\x10\x17\0\0\0"
MANY_FILES = old_files([b"d" * 3000], [(b"%04d" % n, 1) for n in range(5000)])
USE_OF_FILES = b"".join(set_file(n) + special(1, 0) for n in range(1, 5000))
OVERLAPPING = entries([(1, 8)], [b"\0"]) + entries(
    [(1, 0x0E)], [little(offset, 4) for offset in range(5000)]
)
FLAGS = entries([(1, 8)], [b"\0"]) + entries(
    [(3, 0x19)] * 250 + [(1, 0x0B)], [b"\0"] * SIZE
)

LINEAR = {
    "rows": debug_module(line_table(BEGIN + special(0, 1) * SIZE + CLOSE)),
    "copies": debug_module(line_table(BEGIN + COPY * SIZE + CLOSE)),
    "sequences": debug_module(line_table(simple_program() * (SIZE // 20))),
    "tables": debug_module(line_table(simple_program()) * (SIZE // 50)),
    "nothing": debug_module(bytes(SIZE)),
    "tables of no use": debug_module(b"\1\0\0\0\0" * (SIZE // 5)),
    "unknown opcodes": debug_module(line_table(extended(0x80) * (SIZE // 3))),
    "lengths of 0": debug_module(line_table(b"\0\0" * (SIZE // 2))),
    "files defined without an end": debug_module(line_table(b"\0\2\3a" * (SIZE // 4))),
    "many numbers": debug_module(
        line_table(b"\x0d" + bytes(255), opcode_lengths=OPCODE_LENGTHS + b"\xff")
    ),
    "files": debug_module(line_table(b"", old_files([], [(b"a", 0)] * (SIZE // 4)))),
    "units of one table": debug_module(
        line_table(simple_program()),
        info=simple_unit(0) * (SIZE // 20),
        abbrev=ABBREVIATIONS,
    ),
    "units of tables everywhere": debug_module(
        line_table(simple_program()) * (SIZE // 50),
        info=b"".join(unit(little(offset, 4)) for offset in range(SIZE // 16)),
        abbrev=STMT_LIST_ONLY,
    ),
    "tables of tables": debug_module(
        b"".join(little(SIZE - 4 * n, 4) for n in range(SIZE // 4)),
        info=b"".join(unit(little(4 * n, 4)) for n in range(SIZE // 16)),
        abbrev=STMT_LIST_ONLY,
    ),
}


@pytest.mark.parametrize("name", LINEAR)
def test_work_is_linear_in_the_bytes(name: str) -> None:
    size = sum(map(len, debug_sections(LINEAR[name]).values()))
    assert reading_of(LINEAR[name]).work_done <= 2 * size


START = "byte 0 of .debug_info"

# More work than any allowance: the sizes multiply.
BOMBS = {
    "a long folder of many files": debug_module(
        line_table(BEGIN + USE_OF_FILES + CLOSE, MANY_FILES)
    ),
    "names that overlap": debug_module(
        line_table(BEGIN + USE_OF_FILES + CLOSE, OVERLAPPING, version=5),
        str=b"x" * SIZE,
    ),
    "files of flags": debug_module(line_table(b"", FLAGS, version=5)),
}
# Abbreviations that each unit goes through, and the fault that comes first.
UNIT_BOMBS = [
    (b"\1\x11\0" + b"\3\x19" * SIZE + b"\0\0\0", f"what is at {START}: {USED_UP}"),
    (
        b"\2\x11\0\0\0" * SIZE,
        f"unit at {START}: it ends in a number; and 7 more faults",
    ),
]


@pytest.mark.parametrize("name", BOMBS)
def test_work_that_multiplies_ends_with_the_allowance(name: str) -> None:
    module = BOMBS[name]
    reading = reading_of(module)
    assert reading.fault == f"line table at byte 0 of .debug_line: {USED_UP}"
    size = sum(map(len, debug_sections(module).values()))
    # Nothing that costs more than its text is done at once.
    assert reading.work_done > BASE_WORK + WORK_PER_BYTE * size - 5000
    made = sum(map(len, reading.rows.names))
    assert made + len(reading.rows.addresses) <= reading.work_done


def test_rows_read_before_the_allowance_ended_are_kept() -> None:
    rows = read_rows(BOMBS["a long folder of many files"])
    assert rows[0] == (17, "..." + ("d" * 3000 + "/0000")[3 - MAX_PATH :], 1)
    assert len(rows[0][1]) == MAX_PATH
    assert len(rows) == 399
    last = rows[0][1].replace("/0000", "/0397")
    assert rows[-2:] == [(414, last, 1), (414, "", 0)]


@pytest.mark.parametrize(("abbreviations", "fault"), UNIT_BOMBS)
def test_work_on_units_leaves_half_of_the_allowance_for_the_lines(
    abbreviations: bytes, fault: str
) -> None:
    line = line_table(simple_program())
    module = debug_module(line, info=TINY_UNIT * 2000, abbrev=abbreviations)
    reading = reading_of(module)
    assert reading.fault == fault
    size = sum(map(len, debug_sections(module).values()))
    allowed = BASE_WORK + WORK_PER_BYTE * size
    assert allowed // 2 - 1000 < reading.work_done < allowed // 2 + 1000
    assert read_rows(module) == SIMPLE_ROWS
