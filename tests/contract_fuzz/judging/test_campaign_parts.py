"""What a campaign depends on, the inputs that it allows, and what it measures."""

from collections import Counter
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest

from chain_sim.ethereum.abi.functions import parse_function
from chain_sim.ethereum.primitives.text import Address, format_address
from contract_fuzz.cases.case import CaseOutcome, CaseStatus, CaseTransaction
from contract_fuzz.inputs.size_parameter import find_size_parameter
from contract_fuzz.judging.abi_check import NO_SELECTOR, unknown_functions
from contract_fuzz.judging.campaign import (
    Campaign,
    FrozenRound,
    GasObjective,
    GasRecord,
)
from contract_fuzz.judging.campaign_parts import (
    input_options,
    measure_of,
    selector_of,
)
from contract_fuzz.judging.case_judge import CaseJudge, outcome_word
from contract_fuzz.judging.chunk_result import ChunkResult, FoundFinding
from contract_fuzz.oracles.oracle import CRASH, DIFFERENCE, MILLION, Finding
from tests.helpers.fuzz_contracts import STEPS, campaign_for

TO = Address(b"\x01" * 20)
SUM, FLAT = parse_function("sum(uint8[])"), parse_function("flat(bytes)")


def test_a_document_has_all_that_cases_depend_on() -> None:
    made = campaign_for(STEPS, seed=7, fail_on=("traps", "reverts"), length=3)
    start = made.start
    document = made.document()
    assert document == {
        "contracts": [format_address(start.contracts[0])],
        "codeHash": sha256(made.code).hexdigest(),
        "schedule": "ewasm-metered",
        "scheduleHash": f"0x{start.genesis.schedule_hash.hex()}",
        "stateRoot": f"0x{start.root.hex()}",
        "blockHash": f"0x{start.head.hash.hex()}",
        "senders": [format_address(one.address) for one in start.senders],
        "functions": ["step()", "reset()", "invariant_small()"],
        "invariants": ["invariant_small()"],
        "seed": 7,
        "gasLimit": 1_000_000,
        "length": 3,
        "failOn": ["traps", "reverts"],
        "isGuided": True,
        "objective": None,
    }


def test_a_document_names_the_objective() -> None:
    made = campaign_for(STEPS)
    size = find_size_parameter(SUM, "0")
    for objective, document in (
        (GasObjective((SUM, FLAT)), {"size": None}),
        (GasObjective((SUM, FLAT), size), {"size": "0"}),
    ):
        asked = Campaign(made.start, made.code, objective=objective).document()
        functions = {"functions": ["sum(uint8[])", "flat(bytes)"]}
        assert asked["objective"] == {**functions, **document}


def test_a_campaign_has_its_defaults() -> None:
    made = campaign_for(STEPS)
    plain = Campaign(made.start, made.code)
    assert (plain.seed, plain.gas_limit, plain.length) == (0, 10_000_000, 16)
    assert (plain.fail_on, plain.is_guided, plain.oracles) == (("traps",), True, ())


def test_invariants_are_not_called_as_functions() -> None:
    made = campaign_for(STEPS)
    options = input_options(made)
    assert [each.signature for each in options.functions] == ["step()", "reset()"]
    assert (options.focus, options.size) == ((), None)
    assert (options.contracts, options.sender_count, options.gas_limit) == (
        *(made.start.contracts, len(made.start.senders), 1_000_000),
    )
    size = find_size_parameter(SUM, "0")
    asked = input_options(
        campaign_for(STEPS, objective=GasObjective((SUM, FLAT), size))
    )
    assert (asked.focus, asked.size) == ((SUM, FLAT), size)


def called(data: bytes) -> CaseTransaction:
    return CaseTransaction(TO, data)


def test_a_call_is_measured_at_any_size_and_the_first_functions_at_its_own() -> None:
    call = called(SUM.encode([[1, 2, 3]]))
    assert selector_of(call) == SUM.selector
    assert list(measure_of(None)(call)) == []
    assert list(measure_of(GasObjective((SUM,)))(call)) == [("sum(uint8[])", None)]
    measure = measure_of(GasObjective((SUM, FLAT), find_size_parameter(SUM, "0")))
    assert list(measure(call)) == [("sum(uint8[])", None), ("sum(uint8[])", 3)]
    assert list(measure(called(FLAT.encode([b"abc"])))) == [("flat(bytes)", None)]
    # Data that is no call of the function, and no function's.
    assert list(measure(called(SUM.selector))) == [("sum(uint8[])", None)]
    assert list(measure(called(b"none"))) == []


# Functions that are not there


class Answering:
    """An executor that answers by the call's first letter after the selector."""

    begin = "begin"
    edge_counts = b""

    def __init__(self, known: bytes, *, kind: str = "") -> None:
        self.known, self.kind = known, kind

    def run(self, position: str, call: CaseTransaction) -> CaseOutcome:
        assert position == "begin"
        is_known = call.data[:4] == SUM.selector and call.data[4:5] in self.known
        output = b"known" if is_known else b"unknown"
        return CaseOutcome(CaseStatus.SUCCESS, self.kind, None, output, (), 0, 0)


@pytest.mark.parametrize(
    ("known", "letters", "found"),
    [
        (b"", b"ab", ("sum(uint8[])",)),
        (b"a", b"ab", ()),
        # One call that is not as with no function's selector is enough.
        (b"b", b"ab", ()),
        (b"b", b"ba", ()),
    ],
)
def test_a_function_is_unknown_whose_every_call_runs_as_one_of_none(
    known: bytes, letters: bytes, found: tuple[str, ...]
) -> None:
    executor: Any = Answering(known)
    calls = [called(SUM.selector + bytes((letter,))) for letter in letters]
    strangers = [called(b""), called(b"none"), called(NO_SELECTOR)]
    assert unknown_functions(executor, [SUM, FLAT], [*strangers, *calls]) == found


def test_a_call_without_enough_gas_tells_nothing() -> None:
    executor: Any = Answering(b"", kind="out of gas")
    assert unknown_functions(executor, [SUM], [called(SUM.selector)]) == ()


# Judging


def ended(status: CaseStatus, kind: str = "", gas_used: int = 0) -> CaseOutcome:
    return CaseOutcome(status, kind, None, b"", (), gas_used, 0)


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (ended(CaseStatus.SUCCESS), "success"),
        (ended(CaseStatus.REVERTED), "reverted"),
        (ended(CaseStatus.REFUSED, "nonce too low"), "refused"),
        (ended(CaseStatus.FAILURE, "unreachable"), "unreachable"),
    ],
)
def test_a_call_ends_with_a_word(outcome: CaseOutcome, word: str) -> None:
    assert outcome_word(outcome) == word


class Executor:
    """Positions are the transactions that lead there."""

    begin = SimpleNamespace(transactions=())
    last_edge = 5

    def __init__(self, place: str = "", edge: Any = None) -> None:
        self.place, self.edge = place, edge

    def advance(self, position: Any, transactions: tuple[Any, ...]) -> Any:
        return SimpleNamespace(transactions=position.transactions + transactions)

    def run(self, _: Any, transaction: CaseTransaction) -> CaseOutcome:
        return ended(CaseStatus.SUCCESS, gas_used=len(transaction.data))

    def failure_place(self, _: Any, __: Any) -> str:
        return self.place

    def describe_edge(self, edge: int) -> Any:
        assert edge == 5
        return self.edge


class Oracle:
    """Finds a difference in sequences that end with these lengths of data."""

    share = share_of_new = MILLION

    def __init__(self, name: str, *lengths: int) -> None:
        self.name, self.lengths = name, lengths

    def check(
        self, _: Any, position: Any, transactions: Any, outcomes: Any
    ) -> Finding | None:
        whole = (*position.transactions, *transactions)
        if len(whole[-1].data) not in self.lengths:
            return None
        return Finding(DIFFERENCE, self.name, "here", "story", (("a", "b"),))


def judge_of(
    *oracles: Oracle, executor: Executor | None = None, share: int = MILLION
) -> tuple[CaseJudge, ChunkResult]:
    campaign: Any = SimpleNamespace(
        oracles=[lambda _, oracle=oracle: oracle for oracle in oracles],
        functions=[SUM],
        seed=1,
    )
    parts: Any = SimpleNamespace(
        executor=executor or Executor(),
        judge=SimpleNamespace(
            has_invariants=False,
            is_crash=lambda outcome: outcome.error_kind == "crash",
            crash=lambda outcome, place: Finding(CRASH, "crash", place),
        ),
        label=selector_of,
        simpler=lambda _: iter(()),
        measure=lambda call: [("f", None), ("f", len(call.data))],
    )
    return CaseJudge(campaign, parts), ChunkResult(0)


def long(length: int) -> CaseTransaction:
    return called(bytes(length))


def judged(judge: CaseJudge, number: int, *case: CaseTransaction) -> None:
    outcomes = [ended(CaseStatus.SUCCESS, gas_used=len(each.data)) for each in case]
    judge.judge(number, Executor.begin, case, outcomes, is_new=False)
    judge.keep()


def test_a_finding_is_kept_with_its_first_case_and_shortest_sequence() -> None:
    judge, result = judge_of(Oracle("o", 8, 9))
    judge.begin(FrozenRound(0), result)
    key = (DIFFERENCE, "o", "here")
    judged(judge, 3, long(9), long(9))
    finding = Finding(*key, "story", (("a", "b"),), (long(9),))
    assert result.findings == {key: FoundFinding(finding, 3)}
    judged(judge, 4, long(9))
    judged(judge, 5, long(7))
    judged(judge, 6, long(8))
    assert result.findings[key].finding.transactions == (long(8),)
    assert (result.findings[key].case, result.repeats) == (3, {key: 3})
    assert result.checks == {"o": 4}


@pytest.mark.parametrize(("size", "is_kept"), [((1, 9), False), ((1, 10), True)])
def test_a_finding_that_is_known_is_kept_only_if_it_is_shorter(
    size: tuple[int, int], is_kept: bool
) -> None:
    judge, result = judge_of(Oracle("o", 9))
    key = (DIFFERENCE, "o", "here")
    judge.begin(FrozenRound(1, known=((key, size),)), result)
    judged(judge, 3, long(9))
    assert (key in result.findings, result.repeats[key]) == (is_kept, 1)


def test_what_is_not_kept_leaves_nothing() -> None:
    judge, result = judge_of(Oracle("o", 9))
    judge.begin(FrozenRound(0), result)
    case = (long(9),)
    judge.judge(0, Executor.begin, case, [ended(CaseStatus.SUCCESS)], is_new=True)
    judge.begin(FrozenRound(0), result)
    judge.keep()
    assert result == ChunkResult(0)


def test_calls_are_counted_by_function_and_word() -> None:
    judge, result = judge_of()
    judge.begin(FrozenRound(0), result)
    judged(judge, 0, called(SUM.selector), called(b"none"), called(b""))
    assert result.outcomes == Counter(
        {(SUM.selector, "success"): 1, (b"", "success"): 2}
    )
    judged(judge, 1, called(SUM.selector))
    assert result.outcomes[SUM.selector, "success"] == 2


def test_the_most_gas_of_each_size_is_kept() -> None:
    judge, result = judge_of()
    known = GasRecord("f", None, 7, 0, ())
    judge.begin(FrozenRound(1, records=(known,)), result)
    judged(judge, 3, long(7), long(5))
    # As much as before is no record, at any size, but it is the first of its size.
    assert result.records == {
        ("f", 7): GasRecord("f", 7, 7, 3, (long(7),)),
        ("f", 5): GasRecord("f", 5, 5, 3, (long(7), long(5))),
    }
    judged(judge, 4, long(8))
    assert result.records["f", None] == GasRecord("f", None, 8, 4, (long(8),))
    refused = [ended(CaseStatus.REVERTED, gas_used=99)]
    judge.judge(5, Executor.begin, (long(99),), refused, is_new=False)
    judge.keep()
    assert ("f", 99) not in result.records


EDGE = SimpleNamespace(func_index=3, func_name="main", offset=0x40)


@pytest.mark.parametrize(
    ("place", "edge", "text"),
    [
        ("func 1", EDGE, "func 1"),
        ("", EDGE, "func 3 (main) after 0x40"),
        ("", None, ""),
    ],
)
def test_a_run_ended_where_the_executor_says_or_after_an_edge(
    place: str, edge: Any, text: str
) -> None:
    judge, _ = judge_of(executor=Executor(place, edge))
    assert judge._end_of_run(Executor.begin, long(1)) == text


def test_nothing_is_added_of_a_case_without_anything_but_its_times() -> None:
    result, case = ChunkResult(0), ChunkResult(0)
    case.findings = {(CRASH, "a", ""): FoundFinding(Finding(CRASH, "a"), 1)}
    result.add_case(case)
    assert result == ChunkResult(0)
    case.checks["o"] = 1
    case.seconds["calls", "f"] = 2.0
    result.add_case(case)
    assert list(result.findings) == [(CRASH, "a", "")]
    assert result.checks == {"o": 1}
    assert (case.findings, case.checks) == ({}, {})
    assert case.seconds == {("calls", "f"): 2.0}
