"""Edits of the state outside of transactions: seen, kept, replayed and dropped."""

import json
from pathlib import Path

import pytest
from msgspec import structs

from chain_sim import Blockchain, load_chain, sign_transaction
from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.next_block import EditedState, encode_edited
from chain_sim.ethereum.capture.case_document import decode_case, encode_case
from chain_sim.ethereum.capture.replaying import replay_case
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.maintenance.block_check import BlockChecker
from chain_sim.ethereum.maintenance.pruning import collect_garbage
from chain_sim.ethereum.primitives import database_keys as keys
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    EditOutOfRange,
    NonceTooHigh,
)
from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import (
    FeeMarketTransaction,
    impersonate,
)
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.edits import AccountEdit, edit_fields, merged, read_edit
from tests.helpers.wat import wat_to_wasm

ONE = Address(bytes(19) + b"\x71")
TWO = Address(bytes(19) + b"\x72")
SLOT = Hash32(bytes(31) + b"\x05")
WORD = Hash32(bytes(31) + b"\x2a")
ZERO = Hash32(bytes(32))
COUNTER = """
(module
  (import "ethereum" "storageLoad" (func $load (param i32 i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "finish" (func $finish (param i32 i32)))
  (memory (export "memory") 1)
  (data (i32.const 31) "\\05")
  (func (export "main")
    (call $load (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63)
      (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
    (call $store (i32.const 0) (i32.const 32))
    (call $finish (i32.const 32) (i32.const 32))))
"""


@pytest.fixture
def chain() -> Blockchain:
    return Blockchain.in_memory(fees="eip1559")


def edit_all(chain: Blockchain) -> None:
    """A counter at ONE that stands at 42, and 9 ether for TWO."""
    chain.edits.set_code(ONE, wat_to_wasm(COUNTER))
    chain.edits.set_storage(ONE, 5, WORD)
    chain.edits.set_nonce(ONE, 3)
    chain.edits.add_balance(TWO, 4 * 10**18)
    chain.edits.add_balance(TWO, 5 * 10**18)


def faults(chain: Blockchain) -> list[tuple[int | None, str | None]]:
    hashes = [block.hash for block in chain.history.blocks()]
    return [
        (verdict.number, None if verdict.fault is None else str(verdict.fault))
        for verdict in BlockChecker(chain.database).check(hashes)
    ]


def test_edits_are_seen_at_the_head_and_make_no_block(chain: Blockchain) -> None:
    head = chain.head
    edit_all(chain)
    assert chain.head == head
    assert chain.balance(TWO) == 9 * 10**18
    assert (chain.nonce(ONE), chain.storage(ONE, 5)) == (3, WORD)
    assert chain.call(ONE).output == bytes(31) + b"\x2b"
    assert chain.state_at(0).get_balance(TWO) == 0
    assert chain.state_at(head.hash).get_code(ONE) == b""
    assert [edit.address for edit in chain.edits.open] == [ONE, TWO]


def test_the_next_block_begins_with_the_edits_and_keeps_them(
    chain: Blockchain,
) -> None:
    edit_all(chain)
    edited = chain.state_at().compute_root()
    receipt = chain.send(ONE)
    assert receipt.output == bytes(31) + b"\x2b"
    assert chain.edits.open == ()
    assert chain.state_at().compute_root() == chain.head.header.state_root != edited
    block = chain.mine(
        [signed(chain, nonce=1), signed(chain, nonce=2), signed(chain, nonce=3)]
    )
    assert chain.state_at(0).get_balance(TWO) == 0
    assert chain.state_at(1).get_balance(TWO) == 9 * 10**18
    assert chain.reader.start_root(chain.block(1)) == edited
    assert chain.reader.start_root(block) == chain.block(1).header.state_root
    assert faults(chain) == [(2, None), (1, None), (0, None)]


def signed(chain: Blockchain, nonce: int) -> FeeMarketTransaction:
    tx = FeeMarketTransaction(
        nonce=nonce,
        gas_price=5 * 10**9,
        gas_limit=100_000,
        to=ONE,
        value=0,
        data=b"",
        chain_id=31337,
        max_priority_fee_per_gas=10**9,
    )
    made = sign_transaction(tx, chain.accounts[0].private_key, 31337)
    assert isinstance(made, FeeMarketTransaction)
    return made


def test_a_block_with_edits_runs_again_from_them(chain: Blockchain) -> None:
    chain.send(TWO, value=1)
    edit_all(chain)
    block = chain.mine([signed(chain, nonce=1), signed(chain, nonce=2)])
    number = block.header.number
    assert chain.state_at(number, 0).get_storage(ONE, SLOT)[-1] == 43
    assert chain.state_at(number, 1).compute_root() == block.header.state_root
    for tx in block.transactions:
        receipt = chain.receipt(tx.hash)
        assert chain.gas.explain_transaction(tx.hash).gas_used == receipt.gas_used
        case = decode_case(encode_case(chain.export.capture(tx.hash)))
        assert replay_case(case, cross_check=True).is_same


def test_blame_tells_edits_from_transactions(chain: Blockchain) -> None:
    edit_all(chain)
    receipt = chain.send(ONE)
    chain.edits.set_storage(ONE, 5, ZERO)
    chain.mine()
    writes = [
        (write.block_number, write.transaction_hash, write.before[-1], write.after[-1])
        for write in chain.history.slot_writes(ONE, 5)
    ]
    assert writes == [
        (2, None, 43, 0),
        (1, receipt.transaction_hash, 42, 43),
        (1, None, 0, 42),
    ]


def test_an_edit_that_a_transaction_undoes_is_in_the_history(
    chain: Blockchain,
) -> None:
    edit_all(chain)
    chain.mine()
    chain.edits.set_storage(ONE, 5, Hash32(bytes(31) + b"\x29"))
    chain.send(ONE)
    writes = [
        (write.block_number, write.transaction_index, write.after[-1])
        for write in chain.history.slot_writes(ONE, 5)
    ]
    assert writes == [(2, 0, 42), (2, None, 41), (1, None, 42)]


def test_open_edits_outlive_the_process_and_end_with_the_block(
    tmp_path: Path,
) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path) as chain:
        edit_all(chain)
        opened = chain.edits.open
    with Blockchain.open(path) as chain:
        assert chain.edits.open == opened
        assert chain.balance(TWO) == 9 * 10**18
        chain.mine()
    with Blockchain.open(path) as chain:
        assert chain.edits.open == ()
        assert chain.balance(TWO) == 9 * 10**18
        assert faults(chain) == [(1, None), (0, None)]


def test_a_revert_or_another_branch_drops_open_edits(chain: Blockchain) -> None:
    mark = chain.snapshot()
    chain.branches.create("side")
    for move in (lambda: chain.revert(mark), lambda: chain.branches.switch("side")):
        chain.edits.set_balance(TWO, 5)
        move()
        assert (chain.edits.open, chain.balance(TWO)) == ((), 0)
    chain.edits.set_balance(TWO, 5)
    chain.branches.switch("side")
    assert chain.balance(TWO) == 5
    chain.mine()
    chain.branches.rollback(1)
    assert chain.balance(TWO) == 0


def test_a_snapshot_remembers_open_edits(tmp_path: Path) -> None:
    path = tmp_path.joinpath("chain")
    with Blockchain.open(path) as chain:
        chain.edits.set_balance(TWO, 5)
        mark = chain.snapshot()
        chain.edits.set_balance(TWO, 6)
        chain.mine()
        chain.edits.set_balance(TWO, 7)
    with Blockchain.open(path) as chain:
        collect_garbage(chain.database, 1)
        chain.revert(mark)
        assert chain.balance(TWO) == 5
        assert [edit.balance for edit in chain.edits.open] == [5]
        assert chain.mine().header.number == 1
        assert chain.balance(TWO) == 5


def test_a_collection_keeps_the_states_that_blocks_start_from() -> None:
    chain = Blockchain.in_memory(fees="eip1559")
    chain.prune(2)
    for number in range(200):
        chain.edits.set_balance(TWO, number + 1)
        chain.send(ONE, value=1)
    chain.edits.set_balance(TWO, 7)
    collect_garbage(chain.database, 2)
    assert chain.balance(TWO) == 7
    assert chain.state_at(200).get_balance(TWO) == 200
    root = chain.reader.start_root(chain.head)
    assert root != chain.block(199).header.state_root
    case = chain.export.capture(chain.head.transactions[0].hash)
    assert replay_case(case).is_same
    stored = [key for key, _ in chain.database.iterate(keys.EDITS)]
    assert len(stored) == 2
    with pytest.raises(BlockNotKept):
        chain.state_at(100)


def test_a_dump_has_the_edits_of_blocks_and_open_ones(
    chain: Blockchain, tmp_path: Path
) -> None:
    edit_all(chain)
    chain.send(ONE)
    chain.edits.set_balance(TWO, 0)
    chain.edits.apply([AccountEdit(ONE, clears_storage=True, slots=((SLOT, WORD),))])
    file, again = tmp_path.joinpath("a.json"), tmp_path.joinpath("b.json")
    chain.export.dump(file)
    document = json.loads(file.read_text())
    assert document["blocks"][1]["edits"][1] == {
        "address": "0x" + TWO.hex(),
        "balance": hex(9 * 10**18),
    }
    assert [edit["address"] for edit in document["contractvm"]["openEdits"]] == [
        "0x" + ONE.hex(),
        "0x" + TWO.hex(),
    ]
    load_chain(file, tmp_path.joinpath("loaded"))
    with Blockchain.open(tmp_path.joinpath("loaded")) as loaded:
        assert loaded.edits.open == chain.edits.open
        assert loaded.balance(TWO) == 0
        assert loaded.state_at().compute_root() == chain.state_at().compute_root()
        loaded.export.dump(again)
        assert again.read_bytes() == file.read_bytes()
        with pytest.raises(BlockNotKept):
            loaded.reader.start_root(loaded.block(1))
        assert faults(loaded)[0] == (1, None)
        collect_garbage(loaded.database, 1)
        assert loaded.send(ONE).output[-1] == 43
        chain.send(ONE)
        assert loaded.head == chain.head
    document["blocks"][1]["edits"].reverse()
    file.write_text(json.dumps(document))
    with pytest.raises(MalformedDump):
        load_chain(file, tmp_path.joinpath("refused"))


def test_a_chain_without_edits_dumps_as_before(tmp_path: Path) -> None:
    chain = Blockchain.in_memory()
    chain.send(TWO, value=1)
    chain.export.dump(tmp_path.joinpath("a.json"))
    text = tmp_path.joinpath("a.json").read_text()
    assert "edits" not in text
    assert "openEdits" not in text


def test_damaged_edits_are_found() -> None:
    database = MemoryDatabase()
    chain = Blockchain(database)
    edit_all(chain)
    chain.mine()
    key = keys.EDITS + chain.head.hash
    root = chain.reader.start_root(chain.head)
    other = EditedState(root, (AccountEdit(TWO, balance=1),))
    database.write_batch({key: encode_edited(other)})
    assert "edits do not lead to their state" in str(faults(chain)[0][1])
    database.write_batch({key: b"\xc0"})
    assert "edits cannot be read" in str(faults(chain)[0][1])


@pytest.mark.parametrize(
    ("field", "least", "most"), [("balance", 0, 2**256 - 1), ("nonce", 0, 2**64 - 2)]
)
def test_an_edit_holds_what_an_account_can_have(
    chain: Blockchain, field: str, least: int, most: int
) -> None:
    change = getattr(chain.edits, f"set_{field}")
    read = getattr(chain, field)
    for value in (most, least):
        change(TWO, value)
        assert read(TWO) == value
    for value in (least - 1, most + 1):
        with pytest.raises(EditOutOfRange) as refused:
            change(TWO, value)
        assert (refused.value.field, refused.value.actual) == (field, value)
        assert read(TWO) == least


def test_a_sum_that_does_not_fit_changes_nothing(chain: Blockchain) -> None:
    chain.edits.set_balance(TWO, 2**256 - 1)
    chain.edits.add_balance(TWO, 0)
    with pytest.raises(EditOutOfRange):
        chain.edits.add_balance(TWO, 1)
    with pytest.raises(EditOutOfRange):
        chain.edits.apply([AccountEdit(ONE, balance=1), AccountEdit(TWO, balance=-1)])
    assert (chain.balance(ONE), chain.balance(TWO)) == (0, 2**256 - 1)


def test_an_account_that_has_nothing_left_is_gone(chain: Blockchain) -> None:
    root = chain.head.header.state_root
    chain.edits.set_balance(TWO, 5)
    assert chain.state_at().account_exists(TWO)
    chain.edits.set_balance(TWO, 0)
    assert not chain.state_at().account_exists(TWO)
    assert chain.edits.open == ()
    chain.edits.set_storage(TWO, 5, WORD)
    assert chain.state_at().account_exists(TWO)
    chain.edits.set_storage(TWO, 5, ZERO)
    assert chain.state_at().compute_root() == root
    chain.edits.set_balance(TWO, 0)
    assert chain.mine().header.state_root == root
    assert list(chain.database.iterate(keys.EDITS)) == []


def test_a_lowered_nonce_is_the_next_one(chain: Blockchain) -> None:
    account = chain.accounts[0]
    chain.send(TWO)
    chain.send(TWO)
    chain.edits.set_nonce(account, 1)
    with pytest.raises(NonceTooHigh):
        chain.submit(signed(chain, nonce=2))
    assert chain.submit(signed(chain, nonce=1)).succeeded
    assert chain.nonce(account) == 2


def test_bytes_that_are_no_contract_fail_when_called(chain: Blockchain) -> None:
    chain.edits.set_code(ONE, b"\x60\x00")
    assert chain.code(ONE) == b"\x60\x00"
    assert not chain.call(ONE).succeeded
    assert not chain.send(ONE).succeeded


def test_empty_blocks_begin_with_the_edits(chain: Blockchain) -> None:
    chain.edits.set_balance(TWO, 5)
    chain.mine_blocks(3)
    assert chain.head.header.number == 3
    assert chain.state_at(1).get_balance(TWO) == 5
    assert chain.edits.open == ()
    assert faults(chain) == [(3, None), (2, None), (1, None), (0, None)]


def test_edits_are_the_same_on_both_engines_at_once() -> None:
    chain = Blockchain.in_memory(cross_check=True)
    edit_all(chain)
    assert chain.send(ONE).output[-1] == 43


def test_two_edits_of_an_account_are_one() -> None:
    first = AccountEdit(ONE, balance=1, nonce=2, slots=((SLOT, WORD),))
    second = AccountEdit(ONE, balance=3, slots=((ZERO, WORD),))
    assert first.then(second) == AccountEdit(
        ONE, balance=3, nonce=2, slots=((ZERO, WORD), (SLOT, WORD))
    )
    cleared = AccountEdit(ONE, clears_storage=True, code=b"x")
    assert first.then(cleared) == AccountEdit(
        ONE, balance=1, nonce=2, code=b"x", clears_storage=True
    )
    assert merged((), [AccountEdit(TWO), AccountEdit(ONE)]) == (
        AccountEdit(ONE),
        AccountEdit(TWO),
    )
    for edit in (first, second, cleared, AccountEdit(ONE, code=b"", balance=0)):
        assert read_edit(encode_item(edit_fields(edit))) == edit


def test_an_impersonated_transaction_is_in_a_block_and_runs_again(
    chain: Blockchain, tmp_path: Path
) -> None:
    edit_all(chain)
    tx = structs.replace(signed(chain, nonce=3), value=7, to=TWO, v=0, r=0, s=0)
    chain.edits.set_balance(ONE, 10**18)
    made = impersonate(tx, ONE, 31337)
    receipt = chain.mining.mine_sent(made, ONE).transaction_receipts()[0]
    assert (receipt.sender, receipt.succeeded) == (ONE, True)
    assert chain.receipt(made.hash) == receipt
    assert chain.nonce(ONE) == 4
    assert faults(chain) == [(1, None), (0, None)]
    assert chain.gas.explain_transaction(made.hash).gas_used == 21_000
    case = decode_case(encode_case(chain.export.capture(made.hash)))
    assert replay_case(case).is_same
    file = tmp_path.joinpath("dump.json")
    chain.export.dump(file)
    item = json.loads(file.read_text())["blocks"][1]["transactions"][0]
    assert item["impersonated_sender"] == "0x" + ONE.hex()
    load_chain(file, tmp_path.joinpath("loaded"))
    with Blockchain.open(tmp_path.joinpath("loaded")) as loaded:
        assert loaded.receipt(made.hash) == receipt


def test_the_parts_of_an_account_that_an_edit_leaves_stay(chain: Blockchain) -> None:
    edit_all(chain)
    chain.mine()
    before: Account = chain.state_at().get_account(ONE)
    chain.edits.set_balance(ONE, 8)
    after: Account = chain.state_at().get_account(ONE)
    assert after == Account(3, 8, before.storage_root, before.code_hash)
