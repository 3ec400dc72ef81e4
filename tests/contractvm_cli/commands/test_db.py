"""`contractvm db check`, `stats` and `gc`."""

import json
from collections.abc import Callable
from pathlib import Path

import plyvel
import pytest

from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.meta_keys import FORMAT_KEY
from chain_sim.ethereum.primitives.database_keys import NODE
from chain_sim.ethereum.primitives.text import keccak256
from tests.contractvm_cli.conftest import Run

DB = Path(".contractvm/chain")


@pytest.fixture
def history(run: Run, counter: str) -> None:
    """Blocks 0 to 4."""
    for _ in range(3):
        assert run("send", counter, "increment()").code == 0


@pytest.mark.usefixtures("history")
def test_check_of_a_whole_database(run: Run) -> None:
    document = run("db", "check", "--json").document
    assert document["whole"] is True
    assert document["wholeRanges"] == ["0-4"]
    assert document["firstBad"] is None
    assert document["advice"] is None
    assert [file["faults"] for file in document["files"] if file["faults"]] == []
    names = {file["name"].rpartition(".")[2] for file in document["files"]}
    assert {"COMMITS", "CURRENT", "log"} <= names
    text = run("db", "check").out
    assert text.startswith("database        whole\n")


@pytest.mark.usefixtures("history")
def test_check_of_the_head_reads_only_its_state(run: Run) -> None:
    whole = run("db", "check", "--json").document
    head = run("db", "check", "--head", "--json").document
    assert head["wholeRanges"] == ["4"]
    assert 0 < head["entriesRead"] < whole["entriesRead"]


@pytest.mark.usefixtures("history")
def test_a_lost_node_is_reported_with_its_path_and_what_is_whole(run: Run) -> None:
    root = bytes.fromhex(run("block", "2", "--json").document["stateRoot"][2:])
    with LevelDatabase(DB) as database:
        database.write_batch({}, [NODE + root])
    outcome = run("db", "check")
    assert outcome.code == 1
    assert "whole blocks    0-1\n                3-4\n" in outcome.out
    assert f"2: account trie, its root: trie node 0x{root.hex()} is missing" in (
        outcome.out
    )
    assert "blocks 0-1, 3-4 can still be read" in outcome.out
    outcome = run("db", "check", "--json")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    (damaged,) = document["damagedBlocks"]
    assert document["firstBad"] == damaged
    assert damaged == {
        "number": 2,
        "hash": run("block", "2", "--json").document["hash"],
        "reason": f"account trie, its root: trie node 0x{root.hex()} is missing",
        "key": "0x" + (NODE + root).hex(),
        "path": "",
        "account": None,
    }
    assert run("db", "check", "--head").code == 0


@pytest.mark.usefixtures("history")
def test_a_lost_storage_is_reported_with_its_account(run: Run, counter: str) -> None:
    proof = run("proof", counter, "--json").document
    root = bytes.fromhex(proof["storageHash"][2:])
    with LevelDatabase(DB) as database:
        database.write_batch({}, [NODE + root])
    (damaged,) = json.loads(run("db", "check", "--json").out)["damagedBlocks"]
    account = keccak256(bytes.fromhex(counter[2:]))
    assert (damaged["number"], damaged["path"]) == (4, "")
    assert damaged["account"] == "0x" + account.hex()


@pytest.mark.usefixtures("history")
def test_a_damaged_log_is_named_and_nothing_is_changed(
    run: Run, error_of: Callable[..., str]
) -> None:
    log = next(path for path in DB.glob("*.log") if path.stat().st_size)
    data = bytearray(log.read_bytes())
    data[20] ^= 1
    log.write_bytes(data)
    outcome = run("db", "check")
    assert outcome.code == 1
    assert f"damaged files   {log.name} at byte 0: checksum of a record is wrong" in (
        outcome.out
    )
    assert "how to go on" in outcome.out
    assert log.read_bytes() == data
    line = error_of("block", code=70)
    assert f"{log.name}: checksum of a record is wrong at byte 0" in line
    assert line.endswith("`contractvm db check` says what is damaged and what is whole")


@pytest.mark.usefixtures("history")
def test_stats_counts_each_kind(run: Run) -> None:
    document = run("db", "stats", "--json").document
    assert document["headNumber"] == 4
    assert document["oldestNumber"] == 0
    assert document["wholeBlocks"] == 5
    kinds = document["kinds"]
    assert kinds["blocks"]["entries"] == 5
    assert kinds["transaction index"] == {
        "entries": 4,
        "keyBytes": 4 * 33,
        "valueBytes": 4 * 36,
    }
    assert kinds["head and branches"] == {"entries": 1, "keyBytes": 1, "valueBytes": 32}
    assert document["diskBytes"] == sum(path.stat().st_size for path in DB.iterdir())
    assert "kept whole  5 blocks, the oldest is 0" in run("db", "stats").out


@pytest.mark.usefixtures("history")
def test_gc_keeps_what_was_asked_for(run: Run, error_of: Callable[..., str]) -> None:
    document = run("db", "gc", "--keep", 2, "--json").document
    assert (document["keptBlocks"], document["removedBlocks"]) == (2, 3)
    assert document["removedEntries"] > 9
    assert run("db", "check", "--json").document["wholeRanges"] == ["3-4"]
    stats = run("db", "stats", "--json").document
    assert (stats["oldestNumber"], stats["prunedBlocks"]) == (3, 3)
    assert run("db", "gc", "--keep", 2).out.splitlines()[1] == (
        "removed  0 blocks, 0 entries, 0 bytes"
    )


@pytest.mark.parametrize("verb", ["check", "stats", "gc"])
def test_where_there_is_no_chain_nothing_is_made(
    error_of: Callable[..., str], verb: str
) -> None:
    options = ["--keep", 1] if verb == "gc" else []
    assert error_of("db", verb, *options).startswith("error: no chain in ")
    assert not DB.exists()


@pytest.mark.parametrize("keep", ["0", "-3", "many"])
def test_gc_keeps_at_least_the_head(run: Run, keep: str) -> None:
    assert run("db", "gc", "--keep", keep).code == 2


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("verb", ["check", "stats", "gc"])
def test_a_database_that_is_open_elsewhere_is_left_alone(
    error_of: Callable[..., str], verb: str
) -> None:
    options = ["--keep", 1] if verb == "gc" else []
    with LevelDatabase(DB):
        line = error_of("db", verb, *options)
    assert line.endswith("already open in another process; end that one first")


@pytest.mark.usefixtures("history")
def test_a_database_of_version_1_is_migrated(run: Run) -> None:
    """It had no count of batches, and no mark next to LevelDB's files."""
    (DB / "COMMITS").unlink()
    with plyvel.DB(str(DB)) as database:
        database.put(FORMAT_KEY, b"1")
        database.delete(b"mbatches")
    assert run("db", "check", "--json").document["wholeRanges"] == ["0-4"]
    with LevelDatabase(DB) as database:
        assert database.get(FORMAT_KEY) == b"3"
        assert database.get(b"mbatches") == (1).to_bytes(8, "big")
