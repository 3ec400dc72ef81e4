"""Cases from a state and transactions, and from a chain's transaction."""

from dataclasses import replace
from pathlib import Path

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.genesis import GenesisAccount
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.capture.case import CaseBlock, SentTransaction, rules_with
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.making import make_case, state_of
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    BlockNotKept,
    NonceTooHigh,
    UnknownTransaction,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from chain_sim.ethereum.primitives.transactions import Transaction
from gas_schedule.loader import SCHEDULES_FOLDER
from tests.helpers.chains import numbered
from tests.helpers.histories import (
    BLOCK_HASH,
    EVERYTHING,
    STORE,
    WORKER,
    history_of,
    job,
)

SENDER, CONTRACT = Address(b"\x5e" * 20), Address(b"\xc0" * 20)
RULES = rules_with("ewasm-metered", 31337)
ACCOUNTS = [
    GenesisAccount(SENDER, balance=10**21),
    GenesisAccount(CONTRACT, code=WORKER, nonce=1),
]


def block_of(number: int, *transactions: Transaction) -> CaseBlock:
    return CaseBlock(
        coinbase=Address(b"\xcb" * 20),
        number=number,
        timestamp=1000 + number,
        difficulty=7,
        gas_limit=10_000_000,
        transactions=tuple(SentTransaction(tx, SENDER) for tx in transactions),
    )


def work(nonce: int, data: bytes) -> Transaction:
    return Transaction(nonce, 1, 1_000_000, CONTRACT, 0, data)


def test_a_sequence_of_blocks_without_signatures_runs_again() -> None:
    database, root = state_of(ACCOUNTS)
    one, two = bytes(31) + b"\1", bytes(31) + b"\2"
    blocks = [
        block_of(5, work(0, job(STORE, one, two)), work(1, job(STORE, two, two))),
        block_of(9, work(2, job(STORE, one, bytes(32)))),
    ]
    case = make_case(database, root, blocks, RULES)
    read = decode_case(encode_case(replace(case, note="a sequence")))
    assert read.note == "a sequence"
    assert [outcome.result.gas_used for outcome in read.outcomes[:1]] == [
        case.outcomes[0].result.gas_used
    ]
    assert len(read.outcomes) == 3
    assert replay_case(read, cross_check=True).is_same
    assert case.places() == [
        "blocks[0].transactions[0]",
        "blocks[0].transactions[1]",
        "blocks[1].transactions[0]",
    ]


def test_the_hashes_of_blocks_that_are_asked_for_are_kept_and_no_others() -> None:
    database, root = state_of(ACCOUNTS)
    asks = [work(nonce, job(BLOCK_HASH, bytes((7 - nonce,)))) for nonce in range(2)]
    case = make_case(
        database,
        root,
        [block_of(8, *asks)],
        RULES,
        block_hash=lambda number: keccak256(b"7") if number == 7 else None,
    )
    assert case.blocks[0].block_hashes == ((6, None), (7, keccak256(b"7")))
    assert replay_case(decode_case(encode_case(case))).is_same


def test_gas_of_a_block_counts_for_its_later_transactions() -> None:
    database, root = state_of(ACCOUNTS)
    block = block_of(1, *(work(nonce, b"") for nonce in range(2)))
    short = replace(block, gas_limit=1_000_000)
    with pytest.raises(BlockGasLimitExceeded):
        make_case(database, root, [short], RULES)
    spaced = [replace(short, transactions=(sent,)) for sent in block.transactions]
    assert len(make_case(database, root, spaced, RULES).outcomes) == 2


def test_a_transaction_that_may_not_run_makes_no_case() -> None:
    database, root = state_of(ACCOUNTS)
    with pytest.raises(NonceTooHigh):
        make_case(database, root, [block_of(1, work(1, b""))], RULES)


def test_a_case_of_nothing_is_a_case() -> None:
    database, root = state_of(ACCOUNTS)
    case = make_case(database, root, [], RULES)
    assert case.post_root == root
    assert case.nodes != ()
    assert replay_case(decode_case(encode_case(case))).is_same


def test_both_engines_make_the_same_case() -> None:
    database, root = state_of(ACCOUNTS)
    blocks = [block_of(1, work(0, job(STORE, b"\1")))]
    cases = [
        encode_case(make_case(database, root, blocks, RULES, engine=engine))
        for engine in ("interpreter", "wasmtime")
    ]
    assert cases[0] == cases[1]


def test_a_captured_transaction_brings_those_before_it_in_its_block() -> None:
    chain = history_of(EVERYTHING[:1]).chain
    block = chain.head
    parent = chain.block(block.header.number - 1)
    for index, tx in enumerate(block.transactions):
        case = chain.export.capture(tx.hash)
        assert case.state_root == parent.header.state_root
        sent = [one.transaction for one in case.blocks[0].transactions]
        assert sent == list(block.transactions[: index + 1])
        is_last = index == len(block.transactions) - 1
        assert (case.post_root == block.header.state_root) == is_last


def test_a_schedule_of_the_users_own_is_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    text = SCHEDULES_FOLDER.joinpath("ewasm-metered.toml").read_text()
    path.write_text(text.replace("base = 21_000", "base = 22_000"))
    chain = Blockchain.in_memory(default_genesis(str(path)))
    receipt = chain.send(numbered(1), value=1)
    case = chain.export.capture(receipt.transaction_hash)
    path.unlink()
    replayed = replay_case(decode_case(encode_case(case)))
    assert replayed.is_same
    assert replayed.outcomes[0].result.gas_used == receipt.gas_used


def test_unknown_transactions_and_pruned_blocks_are_refused() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database)
    chain.mine()
    second = chain.send(numbered(1), value=1)
    third = chain.send(numbered(1), value=1)
    with pytest.raises(UnknownTransaction):
        chain.export.capture(Hash32(bytes(32)))
    collect_garbage(database, 2)
    assert replay_case(chain.export.capture(third.transaction_hash)).is_same
    with pytest.raises(BlockNotKept):
        chain.export.capture(second.transaction_hash)
