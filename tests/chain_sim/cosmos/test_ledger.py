"""Ledgers of transactions: trees whose gas adds up, with what was rolled back."""

import pickle
from typing import Any

import pytest

from chain_sim import CosmosChain, TransactionFailed
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.cosmos.gas_ledger import GasNode
from contractvm.errors import InternalError
from contractvm.runtime.engine_selection import ENGINES
from tests.chain_sim.cosmos.test_chain import bank_send, call
from tests.helpers.cosmwasm import (
    contract_code,
    echo_chain,
    response,
    submessage,
)

MULTIPLIER = 140_000
# Endless work, and a question to the chain.
LOOPS = """(func (export "execute") (param i32 i32 i32) (result i32)
  (loop $again (br $again)) i32.const 0)
  (func (export "instantiate") (param i32 i32 i32) (result i32) local.get 2)"""
ASKS_IMPORT = '(import "env" "query_chain" (func $ask (param i32) (result i32)))'
ASKS = """
  (func (export "execute") (param i32 i32 i32) (result i32)
    (drop (call $ask (local.get 2))) (local.get 1))
  (func (export "instantiate") (param i32 i32 i32) (result i32) local.get 2)
  (func (export "query") (param i32 i32) (result i32) local.get 1)"""


def shape(node: GasNode) -> Any:
    """The tree, without its gas."""
    found = f"{node.kind} {node.name.split()[0] if node.kind == 'call' else node.name}"
    return (found.strip(), *map(shape, node.parts)) if node.parts else found.strip()


def nodes(root: GasNode) -> list[GasNode]:
    return [node for node, _ in root.each()]


def check(root: GasNode, gas_used: int) -> None:
    """Everything adds up: SDK gas by node, and CosmWasm gas by call."""
    assert root.total_gas == gas_used
    for node in nodes(root):
        report = node.instance
        if report is None:
            continue
        assert report.remainder == 0
        assert sum(stack.units for stack in report.stacks) == report.used_units
        host = sum(cost.internal_units + cost.external_units for cost in report.host)
        guest = sum(part.units for part in report.parts if part.group == "instructions")
        rest = sum(part.units for part in report.parts if part.group == "failure")
        assert host + guest + rest == report.used_units
        internal = report.used_units - report.external_units + node.result_units
        if not rest:
            assert node.gas["wasm contract"] == internal // MULTIPLIER


@pytest.mark.parametrize("engine", ENGINES)
def test_an_execution_is_explained_by_descriptor_call_and_func(engine: str) -> None:
    _, contract = echo_chain(engine=engine)
    outcome = contract.execute(response(attributes=[("key", "value")]))
    root = outcome.ledger()
    check(root, outcome.gas_used)
    assert shape(root) == ("transaction", "call execute")
    assert root.gas["Custom contract event attributes"] == 10
    (node,) = root.parts
    assert node.instance is not None
    assert (node.instance.has_lines, node.instance.lines) == (False, ())
    assert [(func.name, func.calls) for func in node.instance.functions] == [
        *(("allocate", 3), ("last", 1), ("deallocate", 1))
    ]
    sums: dict[str, int] = {}
    for each in nodes(root):
        for descriptor, gas in each.gas.items():
            sums[descriptor] = sums.get(descriptor, 0) + gas
    assert sums == outcome.gas


def test_submessages_are_a_tree_with_what_was_rolled_back() -> None:
    chain, contract = echo_chain()
    outcome = contract.execute(
        response(
            submessage(bank_send(chain, "bob", 5), "always", 1),
            submessage(bank_send(chain, "bob", 5_000), "error", 2),
            submessage(call(contract.address, response()), "never", 3),
        )
    )
    root = outcome.ledger()
    check(root, outcome.gas_used)
    assert shape(root) == (
        "transaction",
        "call execute",
        "submessage id 1, bank.send",
        ("reply id 1", "call reply"),
        "submessage id 2, bank.send",
        ("reply id 2", "call reply"),
        ("submessage id 3, wasm.execute", "call execute"),
    )
    undone = [node for node in nodes(root) if node.is_undone]
    assert [node.name for node in undone] == ["id 2, bank.send"]
    assert "insufficient funds" in (undone[0].error or "")
    (reply,) = [node for node in nodes(root) if node.name == "id 1"]
    assert reply.gas["Loading CosmWasm module: reply"] > 0
    written = next(node for node in nodes(root) if node.name.startswith("reply "))
    assert written.instance is not None
    (key,) = written.instance.keys
    (cost,) = [each for each in written.instance.host if each.name == "db_write"]
    assert (key.key, key.name, key.count) == (b"reply", "db_write", 1)
    assert key.units == cost.external_units
    # The chain's gas of the call is what its store counted.
    stored = written.own_gas - written.gas["wasm contract"]
    assert cost.external_units == stored * MULTIPLIER


def test_a_limit_that_is_met_takes_back_what_is_beyond_it() -> None:
    chain, contract = echo_chain()
    loops = chain.store(contract_code("", LOOPS)).instantiate(response())
    outcome = contract.execute(
        response(submessage(call(loops.address, {}), "error", 9, gas_limit=200_000))
    )
    root = outcome.ledger()
    check(root, outcome.gas_used)
    (limited,) = [node for node in nodes(root) if node.kind == "submessage"]
    assert (limited.total_gas, limited.is_undone) == (200_000, True)
    assert limited.error == ("SubMsg hit gas limit: out of gas (codespace sdk code 11)")
    (looping,) = [node for node in limited.parts if node.kind == "call"]
    assert looping.instance is not None
    lost = looping.instance.parts[-1]
    # Less than one turn of the loop costs.
    assert (lost.group, lost.name, lost.units) == ("failure", "forfeited", 535)


def test_a_transaction_that_fails_has_a_ledger_too() -> None:
    chain, contract = echo_chain()
    with pytest.raises(TransactionFailed) as caught:
        contract.execute(
            response(submessage(bank_send(chain, "bob", 5_000), "never", 4))
        )
    outcome = caught.value.outcome
    root = outcome.ledger()
    check(root, outcome.gas_used)
    assert root.is_undone
    assert root.error == str(caught.value)


def test_gas_that_runs_out_is_paid_up_to_the_limit() -> None:
    chain, _ = echo_chain()
    loops = chain.store(contract_code("", LOOPS)).instantiate(response())
    with pytest.raises(TransactionFailed) as caught:
        loops.execute({}, gas_limit=100_000)
    outcome = caught.value.outcome
    assert outcome.gas_used == 100_000
    check(outcome.ledger(), 100_000)


@pytest.mark.parametrize(
    "question",
    [
        {"bank": {"supply": {"denom": "stake"}}},
        {"wasm": {"smart": {"contract_addr": "{self}", "msg": "e30="}}},
        {"wasm": {"smart": {"contract_addr": "nobody", "msg": "e30="}}},
    ],
)
def test_queries_of_contracts_are_parts(question: Any) -> None:
    chain, _ = echo_chain()
    asks: Contract = chain.store(contract_code(ASKS_IMPORT, ASKS)).instantiate(
        response()
    )
    ((module, body),) = question.items()
    ((kind, fields),) = body.items()
    fields = {
        name: asks.address if value == "{self}" else value
        for name, value in fields.items()
    }
    with pytest.raises(TransactionFailed) as caught:
        asks.execute({module: {kind: fields}})
    outcome = caught.value.outcome
    root = outcome.ledger()
    check(root, outcome.gas_used)
    (asked,) = [node for node in nodes(root) if node.kind == "query"]
    assert asked.name == f"{module}.{kind}"


def test_a_ledger_changes_nothing_and_can_be_asked_for_later() -> None:
    chain, contract = echo_chain()
    outcome = contract.execute(response(data="AQI="))
    contract.execute(response())
    root, height = chain.head.root, chain.head.height
    first, second = outcome.ledger(), outcome.ledger()
    assert first.document() == second.document()
    assert (chain.head.root, chain.head.height) == (root, height)
    chain.revert(chain.head.height - 2)
    check(outcome.ledger(), outcome.gas_used)
    chain.revert(chain.head.height - 1)
    with pytest.raises(InvalidChainArgument, match="no block"):
        outcome.ledger()
    coin = {"denom": "stake", "amount": "1"}
    chain.run_messages([{"bank": {"burn": {"amount": [coin]}}}])
    with pytest.raises(InvalidChainArgument) as caught:
        outcome.ledger()
    assert str(caught.value) == f"block {chain.head.height} is another now"


def test_a_ledger_is_of_an_outcome_with_its_chain() -> None:
    _, contract = echo_chain()
    outcome = contract.execute(response())
    copy = pickle.loads(pickle.dumps(outcome))
    assert copy == outcome
    with pytest.raises(InvalidChainArgument) as caught:
        copy.ledger()
    assert str(caught.value) == "the transaction is of no chain"


def test_a_handler_that_answers_otherwise_is_found_out() -> None:
    chain: CosmosChain
    chain, _ = echo_chain()
    asks = chain.store(contract_code(ASKS_IMPORT, ASKS)).instantiate(response())
    answers = iter(["7", "seventy-seven"])
    chain.handlers.queries["custom"] = lambda _, __: next(answers)
    with pytest.raises(TransactionFailed) as caught:
        asks.execute({"custom": {}})
    with pytest.raises(InternalError, match="run again ended in another way"):
        caught.value.outcome.ledger()


def test_documents_are_flat_and_name_parents() -> None:
    chain, contract = echo_chain()
    outcome = contract.execute(
        response(submessage(bank_send(chain, "bob", 5), "always", 1))
    )
    document = outcome.ledger().document()
    assert document["gasUsed"] == outcome.gas_used
    assert [node["parent"] for node in document["nodes"]] == [None, 0, 0, 0, 3]
    assert sum(node["ownGas"] for node in document["nodes"]) == outcome.gas_used
