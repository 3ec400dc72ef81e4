"""Accounts and slots as records of one width, which are sorted by how they begin."""

from typing import NamedTuple

from chain_sim.ethereum.primitives.text import ADDRESS_BYTES, Address, Hash32
from chain_sim.ethereum.state.account import WORD_BYTES, Account

ACCOUNT_BYTES = 4 * WORD_BYTES
ACCOUNT_RECORD_BYTES = WORD_BYTES + ADDRESS_BYTES + ACCOUNT_BYTES
SLOT_RECORD_BYTES = 3 * WORD_BYTES  # what it is sorted by, key, value


class ListedAccount(NamedTuple):
    """An account with its address."""

    address: Address
    account: Account


def account_record(key: bytes, listed: ListedAccount) -> bytes:
    """The record; `key` is what it is sorted by, 32 bytes."""
    account = listed.account
    return b"".join(
        (
            key,
            listed.address,
            account.nonce.to_bytes(WORD_BYTES, "big"),
            account.balance.to_bytes(WORD_BYTES, "big"),
            account.storage_root,
            account.code_hash,
        )
    )


def read_account_record(record: bytes) -> ListedAccount:
    """Inverse of account_record, without the key."""
    address = record[WORD_BYTES : WORD_BYTES + ADDRESS_BYTES]
    nonce, balance, storage_root, code_hash = (
        record[start : start + WORD_BYTES]
        for start in range(WORD_BYTES + ADDRESS_BYTES, len(record), WORD_BYTES)
    )
    account = Account(
        int.from_bytes(nonce, "big"),
        int.from_bytes(balance, "big"),
        Hash32(storage_root),
        Hash32(code_hash),
    )
    return ListedAccount(Address(address), account)
