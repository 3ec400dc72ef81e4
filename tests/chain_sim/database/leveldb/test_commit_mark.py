"""The mark next to LevelDB's files, and why a database cannot be opened."""

import os
from pathlib import Path

import pytest

from chain_sim.database.errors import (
    DatabaseNotWritable,
    DatabasePathInvalid,
    DatabaseUnavailable,
    NoSpaceToOpen,
)
from chain_sim.database.leveldb.commit_mark import CommitMark, unusable
from chain_sim.database.leveldb.file_errors import FileDamaged


def test_a_mark_in_a_folder_that_is_gone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "gone"
    with pytest.raises(DatabasePathInvalid) as caught:
        CommitMark(path)
    assert str(caught.value) == f"database {path}: no such file or directory"


def test_a_reader_of_a_folder_without_a_mark_reads_none(tmp_path: Path) -> None:
    mark = CommitMark(tmp_path, is_reader=True)
    assert mark.read() == 0
    mark.discard()
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_mark_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("COMMITS").write_bytes(b"seven")
    mark = CommitMark(tmp_path)
    with pytest.raises(FileDamaged) as caught:
        mark.read()
    mark.close()
    wanted = FileDamaged(str(tmp_path), "COMMITS", "is not a mark", None)
    assert str(caught.value) == str(wanted)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        (os.strerror(28), NoSpaceToOpen),
        (os.strerror(13), DatabaseNotWritable),
        ("too many open files", DatabasePathInvalid),
    ],
)
def test_the_systems_reason_says_why_a_database_cannot_be_opened(
    reason: str, kind: type[DatabaseUnavailable]
) -> None:
    refusal = unusable(Path("place"), reason)
    assert type(refusal) is kind
    assert str(refusal) == f"database place: {reason}"
