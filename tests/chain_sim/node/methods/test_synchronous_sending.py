"""Transactions answered with receipts, unsigned ones, and names that clients expect."""

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    encode_transaction,
    sign_transaction,
)
from tests.helpers.nodes import FIRST, SECOND, RpcFailed, local_client
from tests.helpers.probe_contract import FAIL

NOBODY = "0x" + "77" * 20


def raw_transfer(nonce: int = 0) -> str:
    """A signed transfer of 5 wei."""
    to = Address(bytes.fromhex(SECOND[2:]))
    tx = Transaction(nonce, 3 * 10**9, 21_000, to, 5, b"")
    signed = sign_transaction(tx, DEVELOPER_ACCOUNTS[0].private_key, 31337)
    return "0x" + encode_transaction(signed).hex()


def test_a_transaction_sent_synchronously_answers_with_its_receipt() -> None:
    client = local_client()
    raw = client.call("eth_sendRawTransactionSync", raw_transfer(), "0x7d0")
    assert raw == client.call("eth_getTransactionReceipt", raw["transactionHash"])
    assert (raw["blockNumber"], raw["gasUsed"]) == ("0x1", "0x5208")
    fields = {"from": FIRST, "to": SECOND, "value": "0x1"}
    sent = client.call("eth_sendTransactionSync", fields)
    assert sent == client.call("eth_getTransactionReceipt", sent["transactionHash"])
    assert sent["blockNumber"] == "0x2"


def test_one_without_a_block_waits_and_its_hash_is_told() -> None:
    client = local_client(automines=False)
    with pytest.raises(RpcFailed) as caught:
        client.call("eth_sendRawTransactionSync", raw_transfer())
    assert caught.value.code == 4
    assert caught.value.message.startswith("the transaction waits for a block")
    found = client.call("eth_getTransactionByHash", caught.value.data)
    assert found["blockHash"] is None
    assert client.call("txpool_status")["pending"] == "0x1"


def test_an_unsigned_transaction_needs_no_impersonation() -> None:
    client = local_client()
    client.call("anvil_setBalance", NOBODY, hex(10**18))
    fields = {"from": NOBODY, "to": SECOND, "value": "0x1"}
    with pytest.raises(RpcFailed, match="No Signer available"):
        client.call("eth_sendTransaction", fields)
    sent = client.call("eth_sendUnsignedTransaction", fields)
    found = client.call("eth_getTransactionByHash", sent)
    assert (found["from"], found["s"], found["blockNumber"]) == (NOBODY, "0x0", "0x1")


def test_a_transaction_that_fails_is_not_filled_in_without_a_gas_limit() -> None:
    client = local_client()
    contract = client.deploy()
    fields = {"from": FIRST, "to": contract, "data": FAIL}
    with pytest.raises(RpcFailed) as caught:
        client.call("eth_fillTransaction", fields)
    assert (caught.value.code, caught.value.message) == (3, "execution reverted: nope")
    filled = client.call("eth_fillTransaction", {**fields, "gas": "0x186a0"})
    assert filled["tx"]["gas"] == "0x186a0"


def test_hardhat_is_told_whether_a_transaction_was_dropped() -> None:
    client = local_client(automines=False)
    sent = client.call("eth_sendRawTransaction", raw_transfer())
    assert client.call("hardhat_dropTransaction", sent) is True
    assert client.call("hardhat_dropTransaction", sent) is False


def test_typed_data_is_signed_under_both_names() -> None:
    client = local_client()
    typed = {
        "types": {"EIP712Domain": [], "M": [{"name": "a", "type": "uint8"}]},
        "primaryType": "M",
        "domain": {},
        "message": {"a": 1},
    }
    signed = client.call("eth_signTypedData", FIRST, typed)
    assert signed == client.call("eth_signTypedData_v4", FIRST, typed)
    assert len(signed) == 132
