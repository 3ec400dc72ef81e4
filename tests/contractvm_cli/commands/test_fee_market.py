"""Verbs on a chain with a fee market, with edits, and with loaded base fees."""

import json
from collections.abc import Callable
from pathlib import Path

from chain_sim import Blockchain
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.text import Address
from tests.chain_sim.ethereum.test_fee_market import GWEI, type_2
from tests.contractvm_cli.conftest import COUNTER, Run

TO = Address(bytes(19) + b"\x77")
NAMED = "0x" + TO.hex()


def fee_chain() -> str:
    """A chain in the usual place; the hash of its transaction of type 2."""
    with Blockchain.open(".contractvm/chain", fees="eip1559") as chain:
        receipt = chain.submit(type_2(chain, access_list=((TO, (bytes(32),)),)))
    return "0x" + receipt.transaction_hash.hex()


def test_block_tx_and_receipt_show_the_fields_of_the_fee_market(run: Run) -> None:
    tx_hash = fee_chain()
    assert run("block", "--json").document["baseFeePerGas"] == 875_000_000
    tx = run("tx", tx_hash, "--json").document
    assert (tx["type"], tx["gasPrice"]) == (2, 1_875_000_000)
    assert (tx["maxFeePerGas"], tx["maxPriorityFeePerGas"]) == (5 * GWEI, GWEI)
    assert tx["accessList"] == [{"address": NAMED, "storageKeys": ["0x" + "00" * 32]}]
    receipt = run("receipt", tx_hash, "--json").document
    assert (receipt["type"], receipt["effectiveGasPrice"]) == (2, 1_875_000_000)
    assert "baseFeePerGas" in run("block").out
    assert "1875000000 wei" in run("tx", tx_hash).out
    assert run("receipt", tx_hash).code == 0


def test_deploy_send_explain_and_capture_work_there(run: Run) -> None:
    fee_chain()
    address = run("deploy", COUNTER, "--json").document["contractAddress"]
    sent = run("send", address, "increment()", "--json").document
    assert (sent["status"], sent["type"]) == (1, 2)
    tx_hash = sent["transactionHash"]
    assert run("gas", tx_hash, "--json").document["gasUsed"] == sent["gasUsed"]
    assert run("capture", tx_hash, "-o", "case.json").code == 0
    assert run("replay", "case.json").code == 0
    assert run("db", "check").code == 0


def test_a_geth_genesis_is_loaded_with_its_base_fee(
    run: Run, error_of: Callable[..., str]
) -> None:
    content = {"alloc": {NAMED: {"balance": "0x5"}}, "baseFeePerGas": "0x7"}
    Path("genesis.json").write_text(json.dumps(content))
    assert run("load", "genesis.json", "--db", "a", "--fees", "eip1559").code == 0
    assert run("block", "--db", "a", "--json").document["baseFeePerGas"] == 7
    plain = run("load", "genesis.json", "--db", "b")
    assert "baseFeePerGas is not kept" in plain.err
    assert "baseFeePerGas" not in run("block", "--db", "b", "--json").document
    error_of("load", "genesis.json", "--db", "c", "--fees", "eip4844", code=2)


def test_open_edits_are_read_dumped_and_checked(run: Run) -> None:
    with Blockchain.open(".contractvm/chain") as chain:
        chain.edits.set_balance(TO, 10**18)
    assert run("balance", NAMED, "--json").document["balance"] == 10**18
    assert run("dump", "dump.json").code == 0
    assert run("load", "dump.json", "--db", "copy").code == 0
    assert run("balance", NAMED, "--db", "copy", "--json").document["balance"] == 10**18
    assert run("db", "check").code == 0
    with Blockchain.open(".contractvm/chain") as chain:
        root = chain.state_at().compute_root()
        chain.database.write_batch({}, [keys.node_key(root)])
    assert run("db", "check").code != 0


def test_blocks_come_at_the_chains_interval(run: Run) -> None:
    with Blockchain.open(".contractvm/chain") as chain:
        chain.clock.set_interval(12)
    assert run("mine", 2).code == 0
    assert run("block", "--json").document["timestamp"] == 1_700_000_024
    assert run("mine", "--interval", 5).code == 0
    assert run("block", "--json").document["timestamp"] == 1_700_000_029
