"""Accounts, and the encodings of accounts and storage values in their tries."""

from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.errors import MalformedRlp
from chain_sim.ethereum.primitives.rlp_fields import read_bytes, read_list
from chain_sim.ethereum.primitives.text import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Hash32

WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)
HASH_HEADER = b"\xa0"
FIRST_LIST = 0xC0
HASHES_BYTES = 2 * (1 + WORD_BYTES)
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
    payload = b"".join(
        (
            _encode_number(account.nonce),
            _encode_number(account.balance),
            HASH_HEADER,
            account.storage_root,
            HASH_HEADER,
            account.code_hash,
        )
    )
    # Between 68 and 132 bytes: the second byte is the length.
    return bytes((0xF8, len(payload))) + payload


def decode_account(encoded: bytes, address: bytes) -> Account:
    """Inverse of encode_account; DatabaseDamaged if the bytes aren't an account's."""
    numbers, hashes = encoded[2:-HASHES_BYTES], encoded[-HASHES_BYTES:]
    nonce, balance = _decode_number(numbers)
    account = Account(
        int.from_bytes(nonce),
        int.from_bytes(_decode_number(balance)[0]),
        Hash32(hashes[1 : 1 + WORD_BYTES]),
        Hash32(hashes[-WORD_BYTES:]),
    )
    # Each account has only one encoding, however it was read above.
    if len(hashes) < HASHES_BYTES or encode_account(account) != encoded:
        raise DatabaseDamaged(address, f"account {_fault(encoded)}")
    return account


def _decode_number(encoded: bytes) -> tuple[bytes, bytes]:
    """The bytes of the first number, at most 32, and the bytes after them."""
    first = encoded[0] if encoded else 0
    if first < 0x80:
        return encoded[:1], encoded[1:]
    end = 1 + min(first - 0x80, WORD_BYTES)
    return encoded[1:end], encoded[end:]


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
    return b"" if value == ZERO_WORD else _encode_number(int.from_bytes(value))


def decode_storage_value(encoded: bytes, key: bytes) -> bytes:
    """Inverse of encode_storage_value, as 32 bytes; DatabaseDamaged if it has none."""
    digits = encoded[1:] if encoded and encoded[0] > 0x80 else encoded
    value = digits.rjust(WORD_BYTES, b"\0")
    if len(value) != WORD_BYTES or encode_storage_value(value) != encoded:
        raise DatabaseDamaged(key, "not a storage value in the storage trie")
    return value


def _encode_number(number: int) -> bytes:
    """RLP of a number of up to 55 bytes, big-endian without leading zeros."""
    if 0 < number < 0x80:
        return bytes((number,))
    digits = number.to_bytes((number.bit_length() + 7) // 8)
    return bytes((0x80 + len(digits),)) + digits
