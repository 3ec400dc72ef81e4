"""Accounts at the greatest balance and nonce, whatever brings them into a chain."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.genesis import (
    GenesisAccount,
    GenesisConfig,
    decode_genesis,
    encode_genesis,
)
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.load import load_chain, load_into
from chain_sim.ethereum.primitives.errors import FieldTooLarge, InvalidGenesis
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import MAX_UINT_256

FULL = Address(b"\xff" * 20)
PAYER = Blockchain.accounts[0].address
LAST_NONCE = 2**64 - 1


def genesis_with(*changed: GenesisAccount, coinbase: Address = FULL) -> GenesisConfig:
    genesis = default_genesis()
    accounts = {account.address: account for account in genesis.accounts}
    accounts |= {account.address: account for account in changed}
    ordered = tuple(accounts[address] for address in sorted(accounts))
    return replace(genesis, accounts=ordered, coinbase=coinbase)


def loaded(document: dict[str, object]) -> Blockchain:
    database = MemoryDatabase()
    load_into(database, io.BytesIO(json.dumps(document).encode()))
    return Blockchain(database)


def foreign(nonce: int, balance: int) -> dict[str, object]:
    account = {"nonce": nonce, "balance": hex(balance), "code": "0x", "storage": {}}
    return {"accounts": {"0x" + FULL.hex(): account}}


def test_a_chain_whose_coinbase_is_full_goes_on() -> None:
    chain = Blockchain.in_memory(genesis_with(GenesisAccount(FULL, MAX_UINT_256)))
    receipt = chain.send(Address(b"\x05" * 20), value=1)
    assert (receipt.succeeded, receipt.gas_used) == (True, 21_000)
    assert chain.balance(FULL) == MAX_UINT_256
    assert chain.balance(PAYER) == 10**22 - 21_000 * 10**9 - 1


@pytest.mark.parametrize("is_cross_checked", [False, True])
def test_a_payment_to_a_full_account_is_a_failed_receipt(
    is_cross_checked: bool,
) -> None:
    genesis = genesis_with(GenesisAccount(FULL, MAX_UINT_256), coinbase=PAYER)
    chain = Blockchain.in_memory(genesis, cross_check=is_cross_checked)
    receipt = chain.send(FULL, value=1)
    assert (receipt.succeeded, receipt.gas_used) == (False, 21_000)
    assert receipt.error is not None
    assert receipt.error.endswith("with 1 more its balance would exceed 256 bits")
    assert chain.balance(FULL) == MAX_UINT_256
    assert chain.balance(PAYER) == 10**22
    assert chain.head.header.number == 1


def test_a_refused_payment_is_captured_and_replayed() -> None:
    chain = Blockchain.in_memory(genesis_with(GenesisAccount(FULL, MAX_UINT_256)))
    receipt = chain.send(FULL, value=1)
    case = decode_case(encode_case(chain.export.capture(receipt.transaction_hash)))
    assert replay_case(case, cross_check=True).is_same


def test_a_dump_with_a_full_account_loads_and_its_chain_goes_on() -> None:
    chain = loaded(foreign(nonce=0, balance=MAX_UINT_256))
    assert chain.balance(FULL) == MAX_UINT_256
    result = chain.call(FULL, sender=FULL, value=MAX_UINT_256)
    assert result.succeeded
    with pytest.raises(MalformedDump):
        loaded(foreign(nonce=0, balance=MAX_UINT_256 + 1))


def test_a_chain_is_loaded_from_its_own_dump_at_the_last_nonce(tmp_path: Path) -> None:
    genesis = genesis_with(GenesisAccount(PAYER, 10**22, nonce=2**64 - 2))
    with Blockchain.open(tmp_path / "a", genesis) as chain:
        assert chain.send(Address(b"\x05" * 20), value=1).succeeded
        assert chain.nonce(PAYER) == LAST_NONCE
        chain.export.dump(tmp_path / "dump")
        head = chain.head
    load_chain(tmp_path / "dump", tmp_path / "b")
    with Blockchain.open(tmp_path / "b") as chain:
        assert chain.head == head
        assert chain.nonce(PAYER) == LAST_NONCE


def test_an_account_of_the_greatest_nonce_sends_and_calls_no_more() -> None:
    genesis = genesis_with(GenesisAccount(PAYER, 10**22, nonce=LAST_NONCE))
    chain = Blockchain.in_memory(genesis)
    for attempt in (chain.send, chain.call):
        with pytest.raises(FieldTooLarge) as caught:
            attempt(FULL)
        facts = caught.value.field, caught.value.maximum, caught.value.actual
        assert facts == ("nonce", LAST_NONCE - 1, LAST_NONCE)
    assert chain.head.header.number == 0
    assert chain.nonce(PAYER) == LAST_NONCE


def test_a_genesis_file_has_nonces_of_64_bits() -> None:
    genesis = genesis_with(GenesisAccount(FULL, nonce=LAST_NONCE))
    assert decode_genesis(encode_genesis(genesis)) == genesis
    beyond = genesis_with(GenesisAccount(FULL, nonce=LAST_NONCE + 1))
    with pytest.raises(InvalidGenesis) as caught:
        decode_genesis(encode_genesis(beyond))
    assert caught.value.place.endswith(".nonce")


def test_another_tools_file_has_nonces_of_64_bits() -> None:
    assert loaded(foreign(nonce=LAST_NONCE, balance=0)).nonce(FULL) == LAST_NONCE
    with pytest.raises(MalformedDump) as caught:
        loaded(foreign(nonce=LAST_NONCE + 1, balance=0))
    assert caught.value.place.endswith(".nonce")


@pytest.mark.parametrize(
    ("account", "place"),
    [
        (GenesisAccount(FULL, balance=MAX_UINT_256 + 1), "balance"),
        (GenesisAccount(FULL, nonce=LAST_NONCE + 1), "nonce"),
        (GenesisAccount(FULL, storage=((bytes(32), bytes(31)),)), "storage"),  # type: ignore[arg-type]
    ],
)
def test_no_chain_begins_that_its_own_file_could_not_hold(
    account: GenesisAccount, place: str
) -> None:
    database = MemoryDatabase()
    with pytest.raises(InvalidGenesis) as caught:
        Blockchain(database, genesis_with(account))
    assert f".{place}" in caught.value.place
    assert list(database.iterate(b"")) == []
