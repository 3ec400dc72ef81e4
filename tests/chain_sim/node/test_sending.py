"""Transactions to send: their type, their chain, and what they are filled up with."""

from typing import Any

import pytest

from chain_sim.ethereum.primitives.errors import WrongChainId
from chain_sim.node import sending
from chain_sim.node.errors import RpcError
from chain_sim.node.methods.control import send
from chain_sim.node.methods.explorer import MAX_TEXT, parse_text
from chain_sim.node.parameters import InvalidValue
from chain_sim.node.sending import fees_of, fill, type_of
from chain_sim.node.transaction_object import TransactionObject
from contractvm.errors import ContractVmError, InternalError
from tests.helpers.nodes import FIRST, SECOND, local_client


@pytest.mark.parametrize(
    ("tx", "has_fee_market", "kind"),
    [
        (TransactionObject(), True, 2),
        (TransactionObject(), False, 0),
        (TransactionObject(type=1), True, 1),
        (TransactionObject(gas_price=1), True, 0),
        (TransactionObject(gas_price=1, access_list=()), True, 1),
        (TransactionObject(access_list=()), False, 1),
        (TransactionObject(max_fee_per_gas=1), True, 2),
    ],
)
def test_a_transaction_has_the_type_of_its_fields(
    tx: TransactionObject, has_fee_market: bool, kind: int
) -> None:
    assert type_of(tx, has_fee_market=has_fee_market) == kind


@pytest.mark.parametrize("name", ["max_fee_per_gas", "max_priority_fee_per_gas"])
def test_fee_caps_are_refused_without_a_fee_market(name: str) -> None:
    fields: dict[str, Any] = {name: 0}
    with pytest.raises(RpcError) as caught:
        type_of(TransactionObject(**fields), has_fee_market=False)
    assert caught.value.code == -32602
    assert caught.value.message == (
        "invalid params: maxFeePerGas, and the chain has no fee market"
    )


@pytest.mark.parametrize(
    ("tip", "most", "fees"),
    [
        (None, None, (3, 23)),
        (None, 2, (2, 2)),
        (None, 9, (3, 9)),
        (1, None, (1, 21)),
        (5, 9, (5, 9)),
    ],
)
def test_fees_left_out_are_made_up_for(
    tip: int | None, most: int | None, fees: tuple[int, int]
) -> None:
    tx = TransactionObject(max_priority_fee_per_gas=tip, max_fee_per_gas=most)
    assert fees_of(tx, 10, 3) == fees


def test_a_transaction_of_another_chain_is_refused() -> None:
    node = local_client().node
    chain_id = node.chain.genesis.chain_id
    filled, sender = fill(node, TransactionObject(chain_id=chain_id, gas=21_000))
    assert (filled.gas_limit, sender) == (21_000, next(iter(node.keys)))
    with pytest.raises(WrongChainId) as caught:
        fill(node, TransactionObject(chain_id=chain_id + 1, gas=21_000))
    assert str(caught.value) == str(WrongChainId(chain_id, chain_id + 1))


def test_the_gas_limit_is_the_blocks_where_the_estimate_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = local_client().node
    errors: list[ContractVmError] = [RpcError(3, "reverted"), InternalError("ours")]

    def fails(*_: object) -> int:
        raise errors.pop(0)

    monkeypatch.setattr(sending, "estimated_gas", fails)
    filled, _ = fill(node, TransactionObject())
    block_limit = node.chain.next_block.gas_limit
    assert filled.gas_limit == node.chain.fork.gas_limit(None, block_limit)
    with pytest.raises(InternalError, match="ours"):
        fill(node, TransactionObject())


def test_signed_bytes_and_objects_are_sent() -> None:
    client = local_client()
    fields = {"from": FIRST, "to": SECOND, "value": "0x1", "gas": "0x5208"}
    signed = client.call("eth_signTransaction", {**fields, "nonce": "0x0"})
    send(client.node, bytes.fromhex(signed[2:]))
    assert client.number("eth_getTransactionCount", FIRST) == 1
    to = next(iter(client.node.keys))
    send(client.node, TransactionObject(to=to, gas=21_000, value=2))
    assert client.number("eth_getTransactionCount", FIRST) == 2


def test_text_has_a_length() -> None:
    assert MAX_TEXT == 8_000_000
    assert len(parse_text("x" * MAX_TEXT)) == MAX_TEXT
    with pytest.raises(InvalidValue) as caught:
        parse_text("x" * (MAX_TEXT + 1))
    assert str(caught.value) == "8000001 characters, more than 8000000"
