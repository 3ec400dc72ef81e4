"""Headers and blocks: published hashes and roots, exact round trips, refusals."""

from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from chain_sim.ethereum.blocks.block import (
    EMPTY_OMMERS_HASH,
    ZERO_HASH,
    Block,
    Header,
    decode_block,
    decode_header,
    encode_block,
    encode_header,
    read_transaction_item,
    transaction_item,
    transactions_root,
)
from chain_sim.ethereum.primitives.bloom import EMPTY_BLOOM
from chain_sim.ethereum.primitives.errors import (
    InvalidTransaction,
    MalformedRlp,
    MalformedTransaction,
)
from chain_sim.ethereum.primitives.rlp_fields import encode_item, read_list
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction


def hash32(digits: str) -> Hash32:
    return Hash32(bytes.fromhex(digits))


# Ethereum's main network, blocks 0, 1 and 2.
MAINNET_0 = Header(
    parent_hash=ZERO_HASH,
    ommers_hash=EMPTY_OMMERS_HASH,
    coinbase=Address(bytes(20)),
    state_root=hash32(
        "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544"
    ),
    transactions_root=EMPTY_TRIE_ROOT,
    receipts_root=EMPTY_TRIE_ROOT,
    logs_bloom=EMPTY_BLOOM,
    difficulty=17_179_869_184,
    number=0,
    gas_limit=5_000,
    gas_used=0,
    timestamp=0,
    extra_data=bytes.fromhex(
        "11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa"
    ),
    mix_hash=ZERO_HASH,
    nonce=bytes.fromhex("0000000000000042"),
)
MAINNET_1 = replace(
    MAINNET_0,
    parent_hash=MAINNET_0.hash,
    coinbase=Address(bytes.fromhex("05a56e2d52c817161883f50c441c3228cfe54d9f")),
    state_root=hash32(
        "d67e4d450343046425ae4271474353857ab860dbc0a1dde64b41b5cd3a532bf3"
    ),
    difficulty=17_171_480_576,
    number=1,
    timestamp=1_438_269_988,
    extra_data=b"Geth/v1.0.0/linux/go1.4.2",
    mix_hash=hash32("969b900de27b6ac6a67742365dd65f55a0526c41fd18e1b16f1a1215c2e66f59"),
    nonce=bytes.fromhex("539bd4979fef1ec4"),
)

# The first transaction of that network, the only one of block 46,147.
FIRST_TRANSACTION = Transaction(
    nonce=0,
    gas_price=50_000_000_000_000,
    gas_limit=21_000,
    to=Address(bytes.fromhex("5df9b87991262f6ba471f09758cde1c0fc1de734")),
    value=31337,
    data=b"",
    v=28,
    r=0x88FF6CF0FEFD94DB46111149AE4BFC179E9B94721FFFD821D38D16464B3F71D0,
    s=0x45E0AFF800961CFCE805DAEF7016B9B675C137A6A41A548F7B60A3484C06A33A,
)

hashes = st.binary(min_size=32, max_size=32).map(Hash32)
addresses = st.binary(min_size=20, max_size=20).map(Address)
uint64s = st.integers(0, 2**64 - 1)
headers = st.builds(
    Header,
    parent_hash=hashes,
    ommers_hash=hashes,
    coinbase=addresses,
    state_root=hashes,
    transactions_root=hashes,
    receipts_root=hashes,
    logs_bloom=st.binary(min_size=256, max_size=256),
    difficulty=st.integers(0, 2**256 - 1),
    number=uint64s,
    gas_limit=uint64s,
    gas_used=uint64s,
    timestamp=uint64s,
    extra_data=st.binary(max_size=32),
    mix_hash=hashes,
    nonce=st.binary(min_size=8, max_size=8),
)
transactions = st.builds(
    Transaction,
    nonce=st.integers(0, 2**64 - 2),
    gas_price=st.integers(0, 2**192 - 1),
    gas_limit=uint64s,
    to=st.none() | addresses,
    value=st.integers(0, 2**256 - 1),
    data=st.binary(max_size=80),
    v=st.integers(0, 2**64),
    r=st.integers(0, 2**256 - 1),
    s=st.integers(0, 2**256 - 1),
)


def test_mainnet_genesis_has_its_published_hash() -> None:
    assert MAINNET_0.hash.hex() == (
        "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3"
    )


def test_mainnet_block_one_has_its_published_hash() -> None:
    assert MAINNET_1.hash.hex() == (
        "88e96d4537bea4d9c05d12549907b32561d3bf31f45aae734cdc119f13406cb6"
    )


def test_block_without_transactions_is_its_header_and_two_empty_lists() -> None:
    block = Block(MAINNET_1, ())
    assert block.hash == MAINNET_1.hash
    items = read_list(encode_block(block), "block")
    assert items == [encode_header(MAINNET_1), b"\xc0", b"\xc0"]


def test_first_mainnet_transaction_has_its_published_hash_and_root() -> None:
    assert FIRST_TRANSACTION.hash.hex() == (
        "5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060"
    )
    assert transactions_root([FIRST_TRANSACTION]).hex() == (
        "4513310fcb9f6f616972a3b948dc5d547f280849a87ebb5af0191f98b87be598"
    )


def test_no_transactions_have_the_root_of_the_empty_trie() -> None:
    assert transactions_root([]) == EMPTY_TRIE_ROOT


def test_root_depends_on_the_order_of_transactions() -> None:
    tx = Transaction(0, 1, 21_000, None, 0, b"")
    first, second = (
        sign_transaction(structs.replace(tx, nonce=nonce), b"\x01" * 32, 1)
        for nonce in (0, 1)
    )
    assert transactions_root([first, second]) != transactions_root([second, first])


def test_hash_of_no_ommers_is_the_published_one() -> None:
    assert EMPTY_OMMERS_HASH.hex() == (
        "1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347"
    )


@given(headers)
def test_header_is_read_back(header: Header) -> None:
    assert decode_header(encode_header(header)) == header


@given(headers, st.lists(transactions, max_size=4))
def test_block_is_read_back_and_its_bytes_are_the_same(
    header: Header, txs: list[Transaction]
) -> None:
    block = Block(header, tuple(txs))
    data = encode_block(block)
    assert decode_block(data) == block
    assert encode_block(decode_block(data)) == data


@given(st.binary(max_size=600))
def test_random_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(MalformedRlp):
        decode_block(data)


def test_hash_depends_on_every_field() -> None:
    header = replace(MAINNET_1, base_fee_per_gas=7)
    for field in fields(Header):
        value = getattr(header, field.name)
        if isinstance(value, int):
            changed = value + 1
        else:
            changed = bytes([value[0] ^ 1]) + value[1:]
        assert replace(header, **{field.name: changed}).hash != header.hash


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("parent_hash", bytes(31), "parent_hash has 31 bytes, not 32"),
        ("ommers_hash", bytes(33), "ommers_hash has 33 bytes, not 32"),
        ("coinbase", b"", "coinbase has 0 bytes, not 20"),
        ("state_root", bytes(31), "state_root has 31 bytes, not 32"),
        ("transactions_root", bytes(31), "transactions_root has 31 bytes, not 32"),
        ("receipts_root", bytes(31), "receipts_root has 31 bytes, not 32"),
        ("logs_bloom", bytes(257), "logs_bloom has 257 bytes, not 256"),
        ("difficulty", 2**256, "difficulty has 33 bytes, more than 32"),
        ("number", 2**64, "number has 9 bytes, more than 8"),
        ("gas_limit", 2**64, "gas_limit has 9 bytes, more than 8"),
        ("gas_used", 2**64, "gas_used has 9 bytes, more than 8"),
        ("timestamp", 2**64, "timestamp has 9 bytes, more than 8"),
        ("extra_data", bytes(33), "extra_data has 33 bytes, more than 32"),
        ("mix_hash", bytes(31), "mix_hash has 31 bytes, not 32"),
        ("nonce", bytes(7), "nonce has 7 bytes, not 8"),
    ],
)
def test_field_of_the_wrong_width_is_refused(
    field: str, value: object, reason: str
) -> None:
    data = encode_header(replace(MAINNET_1, **{field: value}))
    with pytest.raises(MalformedRlp) as caught:
        decode_header(data)
    assert caught.value.reason == reason


def test_header_with_a_later_forks_field_is_refused() -> None:
    items = read_list(encode_header(MAINNET_1), "header")
    with pytest.raises(MalformedRlp) as caught:
        decode_header(encode_item([b"\x01"] * (len(items) + 1)))
    assert caught.value.reason == "header has 16 fields, not 15"


def test_block_with_ommers_is_refused() -> None:
    header, transactions_item, _ = read_list(encode_block(Block(MAINNET_1, ())), "")
    payload = header + transactions_item + b"\xc1\x01"
    prefix = b"\xf9" + len(payload).to_bytes(2, "big")
    with pytest.raises(MalformedRlp) as caught:
        decode_block(prefix + payload)
    assert caught.value.reason == "block has ommers"


def test_block_with_a_broken_transaction_is_refused() -> None:
    too_high = structs.replace(FIRST_TRANSACTION, nonce=2**64)
    with pytest.raises(InvalidTransaction):
        decode_block(encode_block(Block(MAINNET_1, (too_high,))))


@pytest.mark.parametrize("item", [b"", b"\x82\x01", b"\xc2\x01"], ids=bytes.hex)
def test_an_item_that_is_cut_off_is_no_transaction(item: bytes) -> None:
    with pytest.raises(MalformedTransaction) as caught:
        read_transaction_item(item, (0,))
    assert str(caught.value) == str(MalformedTransaction(caught.value.reason))


def test_the_item_of_a_transaction_is_read_back() -> None:
    item = transaction_item(FIRST_TRANSACTION)
    assert item == FIRST_TRANSACTION.encoded
    assert read_transaction_item(item, (0,)) == FIRST_TRANSACTION
