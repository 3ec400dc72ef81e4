import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from chain_sim.database.errors import DatabaseDamaged
from chain_sim.ethereum.primitives.text import EMPTY_CODE_HASH, EMPTY_TRIE_ROOT, Hash32
from chain_sim.ethereum.state.account import (
    Account,
    decode_account,
    decode_storage_value,
    encode_account,
    encode_storage_value,
)

HASHES = st.binary(min_size=32, max_size=32).map(Hash32)
EDGES = [0, 1, 0x7F, 0x80, 0xFF, 0x100, 2**64 - 1, 2**256 - 1]
NUMBERS = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**256 - 1))
ROOT, CODE_HASH = EMPTY_TRIE_ROOT, EMPTY_CODE_HASH


@settings(deadline=None)
@given(st.builds(Account, NUMBERS, NUMBERS, HASHES, HASHES))
def test_accounts_are_encoded_as_the_rlp_package_does(account: Account) -> None:
    fields = [account.nonce, account.balance, account.storage_root, account.code_hash]
    assert encode_account(account) == rlp.encode(fields)
    assert decode_account(encode_account(account), b"") == account


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ([b"", b"", ROOT], "account does not have four fields"),
        ([b"", b"", ROOT, CODE_HASH, b""], "account does not have four fields"),
        ([b"", b"", [ROOT], CODE_HASH], "account does not have four fields"),
        (b"no list", "account does not have four fields"),
        ([b"", b"", ROOT[1:], CODE_HASH], "account has a field of a wrong length"),
        ([b"", b"", ROOT, CODE_HASH + b"0"], "account has a field of a wrong length"),
        ([b"1" * 33, b"", ROOT, CODE_HASH], "account has a field of a wrong length"),
        ([b"", b"1" * 300, ROOT, CODE_HASH], "account has a field of a wrong length"),
        ([b"\0", b"", ROOT, CODE_HASH], "account has a number with leading zeros"),
        ([b"", b"\0\1", ROOT, CODE_HASH], "account has a number with leading zeros"),
    ],
)
def test_what_is_not_an_account_is_damage(fields: object, reason: str) -> None:
    with pytest.raises(DatabaseDamaged) as caught:
        decode_account(rlp.encode(fields), b"address")
    assert (caught.value.key, caught.value.reason) == (b"address", reason)


@pytest.mark.parametrize("encoded", [b"", b"\xc1", b"\xf8\x01\x80", b"\xc0\x00"])
def test_what_is_not_rlp_is_damage(encoded: bytes) -> None:
    with pytest.raises(DatabaseDamaged):
        decode_account(encoded, b"address")


@settings(deadline=None)
@given(NUMBERS)
def test_storage_values_are_numbers_in_rlp(number: int) -> None:
    encoded = encode_storage_value(number.to_bytes(32))
    assert encoded == (rlp.encode(number) if number else b"")
    assert decode_storage_value(encoded, b"") == number.to_bytes(32)


@pytest.mark.parametrize(
    "encoded",
    [b"\0", b"\x80", b"\x81\x7f", b"\x82\0\1", b"\xa1" + b"\1" * 33, b"\xa0\1", b"ab"],
)
def test_what_is_not_a_storage_value_is_damage(encoded: bytes) -> None:
    with pytest.raises(DatabaseDamaged) as caught:
        decode_storage_value(encoded, b"key")
    assert caught.value.key == b"key"


@pytest.mark.parametrize(
    ("account", "is_empty"),
    [
        (Account(), True),
        (Account(storage_root=Hash32(bytes(32))), True),
        (Account(nonce=1), False),
        (Account(balance=1), False),
        (Account(code_hash=Hash32(bytes(32))), False),
    ],
)
def test_emptiness_does_not_ask_for_storage(account: Account, is_empty: bool) -> None:
    assert account.is_empty == is_empty
