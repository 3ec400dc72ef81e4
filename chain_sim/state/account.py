"""An account, and the bytes of accounts and storage values in their tries."""

import rlp
from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.primitives import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Hash32

WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)
HASH_HEADER = b"\xa0"


class Account(Struct, frozen=True):
    """What the world state's trie holds under an address; balance in wei."""

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
    # Between 68 and 132 bytes: the length is one byte, behind the first.
    return bytes((0xF8, len(payload))) + payload


def decode_account(encoded: bytes, address: bytes) -> Account:
    """Inverse of encode_account; DatabaseDamaged if the bytes aren't an account's."""
    try:
        fields = rlp.decode(encoded)
    except rlp.DecodingError as error:
        raise DatabaseDamaged(address, "account is not RLP") from error
    match fields:
        case [bytes(nonce), bytes(balance), bytes(storage_root), bytes(code_hash)]:
            lengths = len(nonce), len(balance), len(storage_root), len(code_hash)
        case _:
            raise DatabaseDamaged(address, "account does not have four fields")
    if max(lengths) > WORD_BYTES or min(lengths[2:]) < WORD_BYTES:
        raise DatabaseDamaged(address, "account has a field of a wrong length")
    account = Account(
        int.from_bytes(nonce),
        int.from_bytes(balance),
        Hash32(storage_root),
        Hash32(code_hash),
    )
    if encode_account(account) != encoded:
        raise DatabaseDamaged(address, "account has a number with leading zeros")
    return account


def encode_storage_value(value: bytes) -> bytes:
    """RLP of the number without leading zeros; empty (absent) for zero."""
    return b"" if value == ZERO_WORD else _encode_number(int.from_bytes(value))


def decode_storage_value(encoded: bytes, key: bytes) -> bytes:
    """Inverse of encode_storage_value, in 32 bytes; DatabaseDamaged if it has none."""
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
