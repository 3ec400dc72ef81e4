"""Proofs of an account and of slots of its storage.

The fields are those of `eth_getProof`. Checking a proof takes a trusted state root and
no database. An absent account has no nonce, balance, code and storage, and its proof
shows that the state has no entry for it.
"""

from collections.abc import Sequence

from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_address,
    format_data,
    keccak256,
)
from chain_sim.ethereum.state.account import (
    Account,
    decode_account,
    decode_storage_value,
)
from chain_sim.ethereum.trie.node_reader import NodeReader
from chain_sim.ethereum.trie.proof_errors import MalformedProofValue, RefutedClaim
from chain_sim.ethereum.trie.proofs import Proof, prove, verify
from chain_sim.ethereum.trie.trie import Trie


class SlotProof(Struct, frozen=True):
    """A slot's key and value, 32 bytes each, and the proof in the storage trie."""

    key: bytes
    value: bytes
    proof: Proof


class AccountProof(Struct, frozen=True):
    """An account, its proof in the state's trie, and slots of its storage.

    `account` has zeros and the empty hashes if there is no account.
    """

    address: Address
    account: Account
    proof: Proof
    slots: tuple[SlotProof, ...]


def prove_account(
    nodes: NodeReader, state_root: Hash32, address: Address, keys: Sequence[bytes]
) -> AccountProof:
    """The proof of the account and of its storage under these 32-byte keys.

    Raises MissingNode, or DatabaseDamaged.
    """
    account = _account(Trie(nodes, state_root).get(keccak256(address)), address)
    return AccountProof(
        address,
        account,
        prove(nodes, state_root, keccak256(address)),
        tuple(_prove_slot(nodes, account.storage_root, key) for key in keys),
    )


def verify_account(state_root: Hash32, claim: AccountProof) -> None:
    """Raise an InvalidProof unless every claim is true in the state."""
    subject = f"account {format_address(claim.address)}"
    encoded = verify(state_root, keccak256(claim.address), claim.proof, subject)
    try:
        proven = _account(encoded, claim.address)
    except DatabaseDamaged as error:
        raise MalformedProofValue(subject, error.reason) from error
    for field in ("nonce", "balance", "storage_root", "code_hash"):
        claimed_value = getattr(claim.account, field)
        proven_value = getattr(proven, field)
        if claimed_value != proven_value:
            name = field.replace("_", " ")
            raise RefutedClaim(
                subject, name, _shown(claimed_value), _shown(proven_value)
            )
    for slot in claim.slots:
        _verify_slot(proven.storage_root, slot)


def _prove_slot(nodes: NodeReader, storage_root: Hash32, key: bytes) -> SlotProof:
    encoded = Trie(nodes, storage_root).get(keccak256(key))
    value = decode_storage_value(encoded, key)
    return SlotProof(key, value, prove(nodes, storage_root, keccak256(key)))


def _verify_slot(storage_root: Hash32, slot: SlotProof) -> None:
    subject = f"storage slot {format_data(slot.key)}"
    encoded = verify(storage_root, keccak256(slot.key), slot.proof, subject)
    try:
        proven = decode_storage_value(encoded, slot.key)
    except DatabaseDamaged as error:
        raise MalformedProofValue(subject, error.reason) from error
    if proven != slot.value:
        raise RefutedClaim(
            subject, "value", format_data(slot.value), format_data(proven)
        )


def _account(encoded: bytes, address: Address) -> Account:
    return decode_account(encoded, address) if encoded else Account()


def _shown(value: int | bytes) -> str:
    return str(value) if isinstance(value, int) else format_data(value)
