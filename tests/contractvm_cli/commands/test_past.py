"""`contractvm diff`, `blame`, and `--at` of the verbs that read."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.database_keys import PREIMAGE
from chain_sim.ethereum.primitives.text import format_address
from tests.contractvm_cli.conftest import Run
from tests.helpers.stored_values import GENESIS, deployed, store_block

ErrorOf = Callable[..., str]
DB = Path(".contractvm/chain")
ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"
STRANGER = "0x9999999999999999999999999999999999999999"


def word(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


@pytest.fixture
def store(run: Run) -> str:
    """Block 1 makes a contract; block 2 stores 5, 0 and 9, block 3 stores 4."""
    with Blockchain.open(DB, GENESIS) as chain:
        address = deployed(chain)
        store_block(chain, address, 5, 0, 9)
        store_block(chain, address, 4)
    return format_address(address)


def test_storage_at_any_place(run: Run, store: str) -> None:
    places = {"1": 0, "2:0": 5, "2:1": 0, "2:2": 9, "2": 9, "3": 4, "main": 4}
    found = {
        place: run("storage", store, 0, "--at", place).out.strip() for place in places
    }
    assert found == {place: word(value) for place, value in places.items()}
    assert run("storage", store, 0).out.strip() == word(4)


def test_balance_code_and_call_at_a_place(run: Run, store: str) -> None:
    nonces = [
        run("balance", ALICE, "--at", place, "--json").document["nonce"]
        for place in ("0", "2:0", "2:1", "head")
    ]
    assert nonces == [0, 2, 3, 5]
    assert run("code", store, "--at", 0).out == "0x\n"
    assert run("code", store, "--at", "2:0").out == run("code", store).out != "0x\n"
    assert run("call", store, "--at", "2:1", "--data", word(1)).code == 0
    gas = [
        run("gas", store, "--at", place, "--data", word(9), "--json").document
        for place in ("2:1", "2:2")
    ]
    costs = [document["gasUsed"] for document in gas]
    assert costs[0] - costs[1] == 15_000


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("9", "the chain has no block with number 9"),
        ("nobody:0", "the chain has no branch 'nobody'"),
        ("2:3", "block 2 has no transaction 3: it has transactions 0 to 2"),
        ("0:0", "block 0 has no transaction 0: it has no transactions"),
        ("0x" + "ab" * 32, "the chain has no block with hash 0xabab"),
    ],
)
def test_unknown_places_fail_with_their_facts(
    error_of: ErrorOf, store: str, place: str, message: str
) -> None:
    for verb in (["storage", store, 0], ["balance", ALICE], ["code", store]):
        assert error_of(*verb, "--at", place).startswith(f"error: {message}")
    assert error_of("diff", f"{place}..").startswith(f"error: {message}")


@pytest.mark.parametrize("place", ["2:", "2:x", "x y", "0x12"])
def test_malformed_places_are_wrong_usage(run: Run, store: str, place: str) -> None:
    assert run("storage", store, 0, "--at", place).code == 2
    assert run("diff", f"{place}..head").code == 2


def test_a_call_at_a_place_needs_the_contract_there(
    error_of: ErrorOf, store: str
) -> None:
    assert error_of("call", store, "--at", "0").startswith("error: no contract at ")


def test_diff_of_two_transactions(run: Run, store: str) -> None:
    document = run("diff", "2:1..2:2", "--json").document
    two = run("block", 2, "--json").document["hash"]
    assert document["before"] == {"number": 2, "hash": two, "transactionIndex": 1}
    assert document["after"] == {"number": 2, "hash": two, "transactionIndex": 2}
    accounts = {one["address"]: one for one in document["accounts"]}
    assert accounts.keys() == {ALICE, store, "0x" + "00" * 20}
    assert accounts[store]["slots"] == [
        {
            "key": word(0),
            "keyHash": accounts[store]["slots"][0]["keyHash"],
            "before": word(0),
            "after": word(9),
        }
    ]
    assert accounts[store]["status"] == "changed"
    assert accounts[store]["changedCodes"] is None
    nonces = [accounts[ALICE][side]["nonce"] for side in ("before", "after")]
    assert nonces == [3, 4]


def test_diff_for_people(run: Run, store: str) -> None:
    run("branch", "create", "left", 1)
    run("branch", "switch", "left")
    run("send", STRANGER, "--value", "3")
    out = run("diff", "1..left").out
    assert f"account {STRANGER}  created\n  balance  0 wei (0 ether)\n" in out
    assert "       ->  3 wei (0.000000000000000003 ether), +3 wei\n" in out
    assert "  nonce    1 -> 2\n" in out
    assert out.endswith("3 accounts and 0 slots differ\n")
    code = run("diff", "..0").out
    assert f"account {store}  deleted\n" in code
    assert " bytes) -> none\n" in code
    assert run("diff", "left..").out == "no difference\n"
    there, back = (
        run("diff", ends, "--json").document["accounts"]
        for ends in ("1..left", "left..1")
    )
    assert [one["before"] for one in there] == [one["after"] for one in back]


@pytest.mark.parametrize("ends", ["3", "..", "1...2", ""])
def test_malformed_ranges_are_wrong_usage(run: Run, store: str, ends: str) -> None:
    outcome = run("diff", ends)
    assert outcome.code == 2
    assert "give A..B, A.. or ..B" in outcome.err


def test_what_nobody_knows_the_key_of_is_shown_by_its_hash(
    run: Run, store: str
) -> None:
    with LevelDatabase(DB) as database:
        lost = [key for key, _ in database.iterate(PREIMAGE)]
        database.write_batch({}, lost)
    document = run("diff", "2..3", "--json").document
    assert {one["address"] for one in document["accounts"]} == {None}
    assert "account with address hash 0x" in run("diff", "2..3").out
    assert "slot     with key hash 0x290decd9" in run("diff", "2..3").out
    assert run("db", "check").code == 0


def test_a_preimage_that_is_another_is_found_by_check(run: Run, store: str) -> None:
    with LevelDatabase(DB) as database:
        key = next(key for key, _ in database.iterate(PREIMAGE))
        database.write_batch({key: b"other"})
    outcome = run("db", "check")
    assert outcome.code == 1
    assert f"bad preimages   0x{key[1:].hex()}\n" in outcome.out


def test_blame_names_the_transaction(run: Run, store: str) -> None:
    write = run("blame", store, 0, "--json").document["write"]
    three = run("block", 3, "--json").document
    assert write == {
        "address": store,
        "slot": word(0),
        "blockNumber": 3,
        "blockHash": three["hash"],
        "timestamp": three["timestamp"],
        "transactionIndex": 0,
        "transactionHash": three["transactions"][0],
        "from": ALICE,
        "before": word(9),
        "after": word(4),
    }
    assert f"transaction  0 {three['transactions'][0]}\n" in run("blame", store, 0).out


def test_blame_shows_all_changes_and_can_be_quick(run: Run, store: str) -> None:
    def changes(*options: str) -> list[tuple[int, int]]:
        document = run("blame", store, 0, "--all", "--json", *options).document
        assert document["complete"] is True
        writes = document["writes"]
        return [(one["blockNumber"], one["transactionIndex"]) for one in writes]

    assert changes() == [(3, 0), (2, 2), (2, 1), (2, 0)]
    assert changes("--at", "2") == [(2, 2), (2, 1), (2, 0)]
    assert changes("--quick") == changes()
    assert run("blame", store, 0, "--all").out.count("block        ") == 4


def test_blame_of_a_slot_that_was_never_written(run: Run, store: str) -> None:
    assert run("blame", store, 1).out == "never written\n"
    assert run("blame", store, 1, "--json").document == {"write": None}


def test_blame_says_where_the_kept_blocks_end(
    run: Run, error_of: ErrorOf, store: str
) -> None:
    run("db", "gc", "--keep", 2)
    assert run("blame", store, 0, "--json").document["write"]["blockNumber"] == 3
    assert error_of("blame", store, 1).startswith(
        "error: no answer in the kept blocks: the state before block 2 is not kept"
    )
    outcome = run("blame", store, 0, "--all", "--json")
    assert outcome.document["complete"] is False
    assert len(outcome.document["writes"]) == 1
    assert outcome.err.startswith("older changes are not known: ")
