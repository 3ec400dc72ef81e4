"""Accounts, and the encodings of accounts and storage values in their tries."""

from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import (
    encode_item,
    read_bytes,
    read_fields,
    read_list,
    read_uint,
)
from chain_sim.ethereum.primitives.text import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Hash32

WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)
FIRST_LIST = 0xC0
ACCOUNT_FIELDS = 4


class Account(Struct, frozen=True):
    """An account's entry in the state trie; balance in wei."""

    nonce: int = 0
    balance: int = 0
    storage_root: Hash32 = EMPTY_TRIE_ROOT
    code_hash: Hash32 = EMPTY_CODE_HASH

    @property
    def is_empty(self) -> bool:
        """No nonce, balance or code (EIP-161); storage does not count."""
        return not self.nonce and not self.balance and self.code_hash == EMPTY_CODE_HASH


def encode_account(account: Account) -> bytes:
    """RLP of nonce, balance, storage root, code hash."""
    nonce, balance = account.nonce, account.balance
    return encode_item([nonce, balance, account.storage_root, account.code_hash])


def decode_account(encoded: bytes, address: bytes) -> Account:
    """Inverse of encode_account; DatabaseDamaged if the bytes aren't an account's."""
    try:
        nonce, balance, root, code_hash = read_fields(
            encoded, "account", ACCOUNT_FIELDS
        )
        return Account(
            read_uint(nonce, "nonce"),
            read_uint(balance, "balance"),
            Hash32(read_bytes(root, "root", WORD_BYTES)),
            Hash32(read_bytes(code_hash, "code hash", WORD_BYTES)),
        )
    except MalformedRlp as error:
        raise DatabaseDamaged(address, f"account {_fault(encoded)}") from error


def _fault(encoded: bytes) -> str:
    """What is wrong with bytes that are not an account; nested lists are not read."""
    try:
        if encoded[:1] < bytes((FIRST_LIST,)):
            read_bytes(encoded, "account")
            return "does not have four fields"
        items = read_list(encoded, "account", ACCOUNT_FIELDS + 1)
        if len(items) != ACCOUNT_FIELDS or any(item[0] >= FIRST_LIST for item in items):
            return "does not have four fields"
        lengths = [len(read_bytes(item, "account")) for item in items]
    except MalformedRlp:
        return "is not RLP"
    if max(lengths) > WORD_BYTES or min(lengths[2:]) < WORD_BYTES:
        return "has a field of a wrong length"
    return "has a number with leading zeros"


def encode_storage_value(value: bytes) -> bytes:
    """RLP of the number without leading zeros; empty (no entry) for zero."""
    digits = value.lstrip(b"\0")
    return encode_item(digits) if digits else b""


def decode_storage_value(encoded: bytes, key: bytes) -> bytes:
    """Inverse of encode_storage_value, as 32 bytes; DatabaseDamaged if it has none."""
    if not encoded:
        return ZERO_WORD
    try:
        number = read_uint(encoded, "value")
    except MalformedRlp:
        number = 0
    if number == 0:
        raise DatabaseDamaged(key, "not a storage value in the storage trie")
    return number.to_bytes(WORD_BYTES, "big")
