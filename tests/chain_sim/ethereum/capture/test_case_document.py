"""Case files: one form, read strictly, whatever their content."""

import copy
import hashlib
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_sim.ethereum.capture import case_document
from chain_sim.ethereum.capture.case_document import decode_case, encode_case, read_case
from chain_sim.ethereum.capture.errors import MalformedCase
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.primitives.errors import ChainError, UnknownFork
from chain_sim.ethereum.primitives.text import format_address, format_data
from tests.helpers.histories import EVERYTHING, history_of

CHAIN = history_of(EVERYTHING[:1]).chain
TEXT = encode_case(CHAIN.export.capture(CHAIN.head.transactions[1].hash))
CASE = json.loads(TEXT)
Change = Callable[[dict[str, Any]], object]


def changed(change: Change) -> str:
    document = copy.deepcopy(CASE)
    change(document)
    return json.dumps(document)


def sent(document: dict[str, Any]) -> dict[str, Any]:
    transaction: dict[str, Any] = document["blocks"][0]["transactions"][1]
    return transaction


def with_schedule(content: str) -> Change:
    digest = format_data(hashlib.sha256(content.encode()).digest())
    return lambda document: document["schedule"].update(content=content, hash=digest)


PLACE = "blocks[0].transactions[1]"
STRANGER = format_address(CHAIN.accounts[5].address)
CODE_HASH = next(iter(CASE["codes"]))
REFUSED: list[tuple[str | Change, str, str]] = [
    ("", "file", "not JSON"),
    (TEXT[:-200], "file", "not JSON"),
    ("[]", "file", "not an object"),
    ("[" * 1_000_000, "file", "nested too deeply"),
    ('"' + '\\"' * 500_000, "file", "not JSON"),
    ("1" * 10_000, "file", "a number is too long"),
    ("{}", "format", "not 'contractvm-case'"),
    (lambda d: d.update(format="case"), "format", "not 'contractvm-case'"),
    (lambda d: d.update(version="0x2"), "version", "is 2, this program reads 1"),
    (lambda d: d.update(version=1), "version", "not a string"),
    (lambda d: d.update(extra=""), "extra", "unknown key"),
    (lambda d: d.pop("nodes"), "nodes", "missing"),
    (lambda d: d.update(nodes="0x"), "nodes", "not a list"),
    (lambda d: d["nodes"].append("0xzz"), "nodes[", "is not a hexadecimal digit"),
    (lambda d: d["nodes"].append("0x80"), "nodes[", "nothing that the state root"),
    (lambda d: d["nodes"].pop(0) and d["nodes"].clear(), "nodes", "none of the nodes"),
    (
        lambda d: d["codes"].update({CODE_HASH: "0x00"}),
        "codes.0x",
        "does not have this",
    ),
    (lambda d: d["codes"].update({"0x00": "0x"}), "codes.0x00", "1 bytes, not 32"),
    (lambda d: d.update(stateRoot="0x" + "00" * 32), "nodes", "none of the nodes"),
    (lambda d: d.update(postStateRoot="0x" + "00" * 32), "postStateRoot", "not that"),
    (
        lambda d: d["schedule"].update(hash="0x" + "00" * 32),
        "schedule.hash",
        "not that",
    ),
    (with_schedule("x = 1"), "schedule.content", "unknown key"),
    (with_schedule("x = " + "[" * 50_000), "schedule.content", "nested too deeply"),
    (with_schedule("#" * 65_537), "schedule.content", "larger than 65536 bytes"),
    (lambda d: d["schedule"].update(content="\ud800"), "schedule.content", "UTF-8"),
    (
        lambda d: d["blocks"][0].update(number="0x" + "f" * 17),
        "blocks[0].number",
        "not",
    ),
    (lambda d: d["blocks"][0].update(gasLimit="0x0"), "blocks[0].gasLimit", "not"),
    (
        lambda d: d["blocks"][0].update(blockHashes={"0x01": None}),
        "blocks[0].blockHashes.0x01",
        "leading zero",
    ),
    (lambda d: sent(d).update(rlp="0xc0"), f"{PLACE}.rlp", "malformed transaction"),
    (lambda d: sent(d).update(rlp="0x02"), f"{PLACE}.rlp", "type 2 is not supported"),
    (lambda d: sent(d).update(sender=STRANGER), f"{PLACE}.sender", "who signed"),
    (lambda d: d.update(chainId="0x1"), "blocks[0].transactions[0].rlp", "chain id"),
    (
        lambda d: sent(d)["expected"].update(status="odd"),
        f"{PLACE}.expected.status",
        "not one of success, failure, reverted",
    ),
    (
        lambda d: sent(d)["expected"].update(
            logs=[{"address": STRANGER, "topics": ["0x" + "00" * 32] * 5, "data": "0x"}]
        ),
        f"{PLACE}.expected.logs[0].topics",
        "more than 4",
    ),
]


@pytest.mark.parametrize(("change", "place", "reason"), REFUSED)
def test_every_refusal_names_the_place(
    change: str | Change, place: str, reason: str
) -> None:
    text = change if isinstance(change, str) else changed(change)
    with pytest.raises(MalformedCase) as caught:
        decode_case(text)
    assert caught.value.place.startswith(place)
    assert reason in caught.value.reason
    assert "\n" not in str(caught.value)


def test_the_bytes_are_those_of_the_first_reading() -> None:
    assert encode_case(decode_case(TEXT)) == TEXT
    assert TEXT.isascii()
    reordered = json.dumps(dict(reversed(CASE.items())))
    assert encode_case(decode_case(reordered)) == TEXT


def test_the_two_greatest_numbers_of_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "case.json"
    path.write_text(TEXT)
    monkeypatch.setattr(case_document, "MAX_FILE_BYTES", len(TEXT))
    assert encode_case(read_case(path)) == TEXT
    monkeypatch.setattr(case_document, "MAX_FILE_BYTES", len(TEXT) - 1)
    with pytest.raises(MalformedCase, match="larger than"):
        read_case(path)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_bytes(b"{\xff")
    with pytest.raises(MalformedCase, match="not UTF-8 text at byte 1"):
        read_case(path)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The paths of all values that hold no others."""
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    else:
        return [path]
    return [leaf for key, inner in items for leaf in leaves(inner, (*path, key))]


LEAVES = leaves(CASE)
STRANGE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.lists(st.none(), max_size=2),
    st.dictionaries(st.text(max_size=3), st.none(), max_size=2),
    st.integers(0, 2**70).map(hex),
    st.binary(max_size=40).map(format_data),
)


@given(st.sampled_from(LEAVES), STRANGE)
@settings(max_examples=150, deadline=None)
def test_a_strange_value_anywhere_is_a_refusal_or_a_deviation(
    leaf: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(CASE)
    inner = document
    for key in leaf[:-1]:
        inner = inner[key]
    inner[leaf[-1]] = value
    with suppress(ChainError):
        replay_case(decode_case(json.dumps(document)))


@given(st.integers(0, len(TEXT) - 1), st.characters())
@settings(max_examples=150, deadline=None)
def test_a_changed_character_is_a_refusal_or_a_deviation(at: int, new: str) -> None:
    text = TEXT[:at] + new + TEXT[at + 1 :]
    with suppress(ChainError):
        replay_case(decode_case(text))


def test_nothing_of_the_machine_is_in_the_file() -> None:
    assert not re.search(r"/(home|tmp|root|usr|work)\b", TEXT)


def test_a_case_names_its_fork_unless_it_is_byzantium() -> None:
    case = decode_case(TEXT)
    assert case.rules.fork == "byzantium"
    assert '"fork"' not in TEXT
    other = replace(case, rules=replace(case.rules, fork="osaka"))
    assert decode_case(encode_case(other)) == other
    with pytest.raises(UnknownFork):
        replay_case(other)
