"""A modified dump of this project is refused, and the error says where."""

import io
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.block import Block, transactions_root
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.dumps import history_loading
from chain_sim.ethereum.dumps.anvil_documents import anvil_block, read_block
from chain_sim.ethereum.dumps.dump import DumpWriter
from chain_sim.ethereum.dumps.errors import ChainExists, MalformedDump, WrongStateRoot
from chain_sim.ethereum.dumps.load import load_chain, load_into
from chain_sim.ethereum.primitives.errors import ChainError, InvalidGenesis
from chain_sim.ethereum.primitives.text import Address, format_data
from chain_sim.ethereum.primitives.transactions import Transaction, sign_transaction
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
# What an account has where its dump leaves it out.
DEFAULTS: dict[str, Any] = {"nonce": 0, "code": "0x", "storage": {}}
# Anvil reads these; this chain has them in the genesis and the blocks.
OPTIONAL: list[tuple[Any, ...]] = [("block",), ("historical_states",)]


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


def first(name: str) -> Change:
    """The member with this name before all others."""

    def change(document: dict[str, Any]) -> None:
        members = {name: document[name], **document}
        document.clear()
        document.update(members)

    return change


def emptied(name: str) -> Change:
    """The list with this name without items, and no transactions after it."""

    def change(document: dict[str, Any]) -> None:
        document[name] = []
        del document["transactions"]

    return change


def unsigned_last_block(document: dict[str, Any]) -> None:
    """The last block with a signature that is none, and everything made to fit it."""
    block = read_block(document["blocks"][LAST], "")
    transactions = (
        structs.replace(block.transactions[0], r=0),
        *block.transactions[1:],
    )
    header = replace(block.header, transactions_root=transactions_root(transactions))
    made = Block(header, transactions)
    document["blocks"][LAST] = anvil_block(made)
    document["contractvm"]["headHash"] = format_data(made.hash)
    document["contractvmEnd"] = format_data(made.hash)


KEY = bytes(31) + b"\1"
SENT = Transaction(
    nonce=3, gas_price=7, gas_limit=90_000, to=Address(b"\2" * 20), value=5, data=b"ab"
)
CREATING = structs.replace(SENT, to=None, value=0, data=b"")


@pytest.mark.parametrize(
    ("tx", "chain_id", "own"),
    [
        (SENT, 31337, {"chainId": "0x7a69", "to": "0x" + "02" * 20}),
        (SENT, None, {"to": "0x" + "02" * 20}),
        (CREATING, None, {"to": None, "value": "0x0", "input": "0x"}),
    ],
)
def test_a_transaction_has_a_chain_where_its_signature_does(
    tx: Transaction, chain_id: int | None, own: dict[str, Any]
) -> None:
    signed = sign_transaction(tx, KEY, chain_id)
    block = read_block(DOCUMENT["blocks"][LAST], "")
    document = anvil_block(Block(block.header, (signed,)))
    (item,) = document["transactions"]
    assert item == {
        "transaction": {
            "type": "0x0",
            "nonce": "0x3",
            "gasPrice": "0x7",
            "gas": "0x15f90",
            "value": "0x5",
            "input": "0x6162",
            **own,
            "r": hex(signed.r),
            "s": hex(signed.s),
            "v": hex(signed.v),
            "hash": "0x" + signed.hash.hex(),
        },
        "impersonated_sender": None,
    }
    assert read_block(document, "").transactions == (signed,)


MAX_64, MAX_256 = 2**64 - 1, 2**256 - 1
HEADER_BOUNDS = {
    "difficulty": MAX_256,
    "number": MAX_64,
    "gas_limit": 2**63 - 1,
    "gas_used": 2**63 - 1,
    "timestamp": MAX_64,
}
TRANSACTION_BOUNDS = {
    "nonce": MAX_64 - 1,
    "gas_price": MAX_256,
    "gas_limit": MAX_64,
    "value": MAX_256,
    "v": MAX_256,
    "r": MAX_256,
    "s": MAX_256,
}


@pytest.mark.parametrize(("field", "most"), HEADER_BOUNDS.items())
def test_numbers_of_a_header_are_within_their_bounds(field: str, most: int) -> None:
    block = read_block(DOCUMENT["blocks"][LAST], "")
    for number in (0, 1, most):
        made = Block(replace(block.header, **{field: number}), block.transactions)
        assert read_block(anvil_block(made), "") == made
    made = Block(replace(block.header, **{field: most + 1}), block.transactions)
    with pytest.raises(MalformedDump):
        read_block(anvil_block(made), "")


@pytest.mark.parametrize(("field", "most"), TRANSACTION_BOUNDS.items())
def test_numbers_of_a_transaction_are_within_their_bounds(
    field: str, most: int
) -> None:
    block = read_block(DOCUMENT["blocks"][LAST], "")
    (tx, *_) = block.transactions
    for number in (0, 1, most):
        made = Block(block.header, (structs.replace(tx, **{field: number}),))
        assert read_block(anvil_block(made), "") == made
    made = Block(block.header, (structs.replace(tx, **{field: most + 1}),))
    with pytest.raises(MalformedDump):
        read_block(anvil_block(made), "")


class CountedBatches(MemoryDatabase):
    """Remembers how many entries each batch put."""

    def __init__(self) -> None:
        super().__init__()
        self.sizes: list[int] = []

    def write_batch(
        self, puts: Mapping[bytes, bytes], deletes: Collection[bytes] = ()
    ) -> None:
        self.sizes.append(len(puts))
        super().write_batch(puts, deletes)


@pytest.mark.parametrize(
    ("limit", "blocks", "receipts"),
    [
        (2_000, [35], [18]),
        (10, [13, 16, 6], [12, 6]),
        (0, [5, 4, 4, 4, 6, 6, 6], [3] * 6),
    ],
)
def test_blocks_and_receipts_are_written_as_they_are_read(
    monkeypatch: pytest.MonkeyPatch,
    limit: int,
    blocks: list[int],
    receipts: list[int],
) -> None:
    """Seven blocks with 12 transactions; then the state's 28 entries, and the head."""
    monkeypatch.setattr(history_loading, "ENTRIES_PER_BATCH", limit)
    database = CountedBatches()
    load_into(database, io.BytesIO(DUMP))
    assert database.sizes == [*blocks, *receipts, 28, 2]


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
    (first("accounts"), "contractvm", "has to be the first key"),
    (emptied("blocks"), "blocks", "empty"),
    (
        lambda d: d["transactions"].append(d["transactions"][-1]),
        f"transactions[{len(DOCUMENT['transactions'])}]",
        f"block {LAST} has no more transactions",
    ),
    (lambda d: d.update(transactions={}), "transactions", "not a list"),
    (lambda d: d.update(blocks="0x"), "blocks", "not a list"),
    (lambda d: d["transactions"].insert(0, 7), "transactions[0]", "in no block"),
    (unsigned_last_block, f"transactions of block {LAST}", "invalid signature"),
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


def objects_in(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The ways to all objects, without those whose keys are addresses and slots."""
    if isinstance(value, dict):
        if way[-1:] not in (("accounts",), ("storage",)):
            yield way
        for key, inner in value.items():
            yield from objects_in(inner, (*way, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from objects_in(inner, (*way, index))


def reached(document: Any, way: tuple[Any, ...]) -> Any:
    for step in way:
        document = document[step]
    return document


@pytest.mark.parametrize("way", list(objects_in(DOCUMENT)), ids=str)
def test_no_object_has_a_key_more_or_less(way: tuple[Any, ...]) -> None:
    """But for what anvil wants: the block of the head, and an account's defaults."""
    is_for_anvil = way[:1] == ("block",)
    document = json.loads(DUMP)
    reached(document, way)["extra"] = "0x"
    if not is_for_anvil:
        with pytest.raises((MalformedDump, InvalidGenesis)) as caught:
            load(json.dumps(document).encode())
        assert caught.value.reason
    for key in reached(DOCUMENT, way):
        document = json.loads(DUMP)
        del reached(document, way)[key]
        text = json.dumps(document).encode()
        is_default = way[:1] == ("accounts",) and key in DEFAULTS
        is_default = is_default and reached(DOCUMENT, way)[key] == DEFAULTS[key]
        if is_for_anvil or is_default or (*way, key) in OPTIONAL:
            load(text)
            continue
        with pytest.raises((MalformedDump, InvalidGenesis, WrongStateRoot)):
            load(text)


def test_a_state_root_that_fits_the_accounts_and_not_the_head_is_refused() -> None:
    document = json.loads(DUMP)
    account(document)["balance"] = "0x1"
    with pytest.raises(WrongStateRoot) as caught:
        load(json.dumps(document).encode())
    root, said = caught.value.found, document["contractvm"]["stateRoot"]
    document["contractvm"]["stateRoot"] = format_data(root)
    with pytest.raises(WrongStateRoot) as caught:
        load(json.dumps(document).encode())
    assert (format_data(caught.value.said), caught.value.found) == (said, root)


def test_a_block_before_the_first_of_a_loaded_chain_is_refused() -> None:
    other = {"block": {"number": 7}, "accounts": {}}
    database = MemoryDatabase()
    load_into(database, io.BytesIO(json.dumps(other).encode()))
    chain = Blockchain(database)
    file = io.BytesIO()
    DumpWriter(chain.database, chain.genesis, chain.head).write(file)
    document = json.loads(file.getvalue())
    assert document["blocks"][0]["header"]["number"] == "0x7"
    document["blocks"][0]["header"]["number"] = "0x6"
    with pytest.raises(MalformedDump) as caught:
        load(json.dumps(document).encode())
    assert caught.value.reason == "before the first block, number 7"


@pytest.mark.parametrize("key", ["0x1", "k1000"])
def test_a_key_that_stands_twice_is_refused_among_thousands(key: str) -> None:
    members = "".join(f'"k{number}": 0, ' for number in range(1_500))
    text = json.dumps(DOCUMENT).replace('"header": {', '"header": {' + members, 1)
    text = text.replace('"k1499": 0, ', f'"k1499": 0, "{key}": 1, ', 1)
    with pytest.raises(MalformedDump) as caught:
        load(text.encode())
    is_twice = key == "k1000"
    assert ("stands here twice" in caught.value.reason) is is_twice


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
