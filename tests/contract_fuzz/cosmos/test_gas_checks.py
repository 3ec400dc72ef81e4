"""Gas oracles of CosmWasm campaigns: reports that add up, and just enough gas."""

import json
from base64 import b64encode
from functools import cache, partial
from typing import Any

import pytest

from chain_sim.cosmos.chain.sent_messages import MessageRuns
from contract_fuzz.cosmos import gas_checks
from contract_fuzz.cosmos.campaign import CosmosCampaign
from contract_fuzz.cosmos.cases import CosmosStart, CosmosTransaction
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_fuzz.cosmos.starts import start_from_contract
from contract_fuzz.oracles.gas_oracles import LedgerOracle, TightGasOracle
from contract_fuzz.oracles.oracle import MILLION, Finding
from tests.contract_fuzz.cosmos.test_cosmos_campaigns import campaign, run
from tests.helpers.cosmos_fuzzing import FUZZED
from tests.helpers.cosmwasm import ECHO, response, submessage
from tests.helpers.wat import wat_to_wasm

KEEP = '{"keep":1}'


@cache
def kept() -> CosmosStart:
    return start_from_contract(FUZZED, "{}")[0]


@cache
def echoing() -> CosmosStart:
    message = json.dumps(response())
    return start_from_contract(wat_to_wasm(ECHO), message, funds="5stake")[0]


def check(
    kind: Any, start: CosmosStart, *transactions: CosmosTransaction
) -> Finding | None:
    executor = CosmosExecutor(start)
    begin = executor.begin
    outcomes = executor.run_sequence(begin, transactions)
    found: Finding | None = kind(0, executor).check(
        executor, begin, transactions, outcomes
    )
    return found


def sent(message: object, **fields: Any) -> CosmosTransaction:
    text = message if isinstance(message, str) else json.dumps(message)
    return CosmosTransaction("execute", text, **{"gas_limit": 400_000, **fields})


def pay(amount: int, number: int = 1, **fields: Any) -> dict[str, Any]:
    coins = [{"denom": "stake", "amount": str(amount)}]
    to = echoing().senders[1]
    content = {"bank": {"send": {"to_address": to, "amount": coins}}}
    return submessage(content, "always", number, **fields)


def call(message: dict[str, Any]) -> dict[str, Any]:
    """A message of the contract to itself."""
    text = json.dumps(message)
    execute = {
        "contract_addr": echoing().contracts[0],
        "msg": b64encode(text.encode()).decode(),
        "funds": [],
    }
    return submessage({"wasm": {"execute": execute}}, "always", 7)


CASES: list[tuple[str, list[CosmosTransaction]]] = [
    ("kept", [sent(KEEP), sent(KEEP, funds="2stake")]),
    ("denied", [sent('{"deny":1}')]),
    ("trapped", [sent('{"burst":1}')]),
    ("out of gas", [sent('{"loop":1}', gas_limit=62_000)]),
    ("no gas", [sent(KEEP, gas_limit=0)]),
    ("query", [sent(KEEP), CosmosTransaction("query", "{}", gas_limit=200_000)]),
]
ECHOED: list[tuple[str, list[CosmosTransaction]]] = [
    ("paid", [sent(response(pay(1)))]),
    ("too poor, caught", [sent(response(pay(99), pay(1, 2)))]),
    ("own limit, caught", [sent(response(pay(1, gas_limit=10)))]),
    ("own limit, enough", [sent(response(pay(1, gas_limit=90_000)))]),
    ("itself", [sent(response(call(response(pay(1)))))]),
]


@pytest.mark.parametrize("kind", [LedgerOracle, TightGasOracle])
@pytest.mark.parametrize(
    ("start", "transactions"),
    [(kept, case) for _, case in CASES] + [(echoing, case) for _, case in ECHOED],
    ids=[name for name, _ in CASES + ECHOED],
)
def test_gas_of_sound_messages_has_no_findings(
    kind: Any, start: Any, transactions: list[CosmosTransaction]
) -> None:
    assert check(kind, start(), *transactions) is None


def test_report_that_leaves_gas_out_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    explain = MessageRuns.explain

    def explain_less(runs: MessageRuns, *facts: Any) -> Any:
        root = explain(runs, *facts)
        next(iter(root.parts)).gas["wasm contract"] -= 1
        return root

    monkeypatch.setattr(MessageRuns, "explain", explain_less)
    found = check(LedgerOracle, kept(), sent(KEEP))
    assert found is not None
    assert found.name == "ledger: gas used"


def test_report_with_a_remainder_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    explain = MessageRuns.explain

    def explain_less(runs: MessageRuns, *facts: Any) -> Any:
        root = explain(runs, *facts)
        for node, _ in root.each():
            if node.instance is not None:
                object.__setattr__(node.instance, "parts", node.instance.parts[1:])
        return root

    monkeypatch.setattr(MessageRuns, "explain", explain_less)
    found = check(LedgerOracle, kept(), sent(KEEP))
    assert found is not None
    assert found.name == "ledger: remainder"


def test_success_with_less_gas_than_used_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run_plain = CosmosExecutor.run

    def run_cheaply(executor: CosmosExecutor, position: Any, one: Any) -> Any:
        ample = one.gas_limit >= 60_000
        return run_plain(executor, position, sent(KEEP) if ample else one)

    monkeypatch.setattr(CosmosExecutor, "run", run_cheaply)
    found = check(TightGasOracle, kept(), sent(KEEP))
    assert found is not None
    assert found.name == "tight-gas: success with less gas"


def test_just_enough_gas_that_does_something_else_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    observe = gas_checks.observe

    def observe_other(executor: Any, position: Any, transactions: Any) -> Any:
        (one,) = transactions
        if one.gas_limit != 400_000:
            one = sent('{"keep":2}')
        return observe(executor, position, [one])

    monkeypatch.setattr(gas_checks, "observe", observe_other)
    found = check(TightGasOracle, kept(), sent(KEEP))
    assert found is not None
    assert found.name == "tight-gas: state root"


def test_campaign_with_gas_oracles_has_no_false_findings() -> None:
    made: CosmosCampaign = campaign(
        oracles=(partial(LedgerOracle, MILLION), partial(TightGasOracle, MILLION)),
        fail_on=(),
    )
    state = run(made, 60)
    assert state.findings == {}
    assert {name: count > 30 for name, count in state.checks.items()} == {
        "ledger": True,
        "tight-gas": True,
    }
