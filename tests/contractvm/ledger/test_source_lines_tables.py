"""Rows of line tables written by hand, of every version, form and opcode."""

import pytest

from contractvm.ledger.source_lines import read_lines, read_rows
from tests.helpers.elftools_lines import rows_by_elftools
from tests.helpers.line_tables import (
    ABBREVIATIONS,
    BASIC_BLOCK,
    CONST_ADD_PC,
    COPY,
    END,
    EPILOGUE_BEGIN,
    NEGATE_STMT,
    OPCODE_LENGTHS,
    PROLOGUE_END,
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
    set_isa,
    simple_program,
    simple_unit,
    special,
    uleb,
    unit,
)

SIMPLE_ROWS = [(16, "a.c", 7), (20, "a.c", 8), (22, "", 0)]


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("version", [2, 3, 4, 5])
def test_every_version_gives_the_same_rows(version: int, wide: bool) -> None:
    table = line_table(simple_program(), version=version, wide=wide)
    module = debug_module(table)
    assert read_rows(module) == SIMPLE_ROWS
    assert read_lines(module).fault is None


def test_every_standard_opcode_does_what_it_says() -> None:
    program = b"".join(
        [
            set_address(16),
            set_column(300) + NEGATE_STMT + BASIC_BLOCK + PROLOGUE_END,
            advance_line(100) + COPY,
            advance_pc(200) + set_file(2) + advance_line(-70) + COPY,
            CONST_ADD_PC + EPILOGUE_BEGIN + set_isa(5) + COPY,
            fixed_advance_pc(1000) + COPY,
            special(3, -5) + special(17, -1),
            advance_pc(1) + END,
        ]
    )
    files = old_files([b"lib", b"/usr"], [(b"a.c", 1), (b"b.h", 2), (b"/c.c", 1)])
    # 255 - 13 = 17 * 14 + 4: an opcode of 255 goes 17 addresses on.
    assert read_rows(debug_module(line_table(program, files))) == [
        (16, "lib/a.c", 101),
        (216, "/usr/b.h", 31),
        (233, "/usr/b.h", 31),
        (1233, "/usr/b.h", 31),
        (1236, "/usr/b.h", 26),
        (1253, "/usr/b.h", 25),
        (1254, "", 0),
    ]


def test_instructions_of_two_bytes_double_what_is_counted_in_instructions() -> None:
    program = b"".join(
        [
            set_address(16) + advance_pc(3) + COPY,
            special(2, 1) + CONST_ADD_PC + COPY,
            fixed_advance_pc(7) + END,
        ]
    )
    module = debug_module(line_table(program, instruction_length=2))
    assert read_rows(module) == [
        (22, "a.c", 1),
        (26, "a.c", 2),
        (60, "a.c", 2),
        (67, "", 0),
    ]


def test_unknown_opcodes_are_passed_over_by_their_lengths() -> None:
    program = b"".join(
        [
            set_address(16) + extended(0x80, b"\1\2\3") + extended(4, uleb(9)),
            b"\x0d" + uleb(1000) + uleb(5) + b"\x0e",  # 13 has two numbers, 14 none
            # 15 is the first special opcode: one line on, no address.
            bytes([15 + 5 + 1]) + advance_pc(1) + END,
        ]
    )
    table = line_table(program, opcode_lengths=OPCODE_LENGTHS + b"\2\0")
    assert read_rows(debug_module(table)) == [(16, "a.c", 2), (17, "", 0)]


def test_opcodes_that_a_table_has_no_room_for_are_special() -> None:
    # Version 2 of some compilers stops at opcode 9: 10 is special there.
    program = set_address(16) + bytes([10 + 5 + 3]) + advance_pc(1) + END
    table = line_table(program, opcode_lengths=OPCODE_LENGTHS[:9])
    assert read_rows(debug_module(table)) == [(16, "a.c", 4), (17, "", 0)]


@pytest.mark.parametrize("size", [4, 8])
def test_addresses_are_of_the_size_that_the_instruction_has(size: int) -> None:
    program = set_address(70_000, size) + COPY + advance_pc(1) + END
    rows = [(70_000, "a.c", 1), (70_001, "", 0)]
    assert read_rows(debug_module(line_table(program))) == rows


def test_program_can_define_files_of_its_own() -> None:
    defined = extended(3, b"d.c\0" + uleb(1) + b"\0\0")
    program = set_address(16) + defined + set_file(2) + COPY + advance_pc(1) + END
    table = line_table(program, old_files([b"lib"], [(b"a.c", 0)]))
    assert read_rows(debug_module(table)) == [(16, "lib/d.c", 1), (17, "", 0)]


PATH_FORMS = [
    (0x08, b"c.c\0"),  # in place
    (0x0E, little(5, 4)),  # .debug_str
    (0x1F, little(6, 4)),  # .debug_line_str
    (0x1A, uleb(1)),  # by number, of 1, 1, 2, 3 and 4 bytes
    (0x25, little(1, 1)),
    (0x26, little(1, 2)),
    (0x27, little(1, 3)),
    (0x28, little(1, 4)),
]
FOLDER_FORMS = [
    (0x0B, little(1, 1)),
    (0x05, little(1, 2)),
    (0x06, little(1, 4)),
    (0x07, little(1, 8)),
    (0x0F, uleb(1)),
]
TEXTS = {
    "str": b"zero\0c.c\0",
    "line_str": b"first\0c.c\0",
    # A header of 8 bytes, then two offsets into .debug_str.
    "str_offsets": little(12, 4) + b"\5\0\0\0" + little(0, 4) + little(5, 4),
}


@pytest.mark.parametrize(("path_form", "path"), PATH_FORMS)
@pytest.mark.parametrize(("folder_form", "folder"), FOLDER_FORMS)
def test_files_of_version_5_have_their_names_and_folders_in_any_form(
    path_form: int, path: bytes, folder_form: int, folder: bytes
) -> None:
    folders = entries([(1, 8)], [b"/src\0", b"lib\0"])
    file_format = [
        (5, 0x1E),  # a hash of 16 bytes
        (1, path_form),
        (4, 0x0A),  # a size, as a block
        (0x2001, 0x09),  # a vendor's own, as a block
        (2, folder_form),
    ]
    file = bytes(16) + path + b"\2\7\7" + b"\3abc" + folder
    table = line_table(
        simple_program(), folders + entries(file_format, [file, file]), version=5
    )
    module = debug_module(table, **TEXTS)
    assert read_rows(module) == [(16, "lib/c.c", 7), (20, "lib/c.c", 8), (22, "", 0)]
    assert read_lines(module).fault is None


def test_file_without_a_name_or_a_folder_is_shown_as_such() -> None:
    files = entries([(1, 8)], [b"\0"]) + entries([(1, 8)], [b"\0", b"b.c\0"])
    program = set_address(16) + set_file(0) + COPY + set_file(1) + special(1, 1)
    table = line_table(program + advance_pc(1) + END, files, version=5)
    assert read_rows(debug_module(table)) == [(16, "?", 1), (17, "b.c", 2), (18, "", 0)]


def test_file_0_of_version_5_is_the_first_and_has_the_first_folder() -> None:
    files = entries([(1, 8)], [b"/src\0"]) + entries([(1, 8)], [b"main.c\0"])
    program = set_address(16) + set_file(0) + COPY + advance_pc(1) + END
    module = debug_module(line_table(program, files, version=5))
    assert read_rows(module) == [(16, "/src/main.c", 1), (17, "", 0)]


def test_file_that_is_in_no_list_gives_no_line() -> None:
    program = set_address(16) + set_file(0) + COPY + special(1, 1) + set_file(1)
    program += special(1, 1) + advance_pc(1) + END
    module = debug_module(line_table(program))
    assert read_rows(module) == [(16, "", 0), (17, "", 0), (18, "a.c", 3), (19, "", 0)]


def test_units_folder_is_left_out_of_the_names_of_its_table() -> None:
    files = old_files([b"/src/lib", b"/other"], [(b"a.c", 1), (b"b.c", 2)])
    program = set_address(16) + COPY + set_file(2) + special(1, 1) + advance_pc(1) + END
    tables = line_table(program, files), line_table(simple_program(40), files)
    units = simple_unit(0) + simple_unit(len(tables[0]), b"/other")
    module = debug_module(b"".join(tables), info=units, abbrev=ABBREVIATIONS)
    assert read_rows(module) == [
        (16, "lib/a.c", 1),
        (17, "/other/b.c", 2),
        (18, "", 0),
        (40, "/src/lib/a.c", 7),
        (44, "/src/lib/a.c", 8),
        (46, "", 0),
    ]
    assert read_rows(module) == rows_by_elftools(module)


def test_folder_by_number_is_counted_from_the_units_own_base() -> None:
    # stmt_list sec_offset, comp_dir strx1, str_offsets_base sec_offset; version 5.
    abbreviations = b"\1\x11\0\x10\x17\x1b\x25\x72\x17\0\0\0"
    values = little(0, 4) + b"\0" + little(12, 4)
    files = entries([(1, 0x25), (2, 0x0B)], [b"\1\0"] * 2)
    table = line_table(
        simple_program(), entries([(1, 8)], [b"/home\0"]) + files, version=5
    )
    module = debug_module(
        table,
        info=unit(values, version=5),
        abbrev=abbreviations,
        str=b"/home\0x.c\0",
        str_offsets=bytes(12) + little(0, 4) + little(6, 4),
    )
    assert read_rows(module) == [(16, "x.c", 7), (20, "x.c", 8), (22, "", 0)]
    assert read_lines(module).fault is None


# Of each form a value, and the bytes that are passed over to get to the folder.
FORMS_BY_VALUE = {
    b"": (0x19,),
    b"a": (0x0B, 0x0C, 0x11, 0x25, 0x29),
    b"ab": (0x05, 0x12, 0x26, 0x2A),
    b"abc": (0x27, 0x2B),
    # data4, ref4, ref_sup4, strx4, addrx4; then addr and ref_addr, and the offsets.
    b"abcd": (
        *(0x06, 0x13, 0x1C, 0x28, 0x2C, 0x01, 0x10),
        *(0x0E, 0x17, 0x1D, 0x1F, 0x1F20, 0x1F21),
    ),
    b"abcdefgh": (0x07, 0x14, 0x20, 0x24),
    bytes(16): (0x1E,),
    b"\x80\1": (0x0D, 0x0F, 0x15, 0x1A, 0x1B, 0x22, 0x23, 0x1F01, 0x1F02),
    b"\2\0ab": (0x03,),
    b"\2\0\0\0ab": (0x04,),
    b"\2ab": (0x09, 0x0A, 0x18),
    b"ab\0": (0x08,),
    b"\x0b\5": (0x16,),  # indirect: data1
    b"\x0f\x80\1": (0x16,),  # indirect: udata
}
OTHER_FORMS = [
    (form, value) for value, forms in FORMS_BY_VALUE.items() for form in forms
]


@pytest.mark.parametrize(("form", "value"), OTHER_FORMS)
def test_attributes_of_every_form_are_passed_over(form: int, value: bytes) -> None:
    abbreviations = b"\2\x11\0\3\x08\0\0" + b"\1\x11\0\x25" + uleb(form)
    abbreviations += b"\x13\x21\x80\x7f" + b"\x10\x17\x1b\x08\0\0\0"
    info = unit(value + little(0, 4) + b"/src\0")
    table = line_table(simple_program(), old_files([b"/src/lib"], [(b"a.c", 1)]))
    module = debug_module(table, info=info, abbrev=abbreviations)
    assert read_rows(module) == [(16, "lib/a.c", 7), (20, "lib/a.c", 8), (22, "", 0)]
    assert read_lines(module).fault is None


@pytest.mark.parametrize("dropped", [0, 0xFFFFFFFE, 0xFFFFFFFF])
def test_sequences_of_code_that_the_linker_dropped_are_left_out(dropped: int) -> None:
    table = line_table(simple_program(dropped) + simple_program())
    module = debug_module(table)
    assert read_rows(module) == SIMPLE_ROWS
    assert read_lines(module).fault is None


def test_sequences_are_joined_by_address_and_none_begins_inside_another() -> None:
    program = simple_program(40) + simple_program() + simple_program(21, 90)
    assert read_rows(debug_module(line_table(program))) == [
        *SIMPLE_ROWS,
        (40, "a.c", 7),
        (44, "a.c", 8),
        (46, "", 0),
    ]


def test_lines_outside_32_bits_are_no_lines() -> None:
    program = set_address(16) + advance_line(-9) + COPY + advance_line((1 << 32) + 8)
    program += special(1, 0) + advance_line(-1) + special(1, 0) + END
    rows = [(16, "a.c", 0), (17, "a.c", 0), (18, "a.c", (1 << 32) - 1), (18, "", 0)]
    assert read_rows(debug_module(line_table(program))) == rows


@pytest.mark.parametrize(
    ("version", "size"), [(2, 4), (3, 8), (4, 8)], ids=["2", "3", "4"]
)
def test_references_to_other_units_are_offsets_since_version_3(
    version: int, size: int
) -> None:
    abbreviations = b"\1\x11\0\x31\x10\x10\x07\x1b\x08\0\0\0"
    values = bytes(size) + little(0, 8) + b"/src\0"
    table = line_table(simple_program(), old_files([b"/src/lib"], [(b"a.c", 1)]))
    info = unit(values, version=version, wide=True)
    module = debug_module(table, info=info, abbrev=abbreviations)
    assert read_rows(module)[0] == (16, "lib/a.c", 7)
    assert read_lines(module).fault is None
