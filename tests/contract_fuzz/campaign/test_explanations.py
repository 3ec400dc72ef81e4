"""An explanation of a difference, part by part: what fails leaves a note."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace
from typing import Any

import pytest

from contract_fuzz.campaign import difference_reports
from contract_fuzz.campaign.difference_reports import (
    case_blocks,
    case_of,
    code_at,
    code_by,
    explain_difference,
    factory_of,
    shrink,
    with_code,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.errors import ShrinkerMissing
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.divergence import Divergence
from contract_fuzz.oracles.oracle import DIFFERENCE, MILLION, Finding
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contractvm.errors import InternalError
from tests.helpers.fuzz_contracts import STEPS, TRAPS, campaign_for, contract


@cache
def campaign() -> Campaign:
    return campaign_for(STEPS, oracles=(engine_oracle("wasmtime", MILLION),))


def step(**fields: Any) -> CaseTransaction:
    made = campaign()
    data = made.functions[0].selector
    fields.setdefault("gas_limit", 100_000)
    return CaseTransaction(made.start.contracts[0], data, **fields)


def finding(name: str = "engine wasmtime: output") -> Finding:
    return Finding(DIFFERENCE, name, story="story", transactions=(step(), step()))


def explained(
    monkeypatch: pytest.MonkeyPatch, asked: Finding | None = None, **answers: Any
) -> Any:
    """An explanation whose parts give these answers; what is an error is raised."""
    found: Any = {"find_divergence": None, "shrink": None, "case_of": "case"}
    for name, answer in {**found, **answers}.items():

        def give(*_: object, answer: Any = answer) -> Any:
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(difference_reports, name, give)
    return explain_difference(campaign(), asked or finding())


def test_an_explanation_has_all_its_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    made = explained(monkeypatch, find_divergence=Divergence(1), shrink="smaller")
    assert (made.engine, made.divergence, made.code) == (
        *("wasmtime", Divergence(1), campaign().code),
    )
    assert (made.case, made.shrunk, made.notes) == ("case", "smaller", ())


def test_what_was_not_found_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    made = explained(
        monkeypatch, find_divergence=InternalError("why"), shrink=ShrinkerMissing()
    )
    assert (made.divergence, made.shrunk) == (None, None)
    assert made.notes == (
        "where it begins was not found: why",
        f"the module was not made smaller: {ShrinkerMissing()}",
    )


def test_a_shrinking_that_was_stopped_is_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    explained(monkeypatch)
    made = explain_difference(campaign(), finding(), should_stop=lambda: True)
    assert made.notes == ("the module may become smaller: there was no time left",)


def test_a_contract_without_code_is_not_shrunk(monkeypatch: pytest.MonkeyPatch) -> None:
    nobody = replace(
        finding(), transactions=(CaseTransaction(campaign().start.senders[0].address),)
    )
    made = explained(monkeypatch, nobody, shrink=InternalError("asked"))
    assert made.code == b""


def test_a_finding_of_no_oracle_of_the_campaigns_is_our_own_error() -> None:
    assert factory_of(campaign(), finding()) is campaign().oracles[0]
    for name in ("engine wasmtim: output", "ledger: output"):
        with pytest.raises(InternalError) as caught:
            factory_of(campaign(), finding(name))
        assert str(caught.value) == f"no oracle of the campaign says {name!r}"


def test_code_is_found_by_its_hash() -> None:
    made = campaign()
    code_hash = bytes.fromhex(str(made.document()["codeHash"]))
    find = code_by(made.code)
    assert (find(code_hash), find(bytes(32))) == (made.code, None)


def test_another_module_takes_the_place_of_the_contracts() -> None:
    start, code = campaign().start, contract(TRAPS)
    address = start.contracts[0]
    changed = with_code(start, address, code)
    assert code_at(changed, address) == code
    assert code_at(start, address) == campaign().code
    assert changed.root != start.root
    assert changed.entries == tuple(sorted(changed.entries))
    assert set(start.entries) < set(changed.entries)


def shrinking(monkeypatch: pytest.MonkeyPatch, *codes: bytes, **options: Any) -> Any:
    """Shrink by asking about these; the answers, and the result."""
    answers: list[bool] = []

    def ask(code: bytes, shows: Any, *, attempts: int) -> bytes:
        assert (code, attempts) == (campaign().code, 9)
        answers.extend(map(shows, codes))
        return code

    monkeypatch.setattr(difference_reports, "shrink_module", ask)
    made = campaign()
    contracts = made.start.contracts
    found = shrink(
        *(made.start, contracts[0], finding(), made.oracles[0], 9), **options
    )
    return answers, found


def test_a_module_that_cannot_be_placed_shows_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr(
        difference_reports, "shows_again", lambda *asked: bool(shown.append(asked)) or 1
    )
    codes = (b"no module", b"\0asm\1\0\0\0", contract(TRAPS))
    answers, found = shrinking(monkeypatch, *codes)
    assert (answers, found) == ([False, False, True], None)
    ((executor, factory, asked),) = shown
    assert code_at(executor.start, campaign().start.contracts[0]) == codes[2]
    assert (factory, asked) == (campaign().oracles[0], finding())


def test_after_a_stop_no_module_is_run(monkeypatch: pytest.MonkeyPatch) -> None:
    options = {"should_stop": lambda: True}
    assert shrinking(monkeypatch, campaign().code, **options) == ([False], None)


# The case


def test_refused_transactions_are_in_no_block() -> None:
    replays = CaseReplays(campaign().start)
    refused = step(gas_limit=20_000)
    blocks, before = case_blocks(replays, (step(), refused, step(seconds=7), refused))
    head = campaign().start.head
    assert [(block.number, block.timestamp) for block in blocks] == [
        (head.number + 1, head.timestamp + 1),
        (head.number + 2, head.timestamp + 8),
    ]
    assert [len(block.transactions) for block in blocks] == [1, 1]
    assert before == replays.after(replays.begin, step())
    assert {block.base_fee for block in blocks} == {None}


def test_a_case_is_run_on_the_interpreter_or_else_on_the_other_engine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case = case_of(campaign().start, finding(), None)
    assert case.note == "engine wasmtime: output\nstory"
    assert len(case.outcomes) == 2
    tried: list[str] = []
    failing = {"interpreter"}

    def make(*_: object, engine: str, **__: object) -> Any:
        tried.append(engine)
        if engine in failing:
            raise InternalError("why")
        return case

    monkeypatch.setattr(difference_reports, "make_case", make)
    assert case_of(campaign().start, finding(), "wasmtime") == case
    with pytest.raises(InternalError, match="why"):
        case_of(campaign().start, finding(), None)
    assert tried == ["interpreter", "wasmtime", "interpreter"]
    failing.add("wasmtime")
    with pytest.raises(InternalError, match="why"):
        case_of(campaign().start, finding(), "wasmtime")
    assert tried[3:] == ["interpreter", "wasmtime"]
    failing.clear()
    assert case_of(campaign().start, finding(), "wasmtime") == case
    assert tried[5:] == ["interpreter"]


def test_a_difference_shows_again_only_under_its_name() -> None:
    executor: Any = SimpleNamespace(begin="begin", run_sequence=lambda *_: "outcomes")
    for answer, shows in (
        (None, False),
        (finding(), True),
        (finding("engine wasmtime: logs"), False),
    ):

        def check(*asked: object, answer: Any = answer) -> Any:
            transactions = finding().transactions
            assert asked == (executor, "begin", transactions, "outcomes")
            return answer

        oracle: Any = SimpleNamespace(check=check)
        assert (
            difference_reports.shows_again(executor, lambda _, o=oracle: o, finding())
            is shows
        )
