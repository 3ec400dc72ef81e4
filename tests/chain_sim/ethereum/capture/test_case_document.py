"""Case files: one form, read strictly, whatever their content."""

import copy
import hashlib
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
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


# Objects that are maps: any key of the right form may stand in them.
MAPS = ("codes", "blockHashes")


def objects_in(value: Any, place: str = "") -> list[tuple[str, list[Any]]]:
    """The place of every object with fixed keys, and the way to it from the top."""

    def walk(value: Any, place: str, way: list[Any]) -> Iterator[tuple[str, list[Any]]]:
        if isinstance(value, dict):
            if not place.endswith(MAPS):
                yield place, way
            for key, inner in value.items():
                yield from walk(inner, f"{place}.{key}" if place else key, [*way, key])
        elif isinstance(value, list):
            for index, inner in enumerate(value):
                yield from walk(inner, f"{place}[{index}]", [*way, index])

    return list(walk(value, place, []))


def reached(document: Any, way: list[Any]) -> Any:
    for step in way:
        document = document[step]
    return document


def refusal_of(document: Any) -> MalformedCase:
    with pytest.raises(MalformedCase) as caught:
        decode_case(json.dumps(document))
    return caught.value


LOG = {"address": STRANGER, "topics": ["0x" + "00" * 32], "data": "0x"}
WITH_LOG = json.loads(changed(lambda d: sent(d)["expected"].update(logs=[LOG])))
OBJECTS = objects_in(WITH_LOG)


def test_objects_of_every_kind_are_looked_at() -> None:
    places = {re.sub(r"\[\d+\]", "[]", place) for place, _ in OBJECTS}
    assert places == {
        "",
        "schedule",
        "blocks[]",
        "blocks[].transactions[]",
        "blocks[].transactions[].expected",
        "blocks[].transactions[].expected.logs[]",
    }


@pytest.mark.parametrize(("place", "way"), OBJECTS)
def test_an_unknown_key_is_refused_in_every_object(place: str, way: list[Any]) -> None:
    document = copy.deepcopy(WITH_LOG)
    reached(document, way)["extra"] = None
    error = refusal_of(document)
    assert error.place == (f"{place}.extra" if place else "extra")
    assert error.reason == "unknown key"


@pytest.mark.parametrize(("place", "way"), OBJECTS)
def test_every_key_of_every_object_must_be_there(place: str, way: list[Any]) -> None:
    for key in reached(WITH_LOG, way):
        document = copy.deepcopy(WITH_LOG)
        del reached(document, way)[key]
        error = refusal_of(document)
        assert error.place == (f"{place}.{key}" if place else key)
        reasons = {"format": "not 'contractvm-case'"}
        assert error.reason == reasons.get(key, "missing")


NUMBERS = [
    (lambda d, *, n: d["blocks"][0].update(number=n), 0, 2**64 - 1),
    (lambda d, *, n: d["blocks"][0].update(timestamp=n), 0, 2**64 - 1),
    (lambda d, *, n: d["blocks"][0].update(difficulty=n), 0, 2**256 - 1),
    (lambda d, *, n: d["blocks"][0].update(gasLimit=n), 1, 2**63 - 1),
    (lambda d, *, n: d["blocks"][0].update(blockHashes={n: None}), 0, 2**64 - 1),
    (lambda d, *, n: d.update(instrumentationVersion=n), 0, 2**64 - 1),
    (lambda d, *, n: sent(d)["expected"].update(gasUsed=n), 0, 2**64 - 1),
    (lambda d, *, n: sent(d)["expected"].update(unitsLeft=n), 0, 2**64 - 1),
]


@pytest.mark.parametrize(("change", "least", "most"), NUMBERS)
def test_numbers_are_accepted_up_to_their_bounds(
    change: Callable[..., object], least: int, most: int
) -> None:
    for number in (least, most):
        decode_case(changed(partial(change, n=hex(number))))
    for number in (most + 1, *([0] if least else [])):
        error = refusal_of(json.loads(changed(partial(change, n=hex(number)))))
        assert error.reason == f"not between {least} and {most}"


@pytest.mark.parametrize("chain_id", [0, 2**64])
def test_a_chain_id_is_a_number_of_64_bits_from_1(chain_id: int) -> None:
    error = refusal_of(CASE | {"chainId": hex(chain_id)})
    assert (error.place, error.reason) == ("chainId", f"not between 1 and {2**64 - 1}")


@pytest.mark.parametrize("name", ["profile", "name"])
def test_names_are_not_empty(name: str) -> None:
    document = copy.deepcopy(CASE)
    (document["schedule"] if name == "name" else document)[name] = ""
    error = refusal_of(document)
    assert (error.place.rpartition(".")[2], error.reason) == (name, "empty")


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


def ending_of(text: str) -> str:
    """How the case in `text` ends; one that is as expected has these very results."""
    try:
        case = decode_case(text)
        replayed = replay_case(case)
    except ChainError:
        return "refused"
    if not replayed.is_same:
        assert replayed.deviations[0].expected != replayed.deviations[0].found
        return "deviates"
    assert replayed.outcomes == case.outcomes
    return "same"


def test_a_strange_value_anywhere_is_refused_deviates_or_changes_no_result() -> None:
    endings: Counter[str] = Counter()

    @given(st.sampled_from(LEAVES), STRANGE)
    @settings(max_examples=150, deadline=None)
    def replace_a_value(leaf: tuple[Any, ...], value: Any) -> None:
        document = copy.deepcopy(CASE)
        inner = document
        for key in leaf[:-1]:
            inner = inner[key]
        inner[leaf[-1]] = value
        endings[ending_of(json.dumps(document))] += 1

    replace_a_value()
    assert endings["refused"] > 50
    for place, bad in ((("format",), 7), (("blocks",), "0x")):
        document = copy.deepcopy(CASE)
        document[place[0]] = bad
        assert ending_of(json.dumps(document)) == "refused"
    assert ending_of(TEXT) == "same"


def test_a_changed_character_is_refused_deviates_or_changes_no_result() -> None:
    endings: Counter[str] = Counter()

    @given(st.integers(0, len(TEXT) - 1), st.characters())
    @settings(max_examples=150, deadline=None)
    def change_a_character(at: int, new: str) -> None:
        endings[ending_of(TEXT[:at] + new + TEXT[at + 1 :])] += 1

    change_a_character()
    assert endings["refused"] > 50


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
