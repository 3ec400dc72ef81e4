"""Differences between two states, by account and storage slot."""

from collections.abc import Iterator

from msgspec import Struct

from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.state.account import (
    Account,
    decode_account,
    decode_storage_value,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.difference import TrieDifference, differences

NOTHING = Account()


class SlotDifference(Struct, frozen=True):
    """A slot with two values, 32 bytes each; `key` is None if unknown."""

    key_hash: Hash32
    key: bytes | None
    before: bytes
    after: bytes


class AccountDifference(Struct, frozen=True):
    """An account that differs; None if there is no account.

    `address` is None if only its hash is known. `codes` has both codes if they differ.
    `slots` are in order of the hashes of their keys.
    """

    address_hash: Hash32
    address: Address | None
    before: Account | None
    after: Account | None
    codes: tuple[bytes, bytes] | None
    slots: tuple[SlotDifference, ...]


def state_differences(
    before: WorldState, after: WorldState
) -> Iterator[AccountDifference]:
    """The accounts that differ, in order of the hashes of their addresses.

    Reads only the nodes above a difference, in either state. Raises MissingNode or
    DatabaseDamaged.
    """
    roots = before.compute_root(), after.compute_root()
    for found in differences(before.nodes, roots[0], after.nodes, roots[1]):
        address_hash = Hash32(found.key)
        old = _account(found.before, address_hash)
        new = _account(found.after, address_hash)
        address = _preimage(before, after, address_hash)
        slots = differences(
            before.nodes, _storage_root(old), after.nodes, _storage_root(new)
        )
        yield AccountDifference(
            address_hash=address_hash,
            address=None if address is None else Address(address),
            before=old,
            after=new,
            codes=_codes(before, after, old, new),
            slots=tuple(_slot(before, after, slot) for slot in slots),
        )


def _slot(
    before: WorldState, after: WorldState, found: TrieDifference
) -> SlotDifference:
    return SlotDifference(
        key_hash=Hash32(found.key),
        key=_preimage(before, after, Hash32(found.key)),
        before=decode_storage_value(found.before, found.key),
        after=decode_storage_value(found.after, found.key),
    )


def _codes(
    before: WorldState, after: WorldState, old: Account | None, new: Account | None
) -> tuple[bytes, bytes] | None:
    hashes = (old or NOTHING).code_hash, (new or NOTHING).code_hash
    if hashes[0] == hashes[1]:
        return None
    return before.code_with_hash(hashes[0]), after.code_with_hash(hashes[1])


def _preimage(before: WorldState, after: WorldState, digest: Hash32) -> bytes | None:
    return before.preimage(digest) or after.preimage(digest)


def _account(encoded: bytes, address_hash: Hash32) -> Account | None:
    return decode_account(encoded, address_hash) if encoded else None


def _storage_root(account: Account | None) -> Hash32:
    return EMPTY_TRIE_ROOT if account is None else account.storage_root
