"""Files that are written whole: on the disk before they have their name."""

import errno
import os
from pathlib import Path

import pytest

from chain_sim.ethereum.documents.whole_files import whole_file, write_whole


@pytest.mark.parametrize(
    ("options", "count"), [({}, 1), ({"is_synced": True}, 1), ({"is_synced": False}, 0)]
)
def test_the_content_is_on_the_disk_unless_that_is_not_asked_for(
    options: dict[str, bool],
    count: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    synced: list[str] = []
    sync, replace = os.fsync, os.replace

    def noted_sync(file: int) -> None:
        sync(file)
        synced.append("sync")

    def noted_replace(*paths: str) -> None:
        synced.append("replace")
        replace(*paths)

    monkeypatch.setattr(os, "fsync", noted_sync)
    monkeypatch.setattr(os, "replace", noted_replace)
    expected = ["sync"] * count + ["replace"]
    with whole_file(tmp_path / "a", **options) as file:
        file.write(b"1")
    assert synced == expected
    synced.clear()
    write_whole(tmp_path / "b", "2", **options)
    assert synced == expected
    assert [(tmp_path / name).read_text() for name in "ab"] == ["1", "2"]


def test_a_folder_or_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path, code, reason in (
        (tmp_path, errno.EISDIR, "is a directory"),
        (tmp_path / "pipe", errno.EINVAL, "not a regular file"),
    ):
        with pytest.raises(OSError, match=reason) as caught:
            write_whole(path, "text")
        found = (caught.value.errno, caught.value.strerror, caught.value.filename)
        assert found == (code, reason, str(path))
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_an_error_names_the_file_that_was_to_be_written(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(path, "text")
    assert caught.value.strerror == "No such file or directory"
    assert caught.value.filename == str(path)
