"""Pages have 25 rows, and what is longer is cut where it says: both sides of each."""

from typing import Any

import pytest

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.primitives.text import Address, format_address, format_data
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
from chain_sim.node.explorer import branch_views, contract_views
from chain_sim.node.node import Node
from tests.helpers.explorers import TokenNode, ask, new_node
from tests.helpers.wat import wat_to_wasm

WRITER = """
(module
  (import "ethereum" "getCallDataSize" (func $size (result i32)))
  (import "ethereum" "storageStore" (func $store (param i32 i32)))
  (import "ethereum" "log" (func $log (param i32 i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 1)
  (func (export "main") (local $left i32)
    (local.set $left (call $size))
    (block $end
      (loop $next
        (br_if $end (i32.eqz (local.get $left)))
        (i32.store (i32.const 28) (local.get $left))
        (call $store (i32.const 0) (i32.const 0))
        (call $log (i32.const 28) (i32.const 4) (i32.const 0)
          (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br $next)))))
"""


def written(count: int) -> tuple[Node, str, str]:
    """A node on which a transaction wrote `count` slots and made as many logs."""
    node = new_node()
    address = node.chain.deploy(wat_to_wasm(WRITER)).contract_address
    assert address is not None
    sent = node.chain.send(address, bytes(count))
    assert sent.succeeded
    return node, format_address(address), format_data(sent.transaction_hash)


def recipient(number: int) -> Address:
    return Address(bytes(18) + bytes((1, number)))


def transfers(count: int) -> Node:
    """A node with one block of so many transfers, each to another address."""
    node = new_node()
    key, chain_id = DEVELOPER_ACCOUNTS[0].private_key, node.chain.genesis.chain_id
    plain = (
        Transaction(number, 10**9, 21_000, recipient(number), 1, b"")
        for number in range(count)
    )
    node.chain.mine([sign_transaction(tx, key, chain_id) for tx in plain])
    return node


def all_pages(node: Node, key: str, *question: Any) -> list[list[Any]]:
    """Every page of a list, one after another."""
    page = ask(node, *question)
    pages = [page[key]]
    while page["next"] is not None:
        page = ask(node, *question, page["next"])
        pages.append(page[key])
    return pages


@pytest.mark.parametrize(("count", "sizes"), [(25, [25]), (51, [25, 25, 1])])
def test_a_page_has_25_transactions_of_a_block(count: int, sizes: list[int]) -> None:
    pages = all_pages(transfers(count), "transactions", "getBlock", 1)
    assert [len(page) for page in pages] == sizes
    places = [row["transactionIndex"] for page in pages for row in page]
    assert places == [*range(count)]


@pytest.mark.parametrize(("count", "sizes"), [(25, [25]), (26, [25, 1])])
def test_a_page_has_25_logs(count: int, sizes: list[int]) -> None:
    node, _, tx_hash = written(count)
    pages = all_pages(node, "logs", "getLogs", tx_hash)
    assert [len(page) for page in pages] == sizes
    assert [log["logIndex"] for page in pages for log in page] == [*range(count)]
    first = ask(node, "getTransaction", tx_hash)
    assert (first["logs"], first["receipt"]["logs"]) == (pages[0], count)
    assert first["next"] == (25 if count > 25 else None)


@pytest.mark.parametrize(("count", "sizes"), [(25, [25]), (26, [25, 1])])
def test_a_page_has_25_slots(count: int, sizes: list[int]) -> None:
    node, address, _ = written(count)
    pages = all_pages(node, "slots", "listSlots", address)
    assert [len(page) for page in pages] == sizes
    keys = sorted(int(row["key"], 16) for page in pages for row in page)
    wanted = [
        int.from_bytes(n.to_bytes(4, "little"), "big") for n in range(1, count + 1)
    ]
    assert keys == sorted(wanted)


# With the sender, and the zero address that gets the fees.
@pytest.mark.parametrize(("count", "sizes"), [(23, [25]), (24, [25, 1])])
def test_a_page_has_25_accounts_that_differ(count: int, sizes: list[int]) -> None:
    node = transfers(count)
    pages = all_pages(node, "accounts", "getBlockDifference", 1)
    assert [len(page) for page in pages] == sizes
    hashes = [row["addressHash"] for page in pages for row in page]
    assert hashes == sorted(set(hashes))


@pytest.mark.parametrize(("count", "shown"), [(100, 100), (101, 100)])
def test_an_account_shows_100_slots_that_differ(count: int, shown: int) -> None:
    node, address, tx_hash = written(count)
    found = ask(node, "getTransactionDifference", tx_hash)["accounts"]
    (contract,) = (one for one in found if one["address"] == address)
    assert (len(contract["slots"]), contract["slotCount"]) == (shown, count)


def test_the_difference_of_a_transaction_is_its_own() -> None:
    node = transfers(3)
    hashes = [tx.hash for tx in node.chain.head.transactions]
    for place, tx_hash in enumerate(hashes):
        found = ask(node, "getTransactionDifference", format_data(tx_hash))["accounts"]
        created = [one["address"] for one in found if one["status"] == "created"]
        zero = [format_address(Address(bytes(20)))] if place == 0 else []
        assert sorted(created) == [*zero, format_address(recipient(place))]


def test_an_edit_is_the_block_s_change_and_no_transaction_s() -> None:
    node = new_node()
    edited = Address(b"\x77" * 20)
    node.chain.edits.set_balance(edited, 5)
    sent = node.chain.send(Address(b"\x78" * 20), value=1)
    tx_hash = format_data(sent.transaction_hash)

    def addresses(found: dict[str, Any]) -> set[str]:
        return {one["address"] for one in found["accounts"]}

    block = addresses(ask(node, "getBlockDifference", 1))
    alone = addresses(ask(node, "getTransactionDifference", tx_hash))
    assert block - alone == {format_address(edited)}


def test_snapshots_and_branches_are_bounded_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    node = new_node()
    for number in range(3):
        node.chain.snapshot()
        node.chain.branches.create(f"b{number}")
    monkeypatch.setattr(branch_views, "MAX_SNAPSHOTS", 2)
    monkeypatch.setattr(branch_views, "MAX_BRANCHES", 3)
    found = ask(node, "listBranches")
    assert [one["snapshot"] for one in found["snapshots"]] == [3, 2]
    assert [one["name"] for one in found["branches"]] == ["b0", "b1", "b2"]
    assert (found["snapshotCount"], found["branchCount"]) == (3, 4)


def test_externs_and_findings_are_bounded_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = TokenNode()
    whole = token.ask("getContract", token.token)
    monkeypatch.setattr(contract_views, "MAX_EXTERNS", 1)
    monkeypatch.setattr(contract_views, "MAX_FINDINGS", 2)
    found = token.ask("getContract", token.token)
    assert found["imports"] == whole["imports"][:1]
    assert found["exports"] == whole["exports"][:1]
    assert found["check"]["findings"] == whole["check"]["findings"][:2]
    assert (found["importCount"], found["exportCount"]) == (9, 2)
    assert found["check"]["findingCount"] == len(whole["check"]["findings"])


def test_long_names_of_externs_are_cut() -> None:
    (cut,) = contract_views.bounded([{"module": "m" * 257, "name": "n" * 256}])
    assert cut == {"module": "m" * 253 + "...", "name": "n" * 256}


@pytest.mark.parametrize("code", [b"\0", b"\0asm", b"\x60\0" * 20])
def test_code_that_is_no_module_has_a_fault(code: bytes) -> None:
    node = new_node()
    address = Address(b"\x79" * 20)
    node.chain.edits.set_code(address, code)
    found = ask(node, "getContract", format_address(address))
    assert found["fault"] is not None
    assert (found["size"], found["imports"], found["check"]) == (len(code), [], None)
