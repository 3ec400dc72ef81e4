"""The coordinator: chunks in any order, what is merged, and when a campaign ends."""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache

import pytest

from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.campaign import coordinator as coordinators
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
    sorted_records,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.judging.campaign import Campaign, Chunk, FrozenRound, GasRecord
from contract_fuzz.judging.chunk_result import ChunkResult, FoundFinding
from contract_fuzz.judging.entries import Entry, make_entry
from contract_fuzz.judging.stopping import Stop
from contract_fuzz.oracles.oracle import CRASH, Finding
from tests.helpers.fuzz_contracts import FOREVER, campaign_for

TO = Address(b"\x01" * 20)


def call(length: int) -> CaseTransaction:
    return CaseTransaction(TO, bytes(length))


@cache
def campaign() -> Campaign:
    return campaign_for(FOREVER)


def crash(name: str, case: int, *lengths: int) -> FoundFinding:
    transactions = tuple(map(call, lengths or (1,)))
    return FoundFinding(Finding(CRASH, name, transactions=transactions), case)


def with_findings(first: int, count: int, *found: FoundFinding) -> ChunkResult:
    findings = {one.finding.key: one for one in found}
    return ChunkResult(first, count, 2 * count, findings=findings)


class Arriving:
    """A pool whose results arrive in the order of a script, a list for each round."""

    def __init__(self, *rounds: Sequence[ChunkResult]) -> None:
        self.rounds = list(rounds)
        self.asked: list[list[Chunk]] = []
        self.frozen: list[FrozenRound] = []

    def run(
        self, frozen: FrozenRound, chunks: Sequence[Chunk], should_stop: Stop
    ) -> Iterator[ChunkResult]:
        self.frozen.append(frozen)
        self.asked.append(list(chunks))
        yield from self.rounds.pop(0)

    def close(self) -> None: ...


class Watched:
    """A coordinator, and how many cases there were at each call of its observers."""

    def __init__(self, first_case: int = 0) -> None:
        self.watched: list[int] = []
        self.kept: list[tuple[int, int]] = []
        self.coordinator = Coordinator(
            campaign(),
            first_case,
            watch=lambda state: self.watched.append(state.case_count),
            keep=lambda state: self.kept.append((state.round, state.case_count)),
        )

    def run(self, pool: Arriving, runs: int | None) -> CampaignState:
        return self.coordinator.run(pool, CampaignLimits(runs))


def test_chunks_are_merged_in_the_order_of_their_cases() -> None:
    watched = Watched(10)
    late = with_findings(10, 64, crash("a", 10), crash("b", 12))
    early = with_findings(74, 36, crash("b", 80), crash("c", 81))
    pool = Arriving([early, late])
    state = watched.run(pool, 100)
    assert pool.asked == [[Chunk(10, 64), Chunk(74, 36)]]
    assert watched.watched == [64, 100]
    assert [(name, one.case) for (_, name, _), one in state.findings.items()] == [
        ("a", 10),
        ("b", 12),
        ("c", 81),
    ]
    assert (state.next_case, state.case_count, state.transaction_count) == (
        *(110, 100, 200),
    )
    assert (state.round, state.later) == (1, {})
    # After the round, and at the end.
    assert watched.kept == [(1, 100), (1, 100)]


def test_what_was_found_beyond_a_missing_chunk_is_kept_apart() -> None:
    watched = Watched()
    pool = Arriving(
        [
            with_findings(0, 64, crash("a", 3)),
            with_findings(128, 64, crash("a", 130), crash("b", 131)),
            with_findings(192, 64, crash("b", 200)),
        ]
    )
    state = watched.run(pool, None)
    assert (state.next_case, state.case_count, state.transaction_count) == (
        *(64, 64, 128),
    )
    assert {name: one.case for (_, name, _), one in state.findings.items()} == {"a": 3}
    assert {name: one.case for (_, name, _), one in state.later.items()} == {"b": 131}
    # A round that is not whole is the last.
    assert len(pool.asked) == 1


def test_a_chunk_without_cases_ends_its_round() -> None:
    watched = Watched()
    pool = Arriving([ChunkResult(0)])
    state = watched.run(pool, None)
    assert watched.watched == [0]
    assert (state.round, state.case_count) == (0, 0)
    assert watched.kept == [(0, 0), (0, 0)]


def test_the_last_round_has_the_cases_that_are_left() -> None:
    watched = Watched(5)
    first = [ChunkResult(5 + 64 * place, 64) for place in range(4)]
    pool = Arriving(first, [ChunkResult(261, 44)])
    state = watched.run(pool, 300)
    assert pool.asked[1] == [Chunk(261, 44)]
    assert [frozen.number for frozen in pool.frozen] == [0, 1]
    assert (state.round, state.case_count, state.next_case) == (2, 300, 305)


def test_a_campaign_of_no_cases_asks_for_none() -> None:
    watched = Watched()
    pool = Arriving()
    watched.run(pool, 0)
    assert pool.asked == []
    assert watched.kept == [(0, 0)]


def test_the_shortest_sequence_of_a_finding_is_kept_with_its_first_case() -> None:
    made = Coordinator(campaign())
    for found in (crash("a", 3, 5, 5), crash("a", 9, 7), crash("a", 11, 8)):
        made._merge(with_findings(0, 1, found))
    ((_, kept),) = made.state.findings.items()
    assert (kept.finding.transactions, kept.case) == ((call(7),), 3)


def test_the_sums_of_chunks_are_those_of_the_campaign() -> None:
    made = Coordinator(campaign())
    key = (CRASH, "a", "")
    result = ChunkResult(
        *(0, 2, 3, ((1, 2),)),
        repeats=Counter({key: 2}),
        outcomes=Counter({(b"", "success"): 3}),
        checks=Counter({"ledger": 1}),
    )
    result.seconds["calls", "f"] = 0.25
    for _ in range(2):
        made._merge(result)
    state = made.state
    assert state.transaction_count == 6
    assert state.features.hits == ((1, 4),)
    assert state.repeats == {key: 4}
    assert state.outcomes == {(b"", "success"): 6}
    assert state.checks == {"ledger": 2}
    assert state.seconds == {("calls", "f"): 0.5}
    # Cases are counted by the round.
    assert (state.case_count, state.next_case) == (0, 0)


def record(gas: int, case: int, size: int | None = None, name: str = "f") -> GasRecord:
    return GasRecord(name, size, gas, case, ())


def test_a_record_is_replaced_by_more_gas_alone() -> None:
    made = Coordinator(campaign())
    for found in (record(5, 0), record(5, 1), record(4, 2), record(6, 3), record(6, 4)):
        made._merge(ChunkResult(0, records={("f", None): found}))
    assert made.state.records == {("f", None): record(6, 3)}


def test_records_come_by_function_then_size_any_size_first() -> None:
    every = [
        record(1, 0, None, "e"),
        record(1, 0, None),
        record(1, 0, 0),
        record(1, 0, 2),
        record(1, 0, 10),
        record(1, 0, 1, "g"),
    ]
    mixed = {(each.function, each.size): each for each in reversed(every)}
    assert sorted_records(mixed) == every


def test_only_an_entry_with_a_new_feature_is_merged() -> None:
    made = Coordinator(campaign())
    first, same = make_entry((call(1),), (8, 9)), make_entry((call(2),), (8, 9))
    more = make_entry((call(3),), (9, 17))
    made._merge(ChunkResult(0, entries=[first, same, more]))
    assert made.state.entries == [first, more]


def test_a_round_knows_what_was_found_before_it() -> None:
    made = Coordinator(campaign())
    state = made.state
    # Of 4 cases all took edge 1, none edge 2: 0 and 3 bits, and one for each entry.
    entries = [make_entry((call(1),), (8,)), make_entry((call(2),), (17,))]
    result = with_findings(0, 4, crash("a", 1, 3, 4))
    result.entries += entries
    result.hits = ((1, 4),)
    result.records = {("f", 2): record(5, 0, 2), ("f", None): record(5, 0)}
    made._merge(result)
    state.case_count, state.round = 4, 7
    frozen = made.frozen()
    assert frozen == FrozenRound(
        number=7,
        entries=tuple(entries),
        weights=(1, 5),
        seen=state.features.seen,
        known=(((CRASH, "a", ""), (2, 7)),),
        records=(record(5, 0), record(5, 0, 2)),
    )
    assert frozen.seen[1:3] == b"\x01\x02"


def same_feature(count: int) -> list[Entry]:
    """Entries of which one is enough."""
    return [make_entry((call(length),), (8,)) for length in range(count)]


@pytest.mark.parametrize(("count", "left"), [(64, 64), (65, 1)])
def test_entries_are_minimised_when_there_are_twice_as_many(
    count: int, left: int
) -> None:
    made = Coordinator(campaign())
    made.state.entries = same_feature(count)
    made._minimise(is_final=False)
    assert len(made.state.entries) == left
    assert made.state.minimised_size == 32


def test_entries_are_minimised_at_the_end_however_many() -> None:
    made = Coordinator(campaign())
    made.state.entries = [
        *same_feature(2),
        *(make_entry((call(1),), (8 * edge,)) for edge in range(2, 42)),
    ]
    made._minimise(is_final=True)
    assert len(made.state.entries) == 41
    assert made.state.minimised_size == 41
    made.state.entries += same_feature(41)
    made._minimise(is_final=False)
    assert len(made.state.entries) == 82


def test_a_campaign_minimises_during_its_rounds_and_at_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[bool] = []
    monkeypatch.setattr(
        coordinators.Coordinator,
        "_minimise",
        lambda _, *, is_final: asked.append(is_final),
    )
    Watched().run(Arriving([ChunkResult(0, 9)]), 9)
    assert asked == [False, True]
