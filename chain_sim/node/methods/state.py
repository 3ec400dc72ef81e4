"""Methods that read accounts."""

from chain_sim.ethereum.primitives.text import Address, format_data, format_quantity
from chain_sim.ethereum.state.account_proof import AccountProof
from chain_sim.ethereum.trie.proofs import Proof
from chain_sim.node.node import Node
from chain_sim.node.parameters import method
from chain_sim.node.values import (
    SLOT,
    BlockChoice,
    address_parameter,
    block_parameter,
    list_of,
    required,
)
from chain_sim.node.views import state_at

MAX_PROVEN_SLOTS = 1_024


def balance(node: Node, address: Address, block: BlockChoice) -> str:
    """The balance, in wei."""
    return format_quantity(state_at(node, block).get_balance(address))


def nonce(node: Node, address: Address, block: BlockChoice) -> str:
    """How many transactions the account has sent; `pending` counts waiting ones."""
    if block.tag == "pending":
        return format_quantity(node.next_nonce(address))
    return format_quantity(state_at(node, block).get_nonce(address))


def code(node: Node, address: Address, block: BlockChoice) -> str:
    """The account's code, as it was deployed."""
    return format_data(state_at(node, block).get_code(address))


def storage(node: Node, address: Address, slot: bytes, block: BlockChoice) -> str:
    """The 32 bytes of a storage slot."""
    return format_data(state_at(node, block).get_storage(address, slot))


def account(node: Node, address: Address, block: BlockChoice) -> dict[str, str]:
    """Nonce, balance, storage root and code hash."""
    found = node.reader.proof(address, at=node.block(block).hash).account
    return {
        "nonce": format_quantity(found.nonce),
        "balance": format_quantity(found.balance),
        "storageRoot": format_data(found.storage_root),
        "codeHash": format_data(found.code_hash),
    }


def proof(
    node: Node, address: Address, slots: list[bytes], block: BlockChoice
) -> dict[str, object]:
    """The account and slots of it, with proofs against the block's state root."""
    found = node.reader.proof(address, slots, at=node.block(block).hash)
    return {
        "address": format_data(address),
        "balance": format_quantity(found.account.balance),
        "codeHash": format_data(found.account.code_hash),
        "nonce": format_quantity(found.account.nonce),
        "storageHash": format_data(found.account.storage_root),
        "accountProof": _nodes(found.proof),
        "storageProof": _slots(found),
    }


def _slots(found: AccountProof) -> list[dict[str, object]]:
    return [
        {
            "key": format_data(slot.key),
            "value": format_quantity(int.from_bytes(slot.value, "big")),
            "proof": _nodes(slot.proof),
        }
        for slot in found.slots
    ]


def _nodes(proof: Proof) -> list[str]:
    return [format_data(node) for node in proof]


METHODS = (
    method(
        "eth_getBalance", balance, address_parameter(), block_parameter(), is_short=True
    ),
    method(
        "eth_getTransactionCount",
        nonce,
        address_parameter(),
        block_parameter(),
        is_short=True,
    ),
    method("eth_getCode", code, address_parameter(), block_parameter(), is_short=True),
    method(
        "eth_getStorageAt",
        storage,
        address_parameter(),
        required("slot", SLOT),
        block_parameter(),
        is_short=True,
    ),
    method("eth_getAccount", account, address_parameter(), block_parameter()),
    method(
        "eth_getProof",
        proof,
        address_parameter(),
        required("slots", list_of(SLOT, MAX_PROVEN_SLOTS)),
        block_parameter(),
    ),
)
