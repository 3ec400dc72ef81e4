"""A modified dump of this project is refused, and the error says where."""

import io
import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.dumps.dump import DumpWriter
from chain_sim.ethereum.dumps.errors import ChainExists, MalformedDump, WrongStateRoot
from chain_sim.ethereum.dumps.load import load_chain, load_into
from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import format_data
from tests.helpers.histories import EVERYTHING, history_of

Change = Callable[[dict[str, Any]], object]


def dumped() -> bytes:
    chain = history_of(EVERYTHING[:3]).chain
    file = io.BytesIO()
    DumpWriter(chain.database, chain.genesis, chain.head).write(file)
    return file.getvalue()


DUMP = dumped()
DOCUMENT = json.loads(DUMP)
LAST = len(DOCUMENT["blocks"]) - 1


def load(text: bytes) -> None:
    load_into(MemoryDatabase(), io.BytesIO(text))


def changed(change: Change) -> bytes:
    document = json.loads(DUMP)
    change(document)
    return json.dumps(document).encode()


def account(document: dict[str, Any], index: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = list(document["accounts"].values())[index]
    return found


def header(document: dict[str, Any], number: int) -> dict[str, Any]:
    found: dict[str, Any] = document["blocks"][number]["header"]
    return found


def reordered(*names: str) -> Change:
    def change(document: dict[str, Any]) -> None:
        for name in names:
            document[name] = document.pop(name)

    return change


REFUSED: list[tuple[Change, str, str]] = [
    (
        lambda d: d["contractvm"].update(format=2),
        "contractvm",
        "format version 2, not 1",
    ),
    (lambda d: d["contractvm"].pop("format"), "contractvm", "has no format version"),
    (lambda d: d["contractvm"].update(more=1), "contractvm", "has other keys"),
    (
        lambda d: d["contractvm"].update(stateRoot="0x"),
        "contractvm.stateRoot",
        "0 bytes",
    ),
    (lambda d: d["contractvm"].update(headHash="0x" + "00" * 32), "blocks", "headHash"),
    (reordered("contractvm"), "contractvm", "has to be the first key"),
    (lambda d: d.pop("contractvm"), "contractvmEnd", "contractvm has to be the first"),
    (lambda d: d.pop("contractvmEnd"), "contractvmEnd", "not contractvm.headHash"),
    (
        lambda d: d.update(contractvmEnd="0x" + "00" * 32),
        "contractvmEnd",
        "not contractvm.headHash",
    ),
    (reordered("blocks"), "transactions", "has to come after the blocks"),
    (lambda d: d.update(more=1), "more", "unknown key"),
    (lambda d: account(d).update(more=1), "accounts.0x", "unknown key"),
    (lambda d: d.update(best_block_number=1), "best_block_number", f"not {LAST}"),
    (lambda d: d.pop("best_block_number"), "best_block_number", f"not {LAST}"),
    (lambda d: d.update(blocks=[]), "transactions", "after the blocks"),
    (lambda d: d.pop("blocks"), "transactions", "after the blocks"),
    (lambda d: d["blocks"].pop(1), "blocks[1]", "not number 1"),
    (lambda d: d["blocks"].pop(), "transactions[", "in no block"),
    (lambda d: d["blocks"].insert(0, d["blocks"][0]), "blocks[1]", "not number 1"),
    (lambda d: header(d, 0).update(timestamp="0x1"), "blocks[0]", "genesis file makes"),
    (lambda d: header(d, 2).update(timestamp="0x1"), "blocks[3]", "not its parent"),
    (lambda d: header(d, 2).update(more="0x1"), "blocks[2]", "no block of this chain"),
    (lambda d: header(d, 2).update(miner="0x"), "blocks[2].header.miner", "0 hexa"),
    (lambda d: header(d, 2).pop("nonce"), "blocks[2].header.nonce", "missing"),
    (lambda d: d["blocks"][2]["transactions"].clear(), "blocks[2]", "not those of"),
    (lambda d: d["blocks"].__setitem__(2, 7), "blocks[2]", "not an object"),
    (lambda d: d["transactions"].pop(), f"transactions of block {LAST}", "there are 2"),
    (lambda d: d["transactions"].pop(1), "transactions", "of block 2 are missing"),
    (lambda d: d.update(transactions=[]), "transactions", "newest block are missing"),
    (lambda d: d["transactions"].reverse(), "transactions[3]", "not in the order"),
    (
        lambda d: d["transactions"][3]["receipt"].update(status="0x0"),
        "transactions of block 4",
        "not those of the header",
    ),
    (
        lambda d: d["transactions"][3].update(error="none"),
        "transactions of block 4.error",
        "is given with a success",
    ),
    (
        lambda d: d["transactions"][3]["info"].update(gas_used=1),
        "transactions of block 4, transaction 0",
        "does not fit its block",
    ),
    (
        lambda d: d["contractvm"]["genesis"].update(chainId="0x1"),
        "blocks[0]",
        "not the block that the genesis file makes",
    ),
]


@pytest.mark.parametrize(("change", "place", "reason"), REFUSED)
def test_every_refusal_names_the_place(change: Change, place: str, reason: str) -> None:
    text = changed(change)
    with pytest.raises(MalformedDump) as caught:
        load(text)
    assert caught.value.place.startswith(place)
    assert reason in caught.value.reason


@pytest.mark.parametrize(
    "change",
    [
        lambda d: account(d).update(balance="0x1"),
        lambda d: account(d).update(nonce=7),
        lambda d: account(d).update(code="0x00"),
        lambda d: account(d).update(storage={"0x1": "0x1"}),
        lambda d: d["accounts"].popitem(),
        lambda d: d.update(accounts={}),
        lambda d: d["contractvm"].update(stateRoot="0x" + "11" * 32),
    ],
)
def test_other_accounts_than_those_of_the_root_are_refused(change: Change) -> None:
    with pytest.raises(WrongStateRoot):
        load(changed(change))


@given(st.integers(0, len(DUMP) - 3))
@settings(max_examples=60, deadline=None)
def test_a_dump_that_is_cut_short_anywhere_is_refused(length: int) -> None:
    with pytest.raises(ChainError):
        load(DUMP[:length])


@given(st.integers(0, len(DUMP) - 1), st.integers(0, 255))
@example(2, 32)  # another first key: the file was once taken for one of anvil's
@settings(max_examples=150, deadline=None)
def test_a_changed_byte_is_refused_or_changes_nothing_that_counts(
    at: int, byte: int
) -> None:
    database = MemoryDatabase()
    text = DUMP[:at] + bytes((byte,)) + DUMP[at + 1 :]
    with suppress(ChainError):
        head = load_into(database, io.BytesIO(text)).head
        assert format_data(head.hash) == DOCUMENT["contractvm"]["headHash"]


@pytest.mark.parametrize(
    "text", [DUMP[:-100], DUMP.replace(b'"0x', b'"1x'), b"", b"{}"]
)
def test_a_failed_load_leaves_nothing(text: bytes, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(text)
    with pytest.raises(ChainError):
        load_chain(file, tmp_path / "deep" / "er" / "chain")
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]


def test_nothing_is_loaded_into_a_place_that_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_bytes(DUMP)
    empty = tmp_path / "empty"
    empty.mkdir()
    load_chain(file, empty)
    before = sorted(path.name for path in empty.iterdir())
    for place in (empty, file):
        with pytest.raises(ChainExists) as caught:
            load_chain(file, place)
        assert caught.value.path == str(place)
    assert sorted(path.name for path in empty.iterdir()) == before
