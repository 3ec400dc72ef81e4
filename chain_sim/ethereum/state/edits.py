"""Edits of the state from outside of any transaction, as values."""

from collections.abc import Iterable

from msgspec import Struct

from chain_sim.ethereum.primitives.rlp_fields import (
    Encodable,
    read_bytes,
    read_fields,
    read_list,
    read_uint,
)
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address
from chain_sim.ethereum.state.account import WORD_BYTES
from chain_sim.ethereum.state.world_state import WorldState


class AccountEdit(Struct, frozen=True):
    """New values of an account; None leaves one as it is.

    `slots` are pairs of key and value, 32 bytes each, in the order of the keys; with
    `clears_storage` all other slots become zero.
    """

    address: Address
    balance: int | None = None
    nonce: int | None = None
    code: bytes | None = None
    clears_storage: bool = False
    slots: tuple[tuple[bytes, bytes], ...] = ()

    def then(self, later: "AccountEdit") -> "AccountEdit":
        """This edit and a later one of the same account as one."""
        slots = {} if later.clears_storage else dict(self.slots)
        slots |= later.slots
        return AccountEdit(
            self.address,
            self.balance if later.balance is None else later.balance,
            self.nonce if later.nonce is None else later.nonce,
            self.code if later.code is None else later.code,
            self.clears_storage or later.clears_storage,
            tuple(sorted(slots.items())),
        )


Edits = tuple[AccountEdit, ...]
"""At most one of each account, in the order of the addresses."""


def merged(earlier: Iterable[AccountEdit], later: Iterable[AccountEdit]) -> Edits:
    """What both do, one after the other."""
    found = {edit.address: edit for edit in earlier}
    for edit in later:
        before = found.get(edit.address, AccountEdit(edit.address))
        found[edit.address] = before.then(edit)
    return tuple(found[address] for address in sorted(found))


def apply_edits(state: WorldState, edits: Iterable[AccountEdit]) -> None:
    """Write the edits into the state, between two transactions."""
    for edit in edits:
        if edit.clears_storage:
            state.clear_storage(edit.address)
        if edit.balance is not None:
            state.set_balance(edit.address, edit.balance)
        if edit.nonce is not None:
            state.set_nonce(edit.address, edit.nonce)
        if edit.code is not None:
            state.set_code(edit.address, edit.code)
        for key, value in edit.slots:
            state.set_storage(edit.address, key, value)
    state.end_transaction()


def settle_edits(state: WorldState, edits: Iterable[AccountEdit]) -> None:
    """Apply edits that stay: an account that has nothing left goes (EIP-161).

    One that has storage alone stays, until a transaction touches it.
    """
    edits = tuple(edits)
    apply_edits(state, edits)
    for edit in edits:
        address = edit.address
        has_storage = state.get_storage_root(address) != EMPTY_TRIE_ROOT
        if state.is_empty(address) and not has_storage:
            state.delete_account(address)
    state.end_transaction()


def edit_fields(edit: AccountEdit) -> Encodable:
    """The edit for RLP; a value that stays is an empty list."""
    return [
        edit.address,
        _optional(edit.balance),
        _optional(edit.nonce),
        _optional(edit.code),
        edit.clears_storage,
        edit.slots,
    ]


def read_edit(item: bytes) -> AccountEdit:
    """What `edit_fields` gave, encoded; raises MalformedRlp."""
    address, balance, nonce, code, clears, slots = read_fields(item, "edit", 6)
    balances = [read_uint(one, "balance") for one in read_list(balance, "balance")]
    nonces = [read_uint(one, "nonce") for one in read_list(nonce, "nonce")]
    codes = [read_bytes(one, "code") for one in read_list(code, "code")]
    return AccountEdit(
        Address(read_bytes(address, "address", 20)),
        next(iter(balances), None),
        next(iter(nonces), None),
        next(iter(codes), None),
        read_uint(clears, "clears_storage") == 1,
        tuple(_read_slot(slot) for slot in read_list(slots, "slots")),
    )


def _read_slot(item: bytes) -> tuple[bytes, bytes]:
    key, value = read_fields(item, "slot", 2)
    return read_bytes(key, "key", WORD_BYTES), read_bytes(value, "value", WORD_BYTES)


def _optional(value: bytes | int | None) -> Encodable:
    return [] if value is None else [value]
