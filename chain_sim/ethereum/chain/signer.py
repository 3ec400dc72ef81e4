"""New transactions of an account with a key: the signer, and what they pay for gas."""

from collections.abc import Sequence

from msgspec import structs

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.primitives.arguments import AddressLike, as_address
from chain_sim.ethereum.primitives.transactions import (
    FeeMarketTransaction,
    Transaction,
    sign_transaction,
)
from gas_schedule.arguments import wrong_type

DEFAULT_GAS_PRICE = 1_000_000_000  # wei


def signer_of(
    sender: DeveloperAccount | AddressLike | None, accounts: Sequence[DeveloperAccount]
) -> DeveloperAccount:
    """An account with its key: as given, the owner of an address, or the first.

    Raises what `as_address` does, and TypeError for an address of none of them.
    """
    if sender is None:
        return accounts[0]
    if isinstance(sender, DeveloperAccount):
        return sender
    address = as_address(sender, "sender")
    for account in accounts:
        if account.address == address:
            return account
    wanted = "an account with a key, or the address of one of the chain's accounts"
    raise wrong_type("sender", wanted, sender)


def signed_transaction(
    tx: Transaction, signer: DeveloperAccount, chain_id: int, base_fee: int | None
) -> Transaction:
    """The signed transaction; `tx` says all but what it pays for gas.

    With the next block's base fee it is one of type 2, which can still pay if the base
    fee doubles. None, where there is no fee market, makes a legacy transaction.
    """
    tx = structs.replace(tx, gas_price=DEFAULT_GAS_PRICE)
    if base_fee is not None:
        tx = FeeMarketTransaction(
            nonce=tx.nonce,
            gas_price=2 * base_fee + DEFAULT_GAS_PRICE,
            gas_limit=tx.gas_limit,
            to=tx.to,
            value=tx.value,
            data=tx.data,
            chain_id=chain_id,
            max_priority_fee_per_gas=DEFAULT_GAS_PRICE,
        )
    return sign_transaction(tx, signer.private_key, chain_id)
