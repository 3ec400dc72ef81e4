"""The signer of a transaction, from what people pass as its sender."""

from collections.abc import Sequence

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.primitives.arguments import AddressLike, as_address
from gas_schedule.arguments import wrong_type


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
