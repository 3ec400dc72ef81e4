"""Contract objects over a node: the results and gas of a chain in this process."""

from typing import Any

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.remote.errors import TransactionRefused
from contract_testing import Contract, CustomError, ether
from tests.helpers.node_process import NodeProcess
from tests.helpers.vault_contract import BOB, CODE, TEXT

STRANGER = b"\x11" * 20


def story(vault: Any) -> list[Any]:
    """What a test does with a contract, and all that it is told."""
    paid = vault.deposit(value=5)
    chosen = vault.deposit(gas_price=7, gas_limit=100_000, value=1)
    as_bob = vault.deposit(sender=BOB)
    failed = vault.withdraw.transact(9, check=False)
    seen: list[Any] = []
    for receipt in (paid, chosen, as_bob, failed):
        seen += [receipt.receipt, receipt.gas, [*map(repr, receipt.events)]]
    with pytest.raises(CustomError) as caught:
        vault.withdraw(9)
    seen += [str(caught.value), caught.value.where, failed.where]
    seen += [vault.both(), vault.both.explain(), vault.both.estimate()]
    with pytest.raises(CustomError) as refused:
        vault.withdraw.estimate(9)
    seen += [vault.deposit.explain(value=3), str(refused.value)]
    seen.append([*map(repr, vault.logs())])
    gas = vault.chain.gas
    return [*seen, vault.both(at=1), gas.explain_transaction(paid.transaction_hash)]


def test_a_node_gives_what_a_chain_in_this_process_gives(
    node: NodeProcess,
) -> None:
    remote = Blockchain.connect(f"http://127.0.0.1:{node.port}")
    start = remote.snapshot()
    try:
        here = Blockchain.in_memory()
        wanted, found = (
            story(Contract.deploy(chain, CODE, abi=TEXT)) for chain in (here, remote)
        )
        assert found == wanted
        assert len(found) == 23
        assert remote.head.hash == here.head.hash
    finally:
        remote.revert(start)


def test_a_stranger_sends_by_impersonation(vault: Any) -> None:
    vault.chain.edits.set_balance(STRANGER, ether("1"))
    book = vault._cvm.connection.book
    with book.sending(STRANGER):
        receipt = vault.deposit(value=3)
    assert (receipt.sender, receipt.return_value) == (STRANGER, 5)
    assert vault.chain.balance(vault.address) == 3
    if isinstance(vault.chain, Blockchain):
        return
    message = {"from": "0x" + STRANGER.hex(), "to": "0x" + BOB.hex()}
    with pytest.raises(TransactionRefused, match="No Signer available"):
        vault.chain.ask("eth_sendTransaction", message, read=str)


def test_a_node_gives_the_trace_of_a_chain_in_this_process(node: NodeProcess) -> None:
    remote = Blockchain.connect(f"http://127.0.0.1:{node.port}")
    start = remote.snapshot()
    try:
        wanted, found = (
            str(Contract.deploy(chain, CODE, abi=TEXT).deposit(value=5).trace())
            for chain in (Blockchain.in_memory(), remote)
        )
        assert found == wanted
        assert "deposit" in found
    finally:
        remote.revert(start)
