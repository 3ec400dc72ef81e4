"""Compiled code that gets no memory raises an error, and never goes on without it."""

import json
import subprocess
import sys

import pytest

from tests.helpers.small_memory import WORKS
from tests.helpers.source_tree import ROOT


@pytest.mark.parametrize("work", WORKS)
def test_too_little_memory_is_an_error_at_any_limit(work: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.helpers.small_memory", work],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    *failed, last = json.loads(done.stdout)
    assert last == "done"
    assert failed
    assert set(failed) <= {"MemoryError", "InternalError"}
