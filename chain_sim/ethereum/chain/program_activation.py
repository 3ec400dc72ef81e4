"""Activation of Stylus programs by transactions, as their owners send them."""

from typing import TYPE_CHECKING

from chain_sim.ethereum.arbitrum.addresses import ARB_WASM
from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.text import Address
from contractvm.hosts.stylus.estimate import FEE_PERCENT

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.blockchain import Blockchain

ACTIVATE = bytes.fromhex("58c780c2")
WORD_BYTES = 32
# Sent when the fee is asked for, in wei, by who has it; it is never spent.
PLENTY = 10**18


def needs_activation(chain: "Blockchain", address: Address) -> bool:
    """Whether the account has code that the next block cannot call as a program."""
    if chain.fork.stylus is None or not chain.code(address):
        return False
    return not chain.arbos.is_usable(address)


def activation_fee(
    chain: "Blockchain", address: Address, sender: DeveloperAccount
) -> int:
    """The fee for the program's data, in wei; 0 where no activation would succeed."""
    data = activation_data(address)
    value = min(PLENTY, chain.balance(sender.address))
    asked = chain.call(ARB_WASM, data, sender=sender, value=value)
    return int.from_bytes(asked.output[WORD_BYTES:], "big") if asked.succeeded else 0


def activate_program(
    chain: "Blockchain",
    address: Address,
    sender: DeveloperAccount,
    *,
    value: int,
    gas_limit: int | None = None,
) -> TransactionReceipt:
    """Activate the program for `value`, in wei; what exceeds the fee comes back."""
    data = activation_data(address)
    return chain.send(ARB_WASM, data, sender=sender, value=value, gas_limit=gas_limit)


def fee_to_send(fee: int) -> int:
    """A fifth more than the fee: it may grow until the transaction runs."""
    return fee * FEE_PERCENT // 100


def activation_data(address: Address) -> bytes:
    """The call data of ArbWasm's `activateProgram(address)`."""
    return ACTIVATE + address.rjust(WORD_BYTES, b"\0")
