"""Watching a project: what changed among its files since the last look."""

import time
from collections.abc import Iterator
from pathlib import Path

from contract_testing.building.errors import UnfitSources
from contract_testing.building.project import MAX_FILES, Project
from contract_testing.project import FILE_NAME

POLL_SECONDS = 0.3
# Editors write a file in several steps.
SETTLE_SECONDS = 0.1

Times = dict[Path, int]


def file_times(project: Project) -> Times:
    """When each file below the sources' folder, and the settings, was written.

    Raises UnfitSources for more than 5,000 files.
    """
    found: Times = {}
    for path in (project.root / FILE_NAME, *project.folder.rglob("*")):
        try:
            if path.is_file():
                found[path] = path.stat().st_mtime_ns
        except OSError:
            continue  # removed since
        if len(found) > MAX_FILES:
            raise UnfitSources(f"{project.folder}: more than {MAX_FILES} files")
    return found


def changes(project: Project) -> Iterator[None]:
    """Once now, then after each change, when files have not changed for a moment."""
    before: Times | None = None
    while True:
        now = file_times(project)
        if now != before:
            time.sleep(SETTLE_SECONDS)
            if file_times(project) == now:
                before = now
                yield
            continue
        time.sleep(POLL_SECONDS)
