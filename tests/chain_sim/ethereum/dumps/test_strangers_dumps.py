"""Untrusted dumps: those that once caused another error, or took too much."""

import gzip
import io
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.dumps import hex_gzip
from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.dumps.load import load_chain, load_into
from tools.fuzz.file_seeds import own_dumps


def refusal(data: bytes) -> MalformedDump:
    with pytest.raises(MalformedDump) as caught:
        load_into(MemoryDatabase(), io.BytesIO(data))
    return caught.value


@pytest.mark.parametrize("size", [4_301, 5_000, 100_000])
def test_a_file_that_begins_with_a_long_number(size: int) -> None:
    # ijson raised SystemError: it continued with Python's own error still set.
    assert refusal(b"9" * size).reason == "a number is too long"
    assert refusal(gzip.compress(b"9" * size)).reason == "a number is too long"


def changed(**changes: object) -> bytes:
    document = json.loads(own_dumps()[0])
    document["transactions"][0]["info"] |= changes
    return json.dumps(document).encode()


def test_a_bool_is_no_number() -> None:
    # To Python, false is 0 and true is 1.
    assert load_into(MemoryDatabase(), io.BytesIO(changed())).blocks == 4
    reason = refusal(changed(transaction_index=False)).reason
    assert reason == "does not fit its block"
    document = json.loads(own_dumps()[0])
    document["transactions"][0]["block_number"] = True
    error = refusal(json.dumps(document).encode())
    assert error.reason == "in no block that is there"
    document = json.loads(own_dumps()[0])
    document["contractvm"]["format"] = True
    error = refusal(json.dumps(document).encode())
    assert error.reason == "format version True, not 1"


def test_a_block_has_no_more_transactions_than_it_has() -> None:
    # They were kept until another block's came, however many.
    document = json.loads(own_dumps()[0])
    first, *rest = document["transactions"]
    document["transactions"] = [first, first, *rest]
    error = refusal(json.dumps(document).encode())
    assert (error.place, error.reason) == (
        "transactions[1]",
        "block 1 has no more transactions",
    )


@pytest.mark.parametrize(("growth", "fits"), [(60, True), (20, False)])
def test_a_zip_bomb_is_refused(
    monkeypatch: pytest.MonkeyPatch, growth: int, fits: bool
) -> None:
    text = b'{"alloc": {}, "padding": "' + b"0" * 40_000 + b'"}'
    zipped = gzip.compress(text)
    assert len(text) / len(zipped) > 20
    monkeypatch.setattr(hex_gzip, "FREE_BYTES", 0)
    monkeypatch.setattr(hex_gzip, "MAX_GROWTH", growth * len(text) // len(zipped) // 40)
    for form in (zipped, b"0x" + zipped.hex().encode()):
        if fits:
            assert load_into(MemoryDatabase(), io.BytesIO(form)).source == "geth"
        else:
            assert "times its size" in refusal(form).reason


def test_a_long_place_is_named_by_its_end() -> None:
    error = refusal(b'{"accounts": {"' + b"k" * 5_000 + b'": 1}}')
    assert len(str(error)) < 400
    assert error.place == f"accounts.{'k' * 5_000}"


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "state.json")
    with pytest.raises(OSError, match="not a regular file"):
        load_chain(tmp_path / "state.json", tmp_path / "chain")


@pytest.mark.parametrize(("key", "name"), [("fees", "eip4844"), ("fork", "osaka")])
def test_rules_that_nobody_knows_are_refused_with_their_name(
    key: str, name: str
) -> None:
    document = json.loads(own_dumps()[1])
    document["contractvm"]["genesis"][key] = name
    with pytest.raises(MalformedDump) as refused:
        load_into(MemoryDatabase(), io.BytesIO(json.dumps(document).encode()))
    assert name in str(refused.value)
    assert refused.value.place == "contractvm.genesis"


@pytest.mark.parametrize(
    "damage",
    [
        lambda edits: edits.append(edits[0]),
        lambda edits: edits[0].update(balance="0x01"),
        lambda edits: edits[0].update(other="0x1"),
        lambda edits: edits[0].update(clearsStorage="0x2"),
        lambda edits: edits[0].update(clearsStorage=True),
        lambda edits: edits[0].update(nonce="0xffffffffffffffff"),
        lambda edits: edits[0].update(address="0x00"),
        lambda edits: edits[0].update(storage={"0x1": "0x" + "00" * 32}),
    ],
    ids=range(8),
)
@pytest.mark.parametrize("place", ["open", "block"])
def test_edits_that_no_chain_writes_are_refused(
    damage: Callable[[Any], None], place: str
) -> None:
    document = json.loads(own_dumps()[1])
    if place == "open":
        edits = document["contractvm"]["openEdits"]
    else:
        edits = document["blocks"][1]["edits"]
    assert edits
    damage(edits)
    with pytest.raises(MalformedDump):
        load_into(MemoryDatabase(), io.BytesIO(json.dumps(document).encode()))
