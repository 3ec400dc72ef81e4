"""Places of failures: cycles of deep stacks, source text, names, marks of rewrites."""

from dataclasses import replace
from pathlib import Path

import pytest

from contractvm.ledger.debug_info import DebugBuild
from contractvm.ledger.rust_names import readable_name
from contractvm.ledger.source_text import MAX_SOURCE_BYTES, SourceText
from contractvm.ledger.where import Omission, Where, find_cycle
from contractvm.metering.marks import old_position
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from tests.helpers.wat import wat_to_wasm


@pytest.mark.parametrize(
    ("funcs", "expected"),
    [
        ([], ((), 0)),
        ([4, 4], ((), 0)),
        ([4, 4, 4], ((4,), 3)),
        ([1, 4, 4, 4, 4, 2], ((4,), 4)),
        ([7, 1, 2, 1, 2, 1, 2, 1, 9], ((1, 2), 7)),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], ((), 0)),
    ],
)
def test_a_cycle_is_what_repeats_for_longest(
    funcs: list[int], expected: tuple[tuple[int, ...], int]
) -> None:
    assert find_cycle(funcs) == expected


# Old bytes 0-2 at 4, 3-9 at 10: four bytes were inserted before, three between.
MARKS = [(4, 0), (10, 3)]


@pytest.mark.parametrize(
    ("new", "old"), [(0, 0), (3, 0), (4, 0), (6, 2), (7, 3), (9, 3), (10, 3), (12, 5)]
)
def test_what_was_inserted_has_the_position_of_what_comes_next(
    new: int, old: int
) -> None:
    assert old_position(MARKS, new) == old


@pytest.mark.parametrize(
    ("name", "readable"),
    [
        ("_ZN7counter9inner_oob17h7aebb823017fdfa7E", "counter::inner_oob"),
        (
            "_ZN54_$LT$a..B$u20$as$u20$c..D$GT$2go17h0123456789abcdefE",
            "_ZN54_$LT$a..B$u20$as$u20$c..D$GT$2go17h0123456789abcdefE",
        ),
        (
            "_ZN29_$LT$a..B$u20$as$u20$c..D$GT$2go17h0123456789abcdefE",
            "<a::B as c::D>::go",
        ),
        ("_ZN9counterE", "_ZN9counterE"),
        ("_ZN0E", "_ZN0E"),
        ("main", "main"),
        ("_ZN99999999999999999999aE", "_ZN99999999999999999999aE"),
    ],
)
def test_a_mangled_name_is_shown_as_people_write_it(name: str, readable: str) -> None:
    assert readable_name(name) == readable


def test_sources_are_read_below_their_folders_only(tmp_path: Path) -> None:
    below = tmp_path / "project"
    below.mkdir()
    (tmp_path / "secret.c").write_text("secret\n")
    (below / "a.c").write_text("one\ntwo\n")
    (below / "link.c").symlink_to(tmp_path / "secret.c")
    (below / "big.c").write_bytes(b"x" * (MAX_SOURCE_BYTES + 1))
    (below / "limit.c").write_bytes(b"x" * MAX_SOURCE_BYTES)
    text = SourceText([below])
    assert text.line("a.c", 2) == "two"
    assert text.line(str(below / "a.c"), 1) == "one"
    assert text.line("limit.c", 1) == "x" * 160
    for file in ("../secret.c", "link.c", "big.c", "none.c", "\0", ".", ""):
        assert text.line(file, 1) is None
    assert text.line("a.c", 0) is None
    assert text.line("a.c", 3) is None


NAMED = '(module (func $deep unreachable) (func (export "main") (call $deep)))'
OTHER = '(module (func $else nop) (func (export "main") (call $else)))'


def test_a_debug_build_is_for_the_same_code_section_only() -> None:
    named = wat_to_wasm(NAMED)
    nameless = replace(decode_module(named), custom_sections=())
    build = DebugBuild(named)
    assert build.find(wat_to_wasm(OTHER)).names[0] == "else"
    assert not build.is_used
    assert build.find(encode_module(nameless)).names[0] == "deep"
    assert build.is_used


def test_frames_that_are_left_out_are_told() -> None:
    assert str(Omission(3, 1_200)) == "1,200 more"
    expected = "1,200 more, of them 1,100 a cycle of func 4, 7"
    assert str(Omission(3, 1_200, (4, 7), 1_100)) == expected


def test_without_frames_there_is_no_summary() -> None:
    assert Where((), "unreachable", bytes(32)).summary == ""
