"""State tests made from differences between engines, to reproduce them anywhere."""

from typing import Any

from chain_sim.ethereum.blocks.receipts import logs_hash
from chain_sim.ethereum.execution.cross_check import (
    CheckedTransaction,
    EngineDifference,
    EngineOutcome,
)
from chain_sim.ethereum.execution.executor import EngineChoice
from chain_sim.ethereum.primitives.access_list import access_list_gas, count_keys
from chain_sim.ethereum.primitives.text import Hash32, format_data, keccak256
from chain_sim.ethereum.state_tests.state_tests import run_combination
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.metering.names import INSTRUMENTATION_VERSION

Json = dict[str, Any]
INDEXES = {"data": 0, "gas": 0, "value": 0}


def state_test_of(difference: EngineDifference) -> Json:
    """The document of a state test file; it expects the first engine's result.

    It has only the part of the state that the transaction reads, so its roots are not
    the chain's.
    """
    checked = difference.checked
    test: Json = {
        "_info": {
            "comment": f"{difference}; run it with --cross-check",
            "schedule": checked.engine.schedule.name,
            "scheduleHash": format_data(checked.engine.schedule.content_hash),
            "instrumentationVersion": INSTRUMENTATION_VERSION,
            "engines": {
                outcome.engine: engine_outcome_document(outcome)
                for outcome in difference.outcomes
            },
        },
        "env": environment_document(checked),
        "pre": accounts_document(checked),
        "transaction": test_transaction_document(checked),
    }
    unknown = {"hash": "", "logs": "", "indexes": INDEXES}
    first = run_combination("", test, unknown, EngineChoice(checked.engine))
    post = {
        "hash": format_data(first.state_root),
        "logs": format_data(first.logs_hash),
        "indexes": INDEXES,
    }
    test["post"] = {checked.placed.context.fork.title: [post]}
    return {f"engine-difference-{short_name(checked)}": test}


def short_name(checked: CheckedTransaction) -> str:
    """Eight hex digits that depend on the transaction."""
    tx = checked.placed.tx
    numbers = f"{tx.nonce} {tx.gas_price} {tx.gas_limit} {tx.value}".encode()
    parts = (checked.placed.sender, tx.to or b"", numbers, tx.data)
    return keccak256(b"".join(parts)).hex()[:8]


def engine_outcome_document(outcome: EngineOutcome) -> Json:
    """One engine's result; numbers in hex, as in state tests."""
    result = outcome.result
    return {
        "status": result.status.name.lower(),
        "gasUsed": hex(result.gas_used),
        "unitsLeft": hex(result.units_left),
        "output": format_data(result.output),
        "logsHash": format_data(Hash32(logs_hash(result.logs))),
        "created": format_data(result.created or b""),
        "error": result.error,
        "stateRoot": format_data(outcome.state_root),
    }


def environment_document(checked: CheckedTransaction) -> Json:
    """The block, and the earlier block hashes that were read."""
    block = checked.placed.context
    return {
        "currentCoinbase": format_data(block.coinbase),
        "currentNumber": hex(block.number),
        "currentTimestamp": hex(block.timestamp),
        "currentDifficulty": hex(block.difficulty),
        "currentGasLimit": hex(block.gas_limit),
        "blockHashes": {
            hex(number): format_data(block_hash or b"")
            for number, block_hash in sorted(checked.block_hashes.items())
        },
    }


def accounts_document(checked: CheckedTransaction) -> Json:
    """The accounts that were read, with the slots that were read."""
    state = checked.state
    return {
        format_data(address): {
            "nonce": hex(account.nonce),
            "balance": hex(account.balance),
            "code": format_data(state.code_of(account)),
            "storage": {
                format_data(key): format_data(value)
                for key, value in state.slots_before(address).items()
                if any(value)
            },
        }
        for address, account in state.accounts_before().items()
    }


def test_transaction_document(checked: CheckedTransaction) -> Json:
    """The transaction as a legacy one, which has the same message and gas price.

    Its sender is there by address, as the key is unknown.
    """
    tx, costs = checked.placed.tx, checked.engine.schedule.section(TransactionCosts)
    gas_limit = tx.gas_limit
    if tx.access_list:
        key_count = count_keys(tx.access_list)
        gas_limit -= access_list_gas(len(tx.access_list), key_count, costs)
    return {
        "nonce": hex(tx.nonce),
        "gasPrice": hex(checked.placed.gas_price),
        "gasLimit": [hex(gas_limit)],
        "to": format_data(tx.to) if tx.to else "",
        "value": [hex(tx.value)],
        "data": [format_data(tx.data)],
        "sender": format_data(checked.placed.sender),
    }
