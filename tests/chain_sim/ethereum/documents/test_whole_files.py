"""Files that are written whole: on the disk before they have their name."""

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
