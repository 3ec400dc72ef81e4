"""Encodings, hashes and signers are found once, and belong to one value only."""

from dataclasses import replace

import pytest
from msgspec import structs

from chain_sim import Blockchain
from chain_sim.ethereum.blocks import block as blocks
from chain_sim.ethereum.blocks import receipts
from chain_sim.ethereum.blocks.block import encode_header
from chain_sim.ethereum.blocks.receipts import encode_receipt, make_receipt
from chain_sim.ethereum.primitives import transactions
from chain_sim.ethereum.primitives.errors import InvalidSignature
from chain_sim.ethereum.primitives.text import Address, keccak256
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
    recover_sender,
    sign_transaction,
)

BOB = Address(b"\xbb" * 20)
FIRST = Blockchain.accounts[0]
CHAIN_ID = 31337
PLAIN = Transaction(0, 10**9, 21_000, BOB, 1, b"")


class Counter:
    """A function that counts its calls."""

    def __init__(self, function: object) -> None:
        self.count = 0
        self._function = function

    def __call__(self, *arguments: object) -> object:
        self.count += 1
        return self._function(*arguments)  # type: ignore[operator]


def counted(patch: pytest.MonkeyPatch, module: object, name: str) -> Counter:
    counter = Counter(getattr(module, name))
    patch.setattr(module, name, counter)
    return counter


def signed(nonce: int) -> Transaction:
    return sign_transaction(
        structs.replace(PLAIN, nonce=nonce), FIRST.private_key, CHAIN_ID
    )


def test_block_encodes_each_of_its_values_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raws = [encode_transaction(signed(nonce)) for nonce in range(3)]
    chain = Blockchain.in_memory()
    _ = chain.head.hash
    found = [decode_transaction(raw) for raw in raws]
    headers = counted(monkeypatch, blocks, "encode_header")
    encoded = counted(monkeypatch, transactions, "encode_transaction")
    of_receipts = counted(monkeypatch, receipts, "encode_receipt")
    recovered = counted(monkeypatch, transactions, "recover_address")
    block = chain.mine(found)
    assert [block.hash, *(tx.hash for tx in found)]
    assert (headers.count, encoded.count, of_receipts.count) == (1, 3, 3)
    assert recovered.count == 3


def test_sender_of_what_is_signed_here_is_not_recovered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chain = Blockchain.in_memory()
    recovered = counted(monkeypatch, transactions, "recover_address")
    assert chain.send(BOB, value=1).sender == FIRST.address
    assert recovered.count == 0


def test_signer_is_the_one_that_the_signature_gives() -> None:
    for account in Blockchain.accounts:
        tx = sign_transaction(PLAIN, account.private_key, CHAIN_ID)
        again = decode_transaction(encode_transaction(tx))
        assert tx.signer == again.signer == account.address
        assert recover_sender(again, CHAIN_ID) == account.address


def test_changed_transaction_keeps_nothing_of_the_first() -> None:
    tx = signed(0)
    kept = (tx.hash, tx.encoded, tx.signer)
    other = structs.replace(tx, value=2)
    assert other.encoded == encode_transaction(other) != kept[1]
    assert other.hash == keccak256(other.encoded) != kept[0]
    assert other.signer != kept[2]
    with pytest.raises(InvalidSignature):
        _ = structs.replace(tx, r=0).signer


def test_transaction_that_was_hashed_equals_one_that_was_not() -> None:
    hashed, fresh = signed(0), signed(0)
    _ = hashed.hash
    assert hashed == fresh
    assert len({hashed, fresh}) == 1
    assert repr(hashed) == repr(fresh)


def test_changed_header_has_its_own_hash() -> None:
    header = Blockchain.in_memory().head.header
    before = header.hash
    other = replace(header, number=header.number + 1)
    assert other.hash == keccak256(encode_header(other)) != before
    assert header == replace(other, number=header.number)


def test_changed_receipt_has_its_own_encoding() -> None:
    receipt = make_receipt(True, 1, ())
    before = receipt.encoded
    other = structs.replace(receipt, status=False)
    assert other.encoded == encode_receipt(other) != before
