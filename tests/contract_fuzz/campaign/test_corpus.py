"""Corpus entries: the sufficient ones, their weights and their files."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.campaign.corpus_directory import FORMAT, CorpusDirectory
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import (
    Transactions,
    sequence_documents,
    sequence_name,
)
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
