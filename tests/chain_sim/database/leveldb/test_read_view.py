"""A view that cannot be made or opened leaves nothing behind."""

import errno
import os
from pathlib import Path

import pytest

from chain_sim.database.errors import NoRoomToRead
from chain_sim.database.leveldb import read_view
from chain_sim.database.leveldb.read_view import open_view


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, Path]:
    """A database's folder, the usual place for views, and the one in memory."""
    database, usual, memory = (tmp_path / name for name in ("db", "usual", "memory"))
    for folder in (database, usual, memory):
        folder.mkdir()
    database.joinpath("CURRENT").write_bytes(b"MANIFEST-1\n")
    database.joinpath("000001.ldb").write_bytes(b"table")
    database.joinpath("LOCK").write_bytes(b"no part of a view")
    monkeypatch.setattr(read_view, "gettempdir", lambda: str(usual))
    monkeypatch.setattr(read_view, "MEMORY_FOLDER", str(memory))
    return database, usual, memory


def full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_view_has_copies_of_small_files_and_links_to_tables(
    places: tuple[Path, Path, Path],
) -> None:
    database, usual, _ = places
    names, folder = open_view(database, lambda view: sorted(os.listdir(view)))
    assert names == ["000001.ldb", "CURRENT"]
    view = Path(folder.name)
    assert view.parent == usual
    assert view.name.startswith("contractvm-view-")
    assert view.joinpath("000001.ldb").readlink() == database / "000001.ldb"
    folder.cleanup()


def test_where_no_view_can_be_opened_each_place_is_named(
    places: tuple[Path, Path, Path],
) -> None:
    database, usual, memory = places
    tried = []

    def open_there(view: Path) -> None:
        tried.append(view.parent)
        full()

    with pytest.raises(NoRoomToRead) as caught:
        open_view(database, open_there)
    reason = "no space left on device"
    assert caught.value.faults == {str(usual): reason, str(memory): reason}
    assert caught.value.needed_bytes == 11
    assert tried == [usual, memory]
    assert list(usual.iterdir()) == list(memory.iterdir()) == []


def test_the_view_goes_with_any_other_error_of_opening(
    places: tuple[Path, Path, Path],
) -> None:
    database, usual, memory = places

    def interrupt(_: Path) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        open_view(database, interrupt)
    assert list(usual.iterdir()) == list(memory.iterdir()) == []


def test_without_a_usual_place_memory_is_taken(
    places: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, _, memory = places
    monkeypatch.setattr(read_view, "gettempdir", full)
    parent, folder = open_view(database, lambda view: view.parent)
    folder.cleanup()
    assert parent == memory
    with pytest.raises(NoRoomToRead) as caught:
        open_view(database, full)
    reason = "no space left on device"
    assert caught.value.faults == {"TMPDIR": reason, str(memory): reason}


def test_a_view_that_cannot_be_filled_is_removed(
    places: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    database, usual, memory = places
    monkeypatch.setattr(Path, "symlink_to", full)
    with pytest.raises(NoRoomToRead) as caught:
        open_view(database, lambda view: view)
    reason = "no space left on device"
    assert caught.value.faults == {str(usual): reason, str(memory): reason}
    assert list(usual.iterdir()) == list(memory.iterdir()) == []
