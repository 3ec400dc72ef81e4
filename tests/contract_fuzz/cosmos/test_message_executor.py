"""The executor of messages: its positions, views and ledgers; invariants on it."""

import json
from dataclasses import replace
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from msgspec import structs

from chain_sim.cosmos.errors import CosmosError
from chain_sim.cosmos.wasm.machine import CODE_BYTES
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos import executor as executors
from contract_fuzz.cosmos.campaign import CosmosCampaign, message_parts
from contract_fuzz.cosmos.cases import (
    DEFAULT_GAS,
    CosmosPosition,
    CosmosStart,
    CosmosTransaction,
)
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_fuzz.cosmos.inputs import MessageInputs, MessageKind, kinds_of
from contract_fuzz.cosmos.judging import ChainView, MessageJudge
from contract_fuzz.cosmos.shapes import Schema, read_template
from contract_fuzz.cosmos.starts import start_from_contract
from contract_fuzz.errors import InvariantFails, PositionDiffers, SetupFailed
from contract_fuzz.inputs.dictionary import Dictionary
from tests.helpers.cosmos_fuzzing import FUZZED
from tests.helpers.cosmwasm import ECHO, response
from tests.helpers.wat import wat_to_wasm

KEEP, DENY = '{"keep":1}', '{"deny":1}'


@cache
def start() -> CosmosStart:
    return start_from_contract(FUZZED, "{}")[0]


@pytest.fixture(scope="module")
def executor() -> CosmosExecutor:
    return CosmosExecutor(start())


def execute(message: str, **fields: Any) -> CosmosTransaction:
    return CosmosTransaction("execute", message, gas_limit=200_000, **fields)


QUERY = CosmosTransaction("query", "{}", gas_limit=200_000)
PAID = execute(KEEP, funds="2stake")


def test_a_hash_of_a_position_is_that_of_its_state_height_and_time() -> None:
    position = CosmosPosition(b"root", 12, 34)
    assert position.block_hash == sha256(b"root12 34").digest()


def test_a_message_has_ten_million_gas_unless_it_says_otherwise() -> None:
    assert CosmosTransaction("sudo", "{}").document() == {
        "entry": "sudo",
        "message": "{}",
        "contract": 0,
        "sender": 0,
        "funds": "",
        "codeId": 0,
        "gasLimit": DEFAULT_GAS,
        "seconds": 0,
    }
    assert DEFAULT_GAS == 10_000_000


def test_each_message_that_succeeded_makes_a_block(executor: CosmosExecutor) -> None:
    begin = executor.begin
    case = [execute(KEEP), execute(DENY), QUERY, execute(KEEP, seconds=7)]
    heights = [
        executor.advance(begin, case[:count]).height - begin.height
        for count in range(5)
    ]
    assert heights == [0, 1, 1, 1, 2]
    after = executor.advance(begin, case)
    usual = executor.advance(begin, [execute(KEEP)] * 2)
    assert after.time - usual.time == 7_000_000_000
    assert after.transactions == (case[0], case[3])
    assert executor.advance(begin, []) is begin
    assert executor.advance(begin, [execute(DENY)]) == begin
    outcomes, root = executor.run_to_root(begin, case)
    assert [outcome.status for outcome in outcomes] == [
        CaseStatus.SUCCESS,
        CaseStatus.REVERTED,
        CaseStatus.SUCCESS,
        CaseStatus.SUCCESS,
    ]
    assert root == after.root
    assert executor.observe_with_block(begin, case) == (
        outcomes,
        after.root,
        after.block_hash,
    )


def test_blocks_of_a_run_are_those_that_follow(executor: CosmosExecutor) -> None:
    case = [execute(KEEP), execute(DENY), QUERY, execute(KEEP, seconds=7)]
    blocks = executor.look(executor.begin, case, lambda _, view: view.block)
    begin = executor.begin
    places = [executor.advance(begin, case[:count]) for count in range(1, 5)]
    assert [(block.height, block.time) for block in blocks] == [
        (place.height, place.time) for place in places
    ]
    assert executor.look_at(places[3]).block == blocks[3]
    assert {block.chain_id for block in blocks} == {start().chain.chain_id}


def test_a_position_of_another_start_is_refused(executor: CosmosExecutor) -> None:
    position = executor.advance(executor.begin, [execute(KEEP)])
    wrong = replace(position, root=executor.begin.root)
    with pytest.raises(PositionDiffers) as caught:
        executor.run(wrong, execute(KEEP))
    assert (caught.value.position, caught.value.found) == (wrong, position)


def test_the_position_that_was_used_longest_ago_is_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(executors, "MAX_OPEN", 2)
    made = CosmosExecutor(start(), has_coverage=False)
    first = made.advance(made.begin, [execute(KEEP)])
    assert [*made._open] == [made.begin.block_hash, first.block_hash]
    made.run(made.begin, execute(KEEP))
    second = made.advance(first, [execute(KEEP, seconds=1)])
    assert [*made._open] == [first.block_hash, second.block_hash]


def test_the_simplest_calls_are_one_of_each_contract() -> None:
    twice = replace(start(), contracts=start().contracts * 2)
    made = CosmosExecutor.plain(twice)
    assert made.simplest_calls() == [
        CosmosTransaction("execute", "{}", 0),
        CosmosTransaction("execute", "{}", 1),
    ]


def test_edges_are_in_no_known_place(executor: CosmosExecutor) -> None:
    executor.run(executor.begin, execute(KEEP))
    assert executor.describe_edge(executor.last_edge) is None  # type: ignore[func-returns-value]
    assert executor.failure_place(executor.begin, execute(KEEP)) == ""
    assert executor.comparisons() == []


def test_only_the_covering_executor_counts_edges(executor: CosmosExecutor) -> None:
    executor.run(executor.begin, execute(KEEP))
    assert any(executor.edge_counts)
    executor.look(executor.begin, [execute(KEEP)], lambda *_: None)
    assert not any(executor.edge_counts)
    for made in (CosmosExecutor.plain(start()), executor.twin()):
        made.run(made.begin, execute(KEEP))
        assert not any(made.edge_counts)
        assert made.edge_total < executor.edge_total


def test_code_of_a_start_that_is_no_module_has_no_edges(
    executor: CosmosExecutor,
) -> None:
    chain = start().chain
    damaged = {**chain.entries, CODE_BYTES + bytes(32): b"no module"}
    made = CosmosExecutor(
        replace(start(), chain=structs.replace(chain, entries=damaged))
    )
    assert made.edge_total == executor.edge_total


def test_ledgers_are_those_of_what_contracts_executed(
    executor: CosmosExecutor,
) -> None:
    case = [execute(KEEP), execute(DENY), QUERY, execute(KEEP)]
    refused = CosmosTransaction("execute", KEEP, funds="2stake", gas_limit=200_000)
    roots = list(executor.ledgers([*case, refused]))
    outcomes = executor.run_sequence(executor.begin, [*case, refused])
    assert [root.total_gas for root in roots] == [each.gas_used for each in outcomes]


def test_what_is_not_simulated_has_no_ledger() -> None:
    echo = start_from_contract(wat_to_wasm(ECHO), json.dumps(response()))[0]
    delegate = {
        "id": 0,
        "msg": {"staking": {"delegate": {}}},
        "gas_limit": None,
        "reply_on": "never",
    }
    refused, plain = (execute(json.dumps(response(*ids))) for ids in ((delegate,), ()))
    made = CosmosExecutor.plain(echo)
    case = [refused, plain]
    outcomes = made.run_sequence(made.begin, case)
    assert [one.status for one in outcomes] == [CaseStatus.REFUSED, CaseStatus.SUCCESS]
    assert [root.total_gas for root in made.ledgers(case)] == [outcomes[1].gas_used]


# The chain as invariants see it


def view_of(executor: CosmosExecutor, *case: CosmosTransaction) -> ChainView:
    position = executor.advance(executor.begin, case)
    return ChainView(start(), executor.look_at(position))


def test_an_invariant_sees_answers_balances_and_supplies(
    executor: CosmosExecutor,
) -> None:
    view = view_of(executor, PAID)
    (contract,) = view.contracts
    assert view.query({"ask": {}}) == {}
    assert view.query('{"ask":{}}', contract) == {}
    assert view.balance(contract, "stake") == 2
    assert view.balance(view.senders[0], "stake") == 999_999_998
    assert view.balance(view.senders[1], "stake") == 1_000_000_000
    assert view.supply("stake") == 3_000_000_000
    assert view.supply("other") == 0


def test_a_query_that_fails_raises_the_chains_error(executor: CosmosExecutor) -> None:
    view = view_of(executor)
    with pytest.raises(CosmosError):
        view.query({}, view.senders[0])


NOT_HELD = "AssertionError: invariant_a returned False"


def judge_of(executor: CosmosExecutor, **invariants: Any) -> MessageJudge:
    return MessageJudge(executor, (), invariants)


def test_the_story_of_a_crash_is_cut(executor: CosmosExecutor) -> None:
    outcome = executor.run(executor.begin, execute('{"burst":1}'))
    told = structs.replace(outcome, error="x" * 401)
    assert judge_of(executor).crash(told, "here").story == "x" * 400


def never_paid(view: ChainView) -> bool:
    return view.balance(view.contracts[0], "stake") == 0


def fails(_: ChainView) -> None:
    raise AssertionError("as it should")


def breaks(_: ChainView) -> None:
    raise ValueError("why")


def refuses(view: ChainView) -> None:
    view.query({}, view.senders[0])


def without_place(reason: str) -> str:
    """What an invariant raised, without its file and line."""
    return reason.partition(" (")[0]


def test_an_invariant_may_fail_at_the_start_but_not_break(
    executor: CosmosExecutor,
) -> None:
    judge_of(executor, invariant_a=never_paid, invariant_b=fails).require_callable()
    with pytest.raises(InvariantFails) as caught:
        judge_of(executor, invariant_a=fails, invariant_b=breaks).require_callable()
    assert caught.value.signature == "invariant_b"
    assert without_place(caught.value.reason) == "ValueError: why"


def test_invariants_are_checked_at_a_position_without_messages(
    executor: CosmosExecutor,
) -> None:
    judge = judge_of(executor, invariant_a=never_paid, invariant_b=fails)
    paid = executor.advance(executor.begin, [PAID])
    failed = (0, "invariant", "invariant_b", "", "AssertionError: as it should")
    was_paid = (0, "invariant", "invariant_a", "", NOT_HELD)
    for position, wanted in ((executor.begin, [failed]), (paid, [was_paid, failed])):
        found = [
            (count, one.kind, one.name, one.place, without_place(one.story))
            for count, one in judge.broken_invariants(position, ())
        ]
        assert found == wanted


def test_invariants_are_checked_after_each_message_that_succeeded(
    executor: CosmosExecutor,
) -> None:
    judge = judge_of(executor, invariant_a=never_paid)
    case = [execute(KEEP), PAID, execute(DENY), execute(KEEP)]
    found = list(judge.broken_invariants(executor.begin, case))
    assert [count for count, _ in found] == [2, 4]


def test_an_error_of_the_chains_is_an_invariant_that_does_not_hold(
    executor: CosmosExecutor,
) -> None:
    judge = judge_of(executor, invariant_a=refuses)
    ((count, finding),) = judge.broken_invariants(executor.begin, [execute(KEEP)])
    assert (count, finding.name) == (1, "invariant_a")
    assert finding.story


def test_an_invariant_that_breaks_later_ends_the_campaign(
    executor: CosmosExecutor,
) -> None:
    judge = judge_of(executor, invariant_a=breaks)
    with pytest.raises(SetupFailed) as caught:
        list(judge.broken_invariants(executor.begin, [execute(KEEP)]))
    assert caught.value.script == "invariant_a"
    assert without_place(caught.value.reason) == "ValueError: why"


# Parts of a campaign


def test_a_campaign_measures_nothing_and_knows_of_no_unknown_functions() -> None:
    parts = message_parts(CosmosCampaign(start(), FUZZED))
    assert list(parts.measure(execute(KEEP))) == []
    assert parts.unknown_functions() == ()
    assert not parts.judge.has_invariants
    assert CosmosCampaign(start(), FUZZED).objective is None


def test_labels_are_kept_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contract_fuzz.cosmos.inputs.MAX_KEPT", 2)
    kinds: tuple[MessageKind, ...] = kinds_of(
        "execute", Schema(read_template({"keep": 1}))
    )
    inputs = MessageInputs(start(), kinds, Dictionary((0,), (), ()), 1_000)
    case = [execute(KEEP), execute(DENY), execute(KEEP, seconds=1)]
    assert [inputs.label(one) for one in case[:2]] == [b"execute keep", b""]
    assert [*inputs._labels] == case[:2]
    assert inputs.label(case[2]) == b"execute keep"
    assert [*inputs._labels] == case[2:]
