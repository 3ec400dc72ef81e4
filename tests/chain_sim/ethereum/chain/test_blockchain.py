"""The chain's API: blocks, receipts, snapshots, and what survives a restart."""

from pathlib import Path

import pytest

from chain_sim.database.errors import DatabaseLocked
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    GenesisMismatch,
    InsufficientBalance,
    NonceTooHigh,
    NonceTooLow,
    UnknownBlock,
    UnknownSnapshot,
    UnknownTransaction,
    WrongChainId,
)
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from contractvm.errors import MalformedModule, RefusedModule
from tests.helpers.ewasm import contract

STRANGER = Address(b"\x99" * 20)
ONE = (1).to_bytes(32, "big")
ADD_ONE = contract(
    "(call $storageLoad (i32.const 0) (i32.const 32))"
    "(i32.store8 (i32.const 63)"
    " (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))"
    "(call $storageStore (i32.const 0) (i32.const 32))"
    "(call $finish (i32.const 32) (i32.const 32))"
)


def test_blocks_below_a_head_that_was_left_and_taken_again_are_its_own() -> None:
    """The index of numbers kept the left branch's entries above the shorter one."""
    chain = Blockchain.in_memory()
    start = chain.snapshot()
    long_branch = [chain.mine() for _ in range(4)]
    longer = chain.snapshot()
    chain.revert(start)
    chain.send(STRANGER, value=1)
    chain.send(STRANGER, value=1)
    chain.revert(longer)
    assert [chain.block(number) for number in range(1, 5)] == long_branch


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory()


def signed(chain: Blockchain, **fields: object) -> Transaction:
    """A plain transfer of the first account, with some fields changed."""
    facts: dict[str, object] = {
        "nonce": chain.nonce(chain.accounts[0].address),
        "gas_price": 1,
        "gas_limit": 21_000,
        "to": STRANGER,
        "value": 5,
        "data": b"",
    }
    chain_id = fields.pop("chain_id", chain.genesis.chain_id)
    tx = Transaction(**{**facts, **fields})  # type: ignore[arg-type]
    key = chain.accounts[0].private_key
    return sign_transaction(tx, key, chain_id)  # type: ignore[arg-type]


def test_genesis_funds_ten_accounts_and_names_the_schedule(chain: Blockchain) -> None:
    assert chain.head.header.number == 0
    assert chain.head.header.extra_data == chain.engine.schedule.content_hash
    assert len(chain.accounts) == 10
    for account in chain.accounts:
        assert chain.balance(account.address) == 10_000 * 10**18


def test_transfer_moves_value_and_the_fee_goes_to_the_coinbase(
    chain: Blockchain,
) -> None:
    sender = chain.accounts[0].address
    receipt = chain.submit(signed(chain, gas_price=3))
    assert (receipt.succeeded, receipt.gas_used, receipt.error) == (True, 21_000, None)
    assert (receipt.block_number, receipt.transaction_index) == (1, 0)
    assert chain.balance(STRANGER) == 5
    assert chain.balance(sender) == 10_000 * 10**18 - 5 - 63_000
    assert chain.balance(chain.head.header.coinbase) == 63_000
    assert chain.nonce(sender) == 1


def test_deployed_contract_counts(chain: Blockchain) -> None:
    address = chain.deploy(ADD_ONE).contract_address
    assert address is not None
    assert chain.code(address) == ADD_ONE
    assert chain.send(address).output == ONE
    assert chain.send(address).output == (2).to_bytes(32, "big")
    assert chain.storage(address, 0) == (2).to_bytes(32, "big")


def test_call_changes_nothing_and_costs_what_a_transaction_costs(
    chain: Blockchain,
) -> None:
    address = chain.deploy(ADD_ONE).contract_address
    assert address is not None
    head = chain.head
    simulated = chain.call(address)
    assert chain.head is head
    assert chain.storage(address, 0) == bytes(32)
    receipt = chain.send(address)
    assert (simulated.output, simulated.gas_used) == (ONE, receipt.gas_used)


def test_deploying_what_is_no_contract_makes_no_block(chain: Blockchain) -> None:
    with pytest.raises(MalformedModule):
        chain.deploy(b"\x60\x00")
    with pytest.raises(RefusedModule):
        chain.deploy(b"\0asm\x01\0\0\0")
    assert chain.head.header.number == 0


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"nonce": 1}, NonceTooHigh),
        ({"value": 10_000 * 10**18}, InsufficientBalance),
        ({"gas_limit": 30_000_001}, BlockGasLimitExceeded),
        ({"chain_id": 1}, WrongChainId),
    ],
)
def test_invalid_transaction_changes_nothing(
    chain: Blockchain, fields: dict[str, object], error: type[Exception]
) -> None:
    head = chain.head
    with pytest.raises(error):
        chain.submit(signed(chain, **fields))
    assert chain.head is head
    assert chain.submit(signed(chain)).succeeded


def test_a_nonce_is_used_once(chain: Blockchain) -> None:
    tx = signed(chain)
    chain.submit(tx)
    with pytest.raises(NonceTooLow):
        chain.submit(tx)


def test_a_block_of_two_transactions_shares_its_gas_limit(chain: Blockchain) -> None:
    first, second = signed(chain), signed(chain, nonce=1)
    block = chain.mine([first, second])
    assert block.header.gas_used == 42_000
    receipts = chain.reader.receipts(block)
    assert [receipt.gas_used for receipt in receipts] == [21_000, 21_000]
    assert receipts[1].cumulative_gas_used == 42_000
    with pytest.raises(BlockGasLimitExceeded) as caught:
        chain.mine([signed(chain), signed(chain, nonce=3, gas_limit=29_979_001)])
    assert (caught.value.required, caught.value.available) == (29_979_001, 29_979_000)
    assert chain.nonce(chain.accounts[0].address) == 2


def test_empty_blocks_tick_the_clock(chain: Blockchain) -> None:
    before = chain.head.header
    after = chain.mine().header
    assert (after.number, after.timestamp) == (1, before.timestamp + 1)
    assert (after.parent_hash, after.state_root) == (before.hash, before.state_root)


def test_unknown_things_are_named(chain: Blockchain) -> None:
    with pytest.raises(UnknownBlock):
        chain.block(1)
    with pytest.raises(UnknownBlock):
        chain.block(Hash32(bytes(32)))
    with pytest.raises(UnknownTransaction):
        chain.receipt(Hash32(bytes(32)))
    with pytest.raises(UnknownSnapshot):
        chain.revert(1)


def test_revert_takes_blocks_back_and_works_again_and_again(
    chain: Blockchain,
) -> None:
    tx = signed(chain)
    snapshot = chain.snapshot()
    genesis = chain.head
    for _ in range(2):
        chain.submit(tx)
        assert chain.revert(snapshot) == genesis
        assert chain.balance(STRANGER) == 0
        with pytest.raises(UnknownTransaction):
            chain.receipt(tx.hash)
        with pytest.raises(UnknownBlock):
            chain.block(1)


def test_revert_can_go_forward_to_another_branch(chain: Blockchain) -> None:
    start = chain.snapshot()
    left = [chain.submit(signed(chain, value=value)).block_hash for value in (1, 2)]
    left_end = chain.snapshot()
    chain.revert(start)
    right = [chain.submit(signed(chain, value=value)).block_hash for value in (3, 4)]
    chain.revert(left_end)
    assert [chain.block(number).hash for number in (1, 2)] == left
    with pytest.raises(UnknownBlock):
        chain.block(right[0])
    assert chain.balance(STRANGER) == 3


def test_nested_snapshots_each_keep_their_state(chain: Blockchain) -> None:
    marks = []
    for expected in (0, 5, 10):
        assert chain.balance(STRANGER) == expected
        marks.append(chain.snapshot())
        chain.submit(signed(chain))
    for mark, expected in [(marks[2], 10), (marks[0], 0), (marks[1], 5)]:
        chain.revert(mark)
        assert chain.balance(STRANGER) == expected


def test_a_chain_goes_on_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path) as chain:
        address = chain.deploy(ADD_ONE).contract_address
        assert address is not None
        receipt = chain.send(address)
        snapshot = chain.snapshot()
        chain.send(address)
        head = chain.head
    with Blockchain.open(path) as chain:
        assert chain.head == head
        assert chain.receipt(receipt.transaction_hash) == receipt
        assert chain.storage(address, 0) == (2).to_bytes(32, "big")
        chain.revert(snapshot)
        assert chain.send(address).output == (2).to_bytes(32, "big")
        assert chain.head == head


def test_an_open_chain_is_locked(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path), pytest.raises(DatabaseLocked):
        Blockchain.open(path)
    Blockchain.open(path).close()


def test_another_genesis_is_refused_and_the_database_let_go(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    Blockchain.open(path).close()
    with pytest.raises(GenesisMismatch) as caught:
        Blockchain.open(path, default_genesis("ewasm-hera"))
    assert caught.value.field == "schedule"
    Blockchain.open(path, default_genesis()).close()
