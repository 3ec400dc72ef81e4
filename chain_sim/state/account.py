"""An account, and the bytes of accounts and storage values in their tries."""

from msgspec import Struct

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.errors import MalformedRlp
from chain_sim.primitives import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Hash32
from chain_sim.rlp_fields import read_bytes, read_list

WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)
HASH_HEADER = b"\xa0"
FIRST_LIST = 0xC0
ACCOUNT_FIELDS = 4


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
    nonce, balance, storage_root, code_hash = fields = _fields(encoded, address)
    lengths = [len(field) for field in fields]
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


def _fields(encoded: bytes, address: bytes) -> list[bytes]:
    """The four byte strings; lists in each other are not followed."""
    try:
        if encoded[:1] < bytes((FIRST_LIST,)):
            read_bytes(encoded, "account")
            items = []
        else:
            items = read_list(encoded, "account", ACCOUNT_FIELDS + 1)
        if len(items) != ACCOUNT_FIELDS or any(item[0] >= FIRST_LIST for item in items):
            raise DatabaseDamaged(address, "account does not have four fields")
        return [read_bytes(item, "account") for item in items]
    except MalformedRlp as error:
        raise DatabaseDamaged(address, "account is not RLP") from error


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
