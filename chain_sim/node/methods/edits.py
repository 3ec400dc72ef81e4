"""Methods that change accounts outside of transactions, for tests."""

from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.node.node import Node
from chain_sim.node.parameters import Method, aliases
from chain_sim.node.values import (
    DATA,
    NUMBER,
    SLOT,
    WORD,
    address_parameter,
    required,
)


def set_balance(node: Node, address: Address, balance: int) -> None:
    """Give the account this balance, in wei."""
    node.chain.edits.set_balance(address, balance)


def add_balance(node: Node, address: Address, amount: int) -> None:
    """Give the account so much more, in wei."""
    node.chain.edits.add_balance(address, amount)


def set_nonce(node: Node, address: Address, nonce: int) -> None:
    """Give the account this nonce, higher or lower."""
    node.chain.edits.set_nonce(address, nonce)
    node.revise_pool()


def set_code(node: Node, address: Address, code: bytes) -> None:
    """Give the account this code; what is no contract is refused when it is called."""
    node.chain.edits.set_code(address, code)


def set_storage(node: Node, address: Address, slot: bytes, value: Hash32) -> bool:
    """Write the 32 bytes of a storage slot."""
    node.chain.edits.set_storage(address, slot, value)
    return True


def both(name: str) -> tuple[str, str]:
    """The names under which clients of anvil and of Hardhat know a method."""
    return f"anvil_{name}", f"hardhat_{name}"


ADDRESS = address_parameter()
METHODS: tuple[Method, ...] = (
    *aliases(both("setBalance"), set_balance, ADDRESS, required("balance", NUMBER)),
    *aliases(both("addBalance"), add_balance, ADDRESS, required("amount", NUMBER)),
    *aliases(
        (*both("setNonce"), "evm_setAccountNonce"),
        set_nonce,
        ADDRESS,
        required("nonce", NUMBER),
    ),
    *aliases(both("setCode"), set_code, ADDRESS, required("code", DATA)),
    *aliases(
        both("setStorageAt"),
        set_storage,
        ADDRESS,
        required("slot", SLOT),
        required("value", WORD),
    ),
)
