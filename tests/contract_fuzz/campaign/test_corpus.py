"""Corpus entries: the sufficient ones, their weights and their files."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.campaign import corpus_directory
from contract_fuzz.campaign.corpus_directory import (
    FORMAT,
    STATE_FORMAT,
    CorpusDirectory,
    SkippedFile,
    read_entry,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import (
    Transactions,
    sequence_documents,
    sequence_name,
)
from contract_fuzz.errors import InvalidEntry
from contract_fuzz.judging.entries import make_entry, minimised, weights

TO = Address(b"\x01" * 20)


def sequence(*lengths: int) -> Transactions:
    return tuple(CaseTransaction(TO, bytes(length)) for length in lengths)


entries = st.lists(
    st.tuples(
        st.lists(st.integers(0, 9), min_size=1, max_size=3),
        st.sets(st.integers(0, 30), max_size=8),
    ),
    max_size=12,
).map(
    lambda drawn: [
        make_entry(sequence(*lengths), tuple(sorted(features)))
        for lengths, features in drawn
    ]
)


@given(entries)
def test_minimised_corpus_has_every_feature_and_no_entry_too_many(drawn: list) -> None:
    kept = minimised(drawn)
    every = {feature for entry in drawn for feature in entry.features}
    assert {feature for entry in kept for feature in entry.features} == every
    for place in range(len(kept)):
        rest = kept[:place] + kept[place + 1 :]
        assert {feature for entry in rest for feature in entry.features} != every
    places = [
        place for place, entry in enumerate(drawn) if any(entry is k for k in kept)
    ]
    assert [drawn[place] for place in places] == kept
    assert minimised(kept) == kept


def test_smallest_entry_with_a_feature_is_kept() -> None:
    large = make_entry(sequence(1, 1), (1,))
    small = make_entry(sequence(9), (1,))
    assert minimised([large, small]) == [small]


def test_an_entry_whose_features_later_ones_have_as_well_goes() -> None:
    """The first has the rarer feature and is smaller, but the second is needed."""
    first = make_entry(sequence(1), (1,))
    second = make_entry(sequence(2), (1, 2))
    others = [make_entry(sequence(length), (2,)) for length in (3, 4)]
    assert minimised([first, second, *others]) == [second]


def test_of_two_entries_that_could_go_the_larger_one_does() -> None:
    """Either may go, as others have all but feature 1, but not both."""
    small, large = make_entry(sequence(1), (1, 2)), make_entry(sequence(2), (1, 3))
    for_two = make_entry(sequence(3), (2, 5))
    for_three = make_entry(sequence(4), (3, 4))
    others = [
        make_entry(sequence(5 + length), (4 + length % 2,)) for length in range(4)
    ]
    every = [small, large, for_two, for_three, *others]
    assert minimised(every) == [small, for_two, for_three]


def test_entry_is_chosen_by_the_surprise_of_its_edges() -> None:
    """Edge 1 in every case of 1,000, edge 2 in one: 0 and 9 bits."""
    common = make_entry(sequence(1), (8,))
    rare = make_entry(sequence(2), (8, 17))
    new = make_entry(sequence(3), (24,))
    assert weights([common, rare, new], [(1, 1_000), (2, 1)], 1_000) == [1, 10, 11]


def test_entries_come_back_in_the_order_of_their_names(tmp_path: Path) -> None:
    directory = CorpusDirectory(tmp_path / "corpus")
    written = [sequence(3), sequence(1, 2), sequence(7)]
    directory.write(written)
    loaded, skipped = directory.load()
    assert skipped == []
    assert loaded == sorted(written, key=sequence_name)
    assert sorted(path.stem for path in directory.path.iterdir()) == sorted(
        map(sequence_name, written)
    )


def test_entries_that_are_no_longer_needed_are_removed_and_others_stay(
    tmp_path: Path,
) -> None:
    directory = CorpusDirectory(tmp_path)
    directory.write([sequence(1), sequence(2)])
    own = {"format": FORMAT, "transactions": sequence_documents(sequence(3))}
    (tmp_path / "mine.json").write_text(json.dumps(own))
    directory.write([sequence(2)])
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(
        [f"{sequence_name(sequence(2))}.json", "mine.json"]
    )
    assert directory.load()[0] == [sequence(2), sequence(3)]


def test_corpus_of_another_contract_loses_nothing(tmp_path: Path) -> None:
    first = CorpusDirectory(tmp_path, "aa")
    first.write([sequence(1), sequence(2)])
    first.keep_next_case(0, 5)
    other = CorpusDirectory(tmp_path, "bb")
    assert (first.is_of_another, other.is_of_another) == (False, True)
    other.write([sequence(3), sequence(4)])
    other.write([sequence(3)])
    other.keep_next_case(0, 9)
    again = CorpusDirectory(tmp_path, "aa")
    assert again.next_case(0) == 9
    assert not again.is_of_another
    assert again.load()[0] == sorted(
        [sequence(n) for n in (1, 2, 3)], key=sequence_name
    )


def documents(**changes: object) -> str:
    (transaction,) = sequence_documents(sequence(4))
    return json.dumps({"format": FORMAT, "transactions": [{**transaction, **changes}]})


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", f"its format is not '{FORMAT}'"),
        (json.dumps({"format": FORMAT}), "no list of transactions"),
        (documents(seconds=0), "transaction 0: seconds are at least 1"),
        (documents(value=-1), "transaction 0: value is out of range"),
        (documents(value=1.0), "transaction 0: value is out of range"),
        (documents(data="0x1"), "transaction 0: not data: '0x1': odd number of digits"),
        (
            documents(more=1),
            "transaction 0 needs the keys data, gasLimit, seconds, sender, to, value",
        ),
    ],
)
def test_file_that_is_no_entry_is_skipped_with_the_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    (tmp_path / "x.json").write_text(content)
    loaded, (skipped,) = CorpusDirectory(tmp_path).load()
    assert loaded == []
    assert (skipped.name, skipped.reason) == ("x.json", reason)


def test_entry_whose_content_is_not_what_its_name_says_is_skipped(
    tmp_path: Path,
) -> None:
    name = sequence_name(sequence(5))
    (tmp_path / f"{name}.json").write_text(documents())
    _, (skipped,) = CorpusDirectory(tmp_path).load()
    assert skipped.reason == f"its content is that of {sequence_name(sequence(4))}.json"


def test_next_case_is_kept_for_each_seed(tmp_path: Path) -> None:
    directory = CorpusDirectory(tmp_path)
    assert directory.next_case(1) == 0
    directory.keep_next_case(1, 100)
    directory.keep_next_case(2, 7)
    assert (directory.next_case(1), directory.next_case(2)) == (100, 7)
    assert CorpusDirectory(tmp_path).next_case(2) == 7
    (tmp_path / "campaign.json").write_text("{")
    assert CorpusDirectory(tmp_path).next_case(2) == 0


@pytest.mark.parametrize(
    ("state", "next_case"),
    [
        ({"nextCases": {"2": 7}}, 7),
        ({"nextCases": {"2": 0, "3": 1}}, 0),
        ({"nextCases": {"2": (1 << 63) - 1}}, (1 << 63) - 1),
        ({"nextCases": {"2": 1 << 63}}, 0),
        ({"nextCases": {"2": 7, "3": -1}}, 0),
        ({"nextCases": {"2": 7, "3": True}}, 0),
        ({"nextCases": [7]}, 0),
        ({"nextCases": {"2": 7}, "codeHash": None}, 0),
        ({"nextCases": {"2": 7}, "format": FORMAT}, 0),
    ],
)
def test_a_state_of_another_form_counts_as_none(
    tmp_path: Path, state: dict[str, object], next_case: int
) -> None:
    document = {"format": STATE_FORMAT, "codeHash": "aa", **state}
    (tmp_path / "campaign.json").write_text(json.dumps(document))
    assert CorpusDirectory(tmp_path, "aa").next_case(2) == next_case


def test_what_is_written_is_json_for_people(tmp_path: Path) -> None:
    directory = CorpusDirectory(tmp_path, "aa")
    directory.write([sequence(1)])
    directory.keep_next_case(7, 1)
    directory.keep_next_case(10, 2)
    name = f"{sequence_name(sequence(1))}.json"
    assert (tmp_path / name).read_text() == (
        f"""{{
  "format": "contractvm fuzz entry 1",
  "transactions": [
    {{
      "to": "0x{"01" * 20}",
      "data": "0x00",
      "sender": 0,
      "value": 0,
      "gasLimit": 10000000,
      "seconds": 1
    }}
  ]
}}
"""
    )
    assert (tmp_path / "campaign.json").read_text() == (
        """{
  "format": "contractvm fuzz campaign 1",
  "codeHash": "aa",
  "nextCases": {
    "10": 2,
    "7": 1
  }
}
"""
    )


def test_a_damaged_entry_of_ours_stays(tmp_path: Path) -> None:
    directory = CorpusDirectory(tmp_path)
    name = "0123456789abcdef.json"
    (tmp_path / name).write_text("{}")
    directory.write([])
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_directory_among_the_entries_is_skipped(tmp_path: Path) -> None:
    name = "0123456789abcdef.json"
    (tmp_path / name).mkdir()
    directory = CorpusDirectory(tmp_path)
    directory.write([])
    assert directory.load() == ([], [SkippedFile(name, "not a regular file")])


def test_an_entry_has_a_greatest_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.json"
    path.write_text(documents())
    size = path.stat().st_size
    monkeypatch.setattr(corpus_directory, "MAX_ENTRY_BYTES", size)
    assert read_entry(path) == sequence(4)
    monkeypatch.setattr(corpus_directory, "MAX_ENTRY_BYTES", size - 1)
    with pytest.raises(InvalidEntry) as caught:
        read_entry(path)
    assert caught.value.reason == f"more than {size - 1} bytes"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (PermissionError(13, "Permission denied"), "permission denied"),
        (OSError("Strange"), "strange"),
    ],
)
def test_a_file_that_cannot_be_read_is_skipped_and_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError, reason: str
) -> None:
    directory = CorpusDirectory(tmp_path)
    directory.write([sequence(1)])
    name = f"{sequence_name(sequence(1))}.json"

    def refuse(*_: object) -> bytes:
        raise error

    monkeypatch.setattr(corpus_directory, "read_bounded", refuse)
    assert directory.load() == ([], [SkippedFile(name, reason)])
    directory.write([])
    assert (tmp_path / name).exists()


def test_a_key_that_stands_twice_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text('{"format": 1, "format": 2}')
    _, skipped = CorpusDirectory(tmp_path).load()
    reason = "format: the key stands here twice"
    assert skipped == [SkippedFile("x.json", reason)]


def test_the_same_sequence_in_two_files_is_one_entry(tmp_path: Path) -> None:
    for name in ("x.json", "y.json"):
        (tmp_path / name).write_text(documents())
    assert CorpusDirectory(tmp_path).load() == ([sequence(4)], [])
