"""Locations of the published test suites, which are not part of this repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def vectors_path(name: str) -> Path:
    """The expected location of one suite's folder, for use during collection."""
    root = os.environ.get("CONTRACTVM_VECTORS")
    return (Path(root) if root else REPOSITORY.parent / "shared" / "vectors") / name


def vectors_folder(name: str) -> Path:
    """The folder of one suite, e.g. `wasm-testsuite`.

    Skips the test where the folder is absent; fails it where `CI` is set, so that a
    gate never passes because its vectors were missing.
    """
    folder = vectors_path(name)
    if folder.is_dir():
        return folder
    reason = f"no published vectors at {folder} (set CONTRACTVM_VECTORS)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)
