"""Names of blocks and of moments in them, as text."""

import pytest

from chain_sim.ethereum.blocks.chain_point import (
    HEAD,
    ChainPoint,
    parse_block,
    parse_place,
    parse_range,
    require_branch_name,
)
from chain_sim.ethereum.blocks.history_errors import InvalidBranchName
from chain_sim.ethereum.primitives.text import InvalidText

HASH = "0x" + "ab" * 32


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("head", HEAD),
        ("latest", HEAD),
        ("7", ChainPoint(7)),
        ("7:0", ChainPoint(7, 0)),
        (HASH, ChainPoint(b"\xab" * 32)),
        (f"{HASH}:12", ChainPoint(b"\xab" * 32, 12)),
        ("main", ChainPoint("main")),
        ("fix/one-2.b_c:3", ChainPoint("fix/one-2.b_c", 3)),
        ("head:1", ChainPoint(None, 1)),
    ],
)
def test_a_place_is_a_block_and_perhaps_a_transaction(
    text: str, place: ChainPoint
) -> None:
    assert parse_place(text) == place


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "give a number, a hash, a branch's name, head or latest"),
        ("-1", "give a number, a hash, a branch's name, head or latest"),
        ("9" * 20, "20 digits: no chain is so long"),
        ("0x12", "1 bytes, not 32"),
        ("0x1", "odd number of digits"),
        ("7:", "after the colon comes a transaction's index: 0, 1, ..."),
        ("7:x", "after the colon comes a transaction's index: 0, 1, ..."),
        ("7:-1", "after the colon comes a transaction's index: 0, 1, ..."),
        ("7:1:2", "after the colon comes a transaction's index: 0, 1, ..."),
        (":1", "give a number, a hash, a branch's name, head or latest"),
    ],
)
def test_anything_else_is_refused_with_what_to_give(text: str, reason: str) -> None:
    with pytest.raises(InvalidText) as caught:
        parse_place(text)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("3..5", (ChainPoint(3), ChainPoint(5))),
        ("3..", (ChainPoint(3), HEAD)),
        ("..5", (HEAD, ChainPoint(5))),
        ("main..fix.1", (ChainPoint("main"), ChainPoint("fix.1"))),
        ("a.b..c", (ChainPoint("a.b"), ChainPoint("c"))),
        ("41:0..41:1", (ChainPoint(41, 0), ChainPoint(41, 1))),
    ],
)
def test_a_range_has_two_ends_one_may_be_left_out(
    text: str, ends: tuple[ChainPoint, ChainPoint]
) -> None:
    assert parse_range(text) == ends


@pytest.mark.parametrize("text", ["", "3", "..", "3...5", "...", "3.5", "3-5"])
def test_a_malformed_range_is_refused(text: str) -> None:
    with pytest.raises(InvalidText) as caught:
        parse_range(text)
    assert caught.value.kind == "a range"


@pytest.mark.parametrize("text", ["3..5..7", "3..x y", "7:..8", "..0x12"])
def test_an_end_that_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(InvalidText):
        parse_range(text)


@pytest.mark.parametrize("name", ["a", "_", "A-1", "fix/x", "v1.2", "x" * 100])
def test_branch_names(name: str) -> None:
    assert require_branch_name(name) == name
    assert parse_block(name) == name


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("", "begin with a letter"),
        ("1a", "begin with a letter"),
        ("-x", "begin with a letter"),
        ("a b", "begin with a letter"),
        ("a:b", "begin with a letter"),
        ("a\n", "begin with a letter"),
        ("naïve", "begin with a letter"),
        ("x" * 101, "101 characters, more than 100"),
        ("a..b", "two dots"),
        ("a.", "two dots"),
        ("a/", "two dots"),
        ("head", "it stands for the newest block"),
        ("HEAD", "it stands for the newest block"),
        ("Latest", "it stands for the newest block"),
    ],
)
def test_what_cannot_name_a_branch(name: str, reason: str) -> None:
    with pytest.raises(InvalidBranchName) as caught:
        require_branch_name(name)
    assert caught.value.name == name
    assert caught.value.reason.startswith(reason)
