"""Tapes with a store: contents above 64 KiB are in a folder, by their SHA-256."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec
import pytest

from contractvm.guests import tape as tapes
from contractvm.guests.guest import Guest
from contractvm.guests.tape import MAGIC, Tape, TapeError
from contractvm.hosts.wasi.file_tree import FileTree
from tests.helpers.examples import EXAMPLES

LARGE = bytes(range(256)) * 257
EDGE = 65_536


def recorded(stdin: bytes, **options: Any) -> Tape:
    guest = Guest.load(EXAMPLES / "guests/shout.wasm", engine="interpreter")
    tape = guest.run(stdin=stdin, record=True, **options).tape
    assert tape is not None
    return tape


def test_large_contents_are_apart_and_come_back(tmp_path: Path) -> None:
    tape = recorded(LARGE)
    store = tmp_path / "store"
    tape.save(tmp_path / "tape", store)
    assert (tmp_path / "tape").stat().st_size < 2_000
    (content,) = store.iterdir()
    assert content.name == sha256(LARGE).hexdigest()
    assert content.read_bytes() == LARGE
    again = Tape.load(tmp_path / "tape", store)
    assert again == tape
    guest = Guest.load(EXAMPLES / "guests/shout.wasm", engine="wasmtime")
    assert guest.replay(again).stdout == LARGE.upper()


@pytest.mark.parametrize(("size", "apart"), [(EDGE, 0), (EDGE + 1, 1)])
def test_contents_are_apart_above_64_kib(size: int, apart: int, tmp_path: Path) -> None:
    tape = recorded(bytes(size))
    tape.save(tmp_path / "tape", tmp_path / "store")
    assert len(list(tmp_path.glob("store/*"))) == apart
    # A tape that needs no store is loaded without one.
    if not apart:
        assert Tape.load(tmp_path / "tape") == tape


def test_tapes_share_contents(tmp_path: Path) -> None:
    mounts = {"/": FileTree({"a": LARGE})}
    store = tmp_path / "store"
    for number, stdin in enumerate((b"one", b"two")):
        recorded(stdin, mounts=mounts).save(tmp_path / str(number), store)
    assert len(list(store.iterdir())) == 1
    assert Tape.load(tmp_path / "1", store).inputs.stdin == b"two"


def test_a_missing_or_changed_content_is_an_error(tmp_path: Path) -> None:
    store = tmp_path / "store"
    recorded(LARGE).save(tmp_path / "tape", store)
    with pytest.raises(TapeError, match="name its folder"):
        Tape.load(tmp_path / "tape")
    with pytest.raises(TapeError, match="is not there"):
        Tape.load(tmp_path / "tape", tmp_path / "other")
    (content,) = store.iterdir()
    content.write_bytes(LARGE[1:])
    with pytest.raises(TapeError, match="has another content"):
        Tape.load(tmp_path / "tape", store)
    content.unlink()
    content.mkdir()
    with pytest.raises(TapeError, match="is not there"):
        Tape.load(tmp_path / "tape", store)


@pytest.mark.parametrize(
    ("code", "digest"), [(2, bytes(32)), (1, bytes(31)), (1, bytes(33)), (1, b"")]
)
def test_a_tape_names_contents_by_their_hash_only(
    code: int, digest: bytes, tmp_path: Path
) -> None:
    data = msgspec.msgpack.encode([msgspec.msgpack.Ext(code, digest)])
    with pytest.raises(TapeError, match=f"an extension of type {code}"):
        Tape.from_bytes(MAGIC + data, tmp_path)


def test_contents_are_bounded_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often a short tape names one content."""
    store = tmp_path / "store"
    recorded(LARGE).save(tmp_path / "tape", store)
    named = msgspec.msgpack.Ext(1, sha256(LARGE).digest())
    monkeypatch.setattr(tapes, "MAX_TAPE_BYTES", 3 * len(LARGE))
    data = msgspec.msgpack.encode([named] * 3)
    with pytest.raises(TapeError, match="a damaged tape: Expected"):
        Tape.from_bytes(MAGIC + data, store)
    data = msgspec.msgpack.encode([named] * 4)
    with pytest.raises(TapeError, match="contents of more than"):
        Tape.from_bytes(MAGIC + data, store)
