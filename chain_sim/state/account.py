"""An account, and the bytes of accounts and storage values in their tries."""

from dataclasses import dataclass

import rlp

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.primitives import (
    EMPTY_CODE_HASH,
    EMPTY_TRIE_ROOT,
    Address,
    Hash32,
    keccak256,
)

WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)


@dataclass(frozen=True, slots=True)
class Account:
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
    fields = (
        _shortest(account.nonce),
        _shortest(account.balance),
        account.storage_root,
        account.code_hash,
    )
    return bytes(rlp.encode(fields))


def decode_account(encoded: bytes, address: bytes) -> Account:
    """Inverse of encode_account; DatabaseDamaged if the bytes aren't an account's."""
    try:
        fields = rlp.decode(encoded)
    except rlp.DecodingError as error:
        raise DatabaseDamaged(address, "account is not RLP") from error
    match fields:
        case [bytes(nonce), bytes(balance), bytes(storage_root), bytes(code_hash)]:
            account = Account(
                int.from_bytes(nonce),
                int.from_bytes(balance),
                Hash32(storage_root),
                Hash32(code_hash),
            )
        case _:
            raise DatabaseDamaged(address, "account does not have four fields")
    is_canonical = encode_account(account) == encoded
    if not is_canonical or len(storage_root) != 32 or len(code_hash) != 32:
        raise DatabaseDamaged(address, "account has a field of a wrong length")
    return account


def encode_storage_value(value: bytes) -> bytes:
    """RLP of the number without leading zeros; empty (absent) for zero."""
    digits = value.lstrip(b"\0")
    if not digits or (len(digits) == 1 and digits[0] < 0x80):
        return digits
    return bytes((0x80 + len(digits),)) + digits


def decode_storage_value(encoded: bytes, key: bytes) -> bytes:
    """Inverse of encode_storage_value, in 32 bytes; DatabaseDamaged if it has none."""
    digits = encoded[1:] if encoded and encoded[0] > 0x80 else encoded
    value = digits.rjust(WORD_BYTES, b"\0")
    if len(value) != WORD_BYTES or encode_storage_value(value) != encoded:
        raise DatabaseDamaged(key, "not a storage value in the storage trie")
    return value


def contract_address(sender: Address, nonce: int) -> Address:
    """Where the contract created by `sender` with this nonce will live."""
    return Address(keccak256(rlp.encode((sender, _shortest(nonce))))[12:])


def _shortest(number: int) -> bytes:
    """Big-endian without leading zeros; zero is empty."""
    return number.to_bytes((number.bit_length() + 7) // 8)
