"""From a transaction object to a transaction of the chain."""

from typing import Any

from msgspec import structs

from chain_sim.ethereum.primitives.errors import WrongChainId
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    AccessListTransaction,
    FeeMarketTransaction,
    Transaction,
)
from chain_sim.node.calls import estimated_gas
from chain_sim.node.errors import invalid_params
from chain_sim.node.node import Node
from chain_sim.node.transaction_object import TransactionObject
from chain_sim.node.values import PENDING
from contractvm.errors import ContractVmError, InternalError


def fill(node: Node, tx: TransactionObject) -> tuple[Transaction, Address]:
    """The unsigned transaction with every field, and its sender.

    Where the estimate fails, the gas limit is the block's: the failure is mined.
    """
    chain_id = node.chain.genesis.chain_id
    if tx.chain_id is not None and tx.chain_id != chain_id:
        raise WrongChainId(chain_id, tx.chain_id)
    sender = tx.sender or next(iter(node.keys))
    nonce = node.next_nonce(sender) if tx.nonce is None else tx.nonce
    gas_limit = _gas_limit(node, tx, sender) if tx.gas is None else tx.gas
    common: dict[str, Any] = {
        "nonce": nonce,
        "gas_limit": gas_limit,
        "to": tx.to,
        "value": tx.value,
        "data": tx.data,
    }
    base_fee = node.chain.next_block.base_fee
    kind = type_of(tx, has_fee_market=base_fee is not None)
    if kind < 2:
        price = node.suggested_price if tx.gas_price is None else tx.gas_price
        common["gas_price"] = price
    if kind == 0:
        return Transaction(**common), sender
    typed = {"chain_id": chain_id, "access_list": tx.access_list or (), **common}
    if kind == 1:
        return AccessListTransaction(**typed), sender
    tip, most = fees_of(tx, base_fee or 0, node.suggested_tip)
    found = FeeMarketTransaction(gas_price=most, max_priority_fee_per_gas=tip, **typed)
    return found, sender


def type_of(tx: TransactionObject, *, has_fee_market: bool) -> int:
    """The type that the fields ask for; by default 2 where there is a fee market."""
    if tx.type is not None:
        return tx.type
    if tx.gas_price is not None or not has_fee_market:
        if tx.has_fee_caps:
            raise invalid_params("maxFeePerGas, and the chain has no fee market")
        return 0 if tx.access_list is None else 1
    return 2


def fees_of(
    tx: TransactionObject, base_fee: int, suggested_tip: int
) -> tuple[int, int]:
    """The tip and the most for a gas, in wei: what is missing is made up for."""
    tip, most = tx.max_priority_fee_per_gas, tx.max_fee_per_gas
    if tip is None:
        tip = suggested_tip if most is None else min(suggested_tip, most)
    return tip, 2 * base_fee + tip if most is None else most


def with_estimate(node: Node, tx: TransactionObject) -> TransactionObject:
    """With a gas limit that suffices; raises what the estimate does."""
    if tx.gas is not None:
        return tx
    found = structs.replace(tx, sender=tx.sender or next(iter(node.keys)))
    return structs.replace(found, gas=estimated_gas(node, found, PENDING))


def _gas_limit(node: Node, tx: TransactionObject, sender: Address) -> int:
    try:
        return estimated_gas(node, structs.replace(tx, sender=sender), PENDING)
    except InternalError:
        raise
    except ContractVmError:
        block_limit = node.chain.next_block.gas_limit
        return node.chain.fork.gas_limit(None, block_limit)
