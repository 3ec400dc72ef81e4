"""Campaigns of CosmWasm contracts: runs, findings, invariants and reports."""

import json
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from chain_sim import CosmosChain
from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.files.cases import decode_case, encode_case, replay_case
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.corpus_directory import CorpusDirectory
from contract_fuzz.campaign.report import make_report
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos.campaign import CosmosCampaign, case_of, message_parts
from contract_fuzz.cosmos.cases import (
    CosmosStart,
    CosmosTransaction,
    read_transaction,
)
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_fuzz.cosmos.inputs import MessageKind, kinds_of
from contract_fuzz.cosmos.judging import TOKENS, check_invariant
from contract_fuzz.cosmos.outcomes import token_fault
from contract_fuzz.cosmos.shapes import Schema, read_template
from contract_fuzz.cosmos.starts import start_from_chain, start_from_contract
from contract_fuzz.errors import (
    InvalidEntry,
    InvariantFails,
    PositionDiffers,
    SetupFailed,
)
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.oracle import MILLION, OracleFactory
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contract_fuzz.oracles.perturbation_oracles import SurroundingsOracle
from contract_fuzz.workers.pools import InProcess, Processes
from contractvm.metering.names import GAS_EXPORT
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.cosmos_fuzzing import FUZZED
from tests.helpers.cosmwasm import ECHO, response
from tests.helpers.planted_engines import SoundEngine
from tests.helpers.wat import wat_to_wasm
from tests.helpers.wrong_engine import WrongEngine, use_wrong_engine

KEEP, BURST = '{"keep":1}', '{"burst":1}'
DENY, LOOP = '{"deny":1}', '{"loop":1}'


@cache
def start() -> CosmosStart:
    return start_from_contract(FUZZED, "{}")[0]


def kinds(**templates: Any) -> tuple[MessageKind, ...]:
    return tuple(
        kind
        for name in templates
        for kind in kinds_of("execute", Schema(read_template({name: templates[name]})))
    )


def campaign(**options: Any) -> CosmosCampaign:
    options.setdefault("kinds", kinds(keep="$number", deny=1, burst="$text"))
    return CosmosCampaign(start(), FUZZED, **options)


def run(made: CosmosCampaign, runs: int) -> CampaignState:
    coordinator = Coordinator(made)
    coordinator.begin([])
    return coordinator.run(InProcess(made, coordinator.runner), CampaignLimits(runs))


def execute(message: str, **fields: Any) -> CosmosTransaction:
    fields.setdefault("gas_limit", 200_000)
    return CosmosTransaction("execute", message, **fields)


# The executor


def test_runs_give_what_the_chain_gives() -> None:
    executor = CosmosExecutor(start())
    outcome = executor.run(executor.begin, execute(KEEP, funds="2stake"))
    chain = CosmosChain()
    people = [chain.account(name, "1000000000stake") for name in ("alice", "bob")]
    chain.account("carol", "1000000000stake")
    contract = chain.store(FUZZED, people[0]).instantiate(
        "{}", sender=people[0], admin=people[0], label="fuzzed"
    )
    assert chain.head.root == executor.begin.root
    sent = contract.execute(KEEP, sender=people[0], funds="2stake")
    assert (outcome.gas_used, dict(outcome.gas)) == (sent.gas_used, sent.gas)
    assert [kind for kind, _ in outcome.events] == [e.kind for e in sent.events]
    position = executor.advance(executor.begin, [execute(KEEP, funds="2stake")])
    assert (position.root, position.height) == (chain.head.root, chain.head.height)
    assert position.time == chain.head.time


def test_outcomes_say_how_a_message_ended() -> None:
    executor = CosmosExecutor(start())
    found = executor.run_sequence(
        executor.begin,
        [
            execute(KEEP),
            execute(DENY),
            execute(BURST),
            execute(LOOP, gas_limit=62_000),
            execute(KEEP, funds="9nothing"),
            execute("[", gas_limit=62_000),
        ],
    )
    assert [(each.status, each.error_kind) for each in found] == [
        (CaseStatus.SUCCESS, ""),
        (CaseStatus.REVERTED, ""),
        (CaseStatus.FAILURE, "unreachable"),
        (CaseStatus.FAILURE, "out of gas"),
        (CaseStatus.FAILURE, "sdk 5"),
        (CaseStatus.FAILURE, "wasm 14"),
    ]


def test_runs_leave_no_trace_and_positions_are_computed_again() -> None:
    executor = CosmosExecutor(start())
    first = executor.run(executor.begin, execute(KEEP))
    assert executor.run(executor.begin, execute(KEEP)) == first
    position = executor.advance(executor.begin, [execute(KEEP), execute(DENY)])
    # A message that failed makes no block.
    assert position.transactions == (execute(KEEP),)
    other = CosmosExecutor(start(), has_coverage=False)
    query = CosmosTransaction("query", "{}", gas_limit=200_000)
    assert other.run(position, query) == executor.run(position, query)
    wrong = replace(position, root=bytes(32))
    with pytest.raises(PositionDiffers):
        other.run(wrong, query)


def test_what_is_not_simulated_is_refused() -> None:
    echo = start_from_contract(wat_to_wasm(ECHO), json.dumps(response()))[0]
    executor = CosmosExecutor(echo)
    staking = {
        "id": 0,
        "msg": {"staking": {"delegate": {}}},
        "gas_limit": None,
        "reply_on": "never",
    }
    outcome = executor.run(executor.begin, execute(json.dumps(response(staking))))
    assert (outcome.status, outcome.error_kind) == (
        CaseStatus.REFUSED,
        "not simulated",
    )


@pytest.mark.parametrize("engine", ENGINES)
def test_engines_see_the_same(engine: str) -> None:
    here, there = CosmosExecutor(start()), CosmosExecutor(start()).twin(engine)
    calls = [execute(KEEP), execute(BURST), execute(DENY), execute(KEEP)]
    assert here.observe_with_block(here.begin, calls) == there.observe_with_block(
        there.begin, calls
    )


# Findings


def test_crash_is_found_shortened_and_replayed() -> None:
    state = run(campaign(), 200)
    (found,) = state.findings.values()
    assert (found.finding.kind, found.finding.name) == ("crash", "unreachable")
    (transaction,) = found.finding.transactions
    assert (transaction.sender, transaction.funds, transaction.seconds) == (0, "", 0)
    case = decode_case(
        encode_case(case_of(start(), found.finding.transactions, "a note"))
    )
    assert case.note == "a note"
    for engine in ENGINES:
        assert replay_case(case, engine).deviations == ()
    assert "unreachable" in case.steps[-1].outcome["error"]


@pytest.mark.parametrize(
    ("fail_on", "names"),
    [
        ((), set()),
        (("reverts",), {"reverted"}),
        (("out-of-gas",), {"out of gas"}),
        (("traps", "reverts"), {"reverted", "unreachable"}),
    ],
)
def test_failures_that_count_are_chosen(
    fail_on: tuple[str, ...], names: set[str]
) -> None:
    made = campaign(
        kinds=kinds(keep=1, deny=1, burst=1, loop=1),
        fail_on=fail_on,
        gas_limit=62_000 if "out-of-gas" in fail_on else 150_000,
    )
    found = run(made, 60).findings
    assert {name for _, name, _ in found} == names


@pytest.mark.parametrize(
    ("fail_on", "least"),
    [(("out-of-gas",), 1_000_000), ((), 150_000), (("traps",), 150_000)],
)
def test_where_running_out_of_gas_counts_every_message_has_all(
    fail_on: tuple[str, ...], least: int
) -> None:
    made = campaign(kinds=kinds(keep=1), fail_on=fail_on, gas_limit=1_000_000)
    parts = message_parts(made)
    sent = parts.inputs.simplest()[0]
    assert parts.gas.limited(sent, 0).gas_limit == least


def test_same_campaign_has_the_same_report_with_any_workers() -> None:
    made = campaign()
    state = run(made, 128)
    report = make_report(made, state, [])
    coordinator = Coordinator(made)
    coordinator.begin([])
    pool = Processes(made, 2)
    try:
        other = coordinator.run(pool, CampaignLimits(128))
    finally:
        pool.close()
    assert make_report(made, other, []).hash == report.hash
    calls = {
        each["signature"]: each["outcomes"] for each in report.document["functions"]
    }
    assert set(calls["execute deny"]) <= {"reverted", "sdk 5", "out of gas"}
    assert "unreachable" in calls["execute burst"]


class DearEngine(WrongEngine):
    """Each call of an export costs a unit more."""

    def spoil(self, instance: Any) -> None:
        counter = instance.export(GAS_EXPORT)
        if counter.value:
            counter.value -= 1


@pytest.mark.parametrize(
    "make",
    [
        engine_oracle("wasmtime", MILLION),
        *(
            partial(SurroundingsOracle, name, MILLION)
            for name in ("poisoned-memory", "moved-memory", "narrow-stack")
        ),
        partial(FreshOracle, MILLION, MILLION),
    ],
)
def test_oracles_find_nothing_wrong_with_a_sound_contract(make: OracleFactory) -> None:
    executor = CosmosExecutor(start())
    oracle = make(executor)
    calls = [execute(KEEP), execute(BURST), execute(DENY)]
    outcomes = executor.run_sequence(executor.begin, calls)
    assert oracle.check(executor, executor.begin, calls, outcomes) is None
    position = executor.advance(executor.begin, calls)
    again = executor.run_sequence(position, calls[:1])
    assert oracle.check(executor, position, calls[:1], again) is None


# Tokens


def test_tokens_that_move_and_burn_are_no_finding() -> None:
    echo = start_from_contract(wat_to_wasm(ECHO), json.dumps(response()))[0]
    executor = CosmosExecutor(echo)

    def bank_message(content: dict[str, Any]) -> str:
        message = {
            "id": 0,
            "msg": {"bank": content},
            "gas_limit": None,
            "reply_on": "never",
        }
        return json.dumps(response(message))

    coins = [{"denom": "stake", "amount": "3"}]
    burn = bank_message({"burn": {"amount": coins}})
    move = bank_message({"send": {"to_address": echo.senders[1], "amount": coins}})
    outcomes = executor.run_sequence(
        executor.begin,
        [execute(burn, funds="5stake"), execute(move, funds="3stake")],
    )
    assert [(each.status, each.token_fault) for each in outcomes] == [
        (CaseStatus.SUCCESS, ""),
        (CaseStatus.SUCCESS, ""),
    ]


def test_token_fault_compares_balances_supply_and_burning() -> None:
    balance = b"b\x02\x01Astake"
    supply = b"b\x00stake"
    assert token_fault((), {}) == ""
    assert (
        token_fault((), {balance: (b"1", b"3"), b"b\x02\x01Bstake": (b"2", None)}) == ""
    )
    assert token_fault((), {balance: (b"1", b"2")}) == (
        "stake: balances +1, supply +0, burned 0"
    )
    assert token_fault((), {supply: (b"9", b"8")}) == (
        "stake: balances +0, supply -1, burned 0"
    )
    assert token_fault((), {balance: (None, b"2"), supply: (b"5", b"7")}) == (
        "stake: balances +2, supply +2, burned 0"
    )


def test_bank_that_makes_tokens_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    made = campaign(kinds=kinds(keep=1), fail_on=())
    assert run(made, 40).findings == {}
    add = bank._add

    def generous(context: Any, address: bytes, coins: Any) -> None:
        add(context, address, tuple((name, amount + 1) for name, amount in coins))

    monkeypatch.setattr(bank, "_add", generous)
    (found,) = run(made, 40).findings.values()
    assert (found.finding.kind, found.finding.name) == ("invariant", TOKENS)
    assert found.finding.story == "stake: balances +1, supply +0, burned 0"
    (transaction,) = found.finding.transactions
    assert transaction.funds


# A user's invariants

SCRIPT = """
def invariant_never_paid(chain):
    return chain.balance(chain.contracts[0], "stake") == 0

def invariant_asked(chain):
    assert chain.query({}) == {}
    assert chain.supply("stake") == 3_000_000_000

def helper(chain):
    raise ValueError
"""


def test_users_invariants_are_checked_after_each_message(tmp_path: Path) -> None:
    script = tmp_path / "invariants.py"
    script.write_text(SCRIPT)
    made = campaign(kinds=kinds(keep=1), invariants=script)
    (found,) = run(made, 40).findings.values()
    assert (found.finding.kind, found.finding.name) == (
        "invariant",
        "invariant_never_paid",
    )
    (transaction,) = found.finding.transactions
    assert transaction.funds
    chain = CosmosChain()
    alice = chain.account("alice", "3000000000stake")
    contract = chain.store(FUZZED, alice).instantiate("{}", sender=alice)
    name = "invariant_never_paid"
    check_invariant(script, name, chain, contract, [alice])
    contract.execute(KEEP, sender=alice, funds="1stake")
    with pytest.raises(AssertionError, match="returned False"):
        check_invariant(script, name, chain, contract, [alice])


@pytest.mark.parametrize(
    ("content", "error"),
    [
        ("x = 1", SetupFailed),
        ("def invariant_x(chain): raise ValueError('no')", InvariantFails),
        ("1 / 0", SetupFailed),
    ],
)
def test_script_without_usable_invariants_is_refused(
    content: str, error: type[Exception], tmp_path: Path
) -> None:
    script = tmp_path / "invariants.py"
    script.write_text(content)
    with pytest.raises(error):
        run(campaign(invariants=script), 8)


# Files


def test_corpus_keeps_messages(tmp_path: Path) -> None:
    sequence = (execute(KEEP, sender=2, funds="1stake", seconds=3), execute(DENY))
    directory = CorpusDirectory(tmp_path, "aa", read_transaction)
    directory.write([sequence])
    loaded, skipped = CorpusDirectory(tmp_path, "aa", read_transaction).load()
    assert (loaded, skipped) == ([sequence], [])
    assert CorpusDirectory(tmp_path).load()[0] == []


@pytest.mark.parametrize(
    "change",
    [
        {"entry": "instantiate"},
        {"message": 1},
        {"message": "\ud800"},
        {"funds": "many"},
        {"gasLimit": -1},
        {"gasLimit": True},
        {"sender": 1 << 16},
        {"seconds": 1 << 31},
        {"more": 1},
    ],
)
def test_malformed_message_is_no_entry(change: dict[str, Any]) -> None:
    document = execute(KEEP).document()
    assert read_transaction(document, 0) == execute(KEEP)
    with pytest.raises(InvalidEntry, match="transaction 7"):
        read_transaction({**document, **change}, 7)


def test_start_of_any_chain_is_its_newest_block() -> None:
    chain = CosmosChain("wasmd-0.50.0")
    alice = chain.account("alice", "5stake")
    contract = chain.store(FUZZED, alice).instantiate("{}", sender=alice)
    found = start_from_chain(chain, [contract.address], [alice])
    executor = CosmosExecutor(found)
    assert (executor.begin.root, executor.begin.height) == (
        chain.head.root,
        chain.head.height,
    )
    outcome = executor.run(executor.begin, execute(KEEP))
    assert outcome.gas_used == contract.execute(KEEP, sender=alice).gas_used


def test_engine_with_wrong_gas_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    made = campaign(oracles=(engine_oracle("wasmtime", MILLION),), fail_on=())
    use_wrong_engine(monkeypatch, SoundEngine)
    assert run(made, 30).findings == {}
    use_wrong_engine(monkeypatch, DearEngine)
    names = {name for _, name, _ in run(made, 30).findings}
    assert "engine wasmtime: calls" in names
