"""Names of funcs: from the name section, else from exports; garbage is no error."""

import time
from dataclasses import replace

import pytest

from contractvm.wasm.binary.name_section import func_names, read_func_names
from contractvm.wasm.structure.module import CustomSection, Module
from tests.helpers.wat import wat_to_module

MODULE = wat_to_module(
    '(module (import "ethereum" "getCaller" (func (param i32)))'
    ' (func (export "main")) (func $helper) (func)'
    ' (memory (export "memory") 1))'
)
PLAIN = wat_to_module(
    '(module (import "ethereum" "getCaller" (func (param i32)))'
    ' (func (export "main")) (func (export "a") (export "b")) (func)'
    ' (memory (export "memory") 1))'
)


def with_section(payload: bytes) -> Module:
    section = CustomSection("name", payload, 0)
    return replace(PLAIN, custom_sections=(section,))


def subsection(number: int, content: bytes) -> bytes:
    return bytes([number, len(content)]) + content


def names(*entries: tuple[int, bytes]) -> bytes:
    rows = [bytes([index, len(name)]) + name for index, name in entries]
    return bytes([len(entries)]) + b"".join(rows)


def test_names_come_from_the_section_then_from_exports_then_from_the_index() -> None:
    assert func_names(MODULE) == {
        0: "getCaller",
        1: "main",
        2: "helper",
        3: "func[3]",
    }


def test_without_a_section_the_first_export_gives_the_name() -> None:
    assert func_names(PLAIN)[2] == "a"


def test_the_section_counts_more_than_an_import_or_an_export() -> None:
    module = with_section(subsection(1, names((0, b"x"), (1, b"start"))))
    assert [func_names(module)[index] for index in (0, 1, 2)] == ["x", "start", "a"]


def test_other_subsections_are_passed_over() -> None:
    payload = subsection(0, b"\3mod") + subsection(2, b"\xff" * 9)
    payload += subsection(1, names((3, b"last")))
    assert read_func_names(payload) == {3: "last"}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\1",
        b"\1\xff\xff\xff\xff\x0f",
        subsection(1, b"\2\3\1x\4\7y"),
        subsection(1, names((3, b"\xff\xfe"))),
        subsection(1, names((200, b"far"))),
        b"\xff" * 40,
    ],
)
def test_garbage_gives_no_names_and_no_error(payload: bytes) -> None:
    found = func_names(with_section(payload))
    assert set(found) == {0, 1, 2, 3}
    assert found[1] == "main"


def test_what_could_be_read_before_the_garbage_is_kept() -> None:
    assert read_func_names(subsection(1, b"\2\3\1x\4\7y")) == {3: "x"}


@pytest.mark.parametrize("name", [b"", b" ", b"a;b", b"two\nlines", b"\x1b[31mred"])
def test_a_name_that_would_spoil_a_line_is_none(name: bytes) -> None:
    assert func_names(with_section(subsection(1, names((3, name)))))[3] == "func[3]"


def test_a_long_name_is_cut_to_256_characters() -> None:
    payload = b"\1\xb0\x02\1\3\xac\2" + b"n" * 300
    assert func_names(with_section(payload))[3] == "n" * 256


def test_a_subsection_has_no_names_behind_its_end() -> None:
    # One name is counted in, and it is in the bytes of the next subsection.
    inside = subsection(1, b"\1") + b"\3\1x"
    assert read_func_names(inside) == {}
    assert read_func_names(subsection(1, b"\1\3\1x")) == {3: "x"}


def test_subsections_that_count_each_others_bytes_are_not_read_again_and_again() -> (
    None
):
    # Each counts 16,450 names, for which those after it are taken: 17,000 would be
    # read nine million times. It is a name of index 1 and three bytes too.
    assert read_func_names(b"\1\3\xc2\x80\1" * 17_000) == {}


def test_a_subsection_ends_where_it_says() -> None:
    # Each of these read everything after it, again and again.
    payload = b"\1\0\xff\x7f" * 50_000
    began = time.process_time()
    assert read_func_names(payload) == {}
    assert time.process_time() - began < 2
    # Two subsections, the first of which claims an entry more than it has.
    longer = b"\1\4\2\3\1x" + b"\1\4\1\5\1y"
    assert read_func_names(longer) == {3: "x"}
