"""Runs of work in a thread in which any recursion in C or Python would fail.

The thread is in a separate process, has a stack of 256 KiB and a recursion limit a few
calls away: `python -m tests.helpers.narrow_thread MODULE FUNC` calls a func that
returns a dict of named works, and prints how each ended.
"""

import importlib
import json
import subprocess
import sys
import threading
from collections.abc import Callable

from contractvm.errors import Trap

SMALL_STACK = 256 << 10
CALLS_LEFT = 60


def ends_of(module_name: str, name: str) -> dict[str, str]:
    """How each work ended, of the dict that a func of a test module returns."""
    command = [sys.executable, "-m", "tests.helpers.narrow_thread", module_name, name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    ends: dict[str, str] = json.loads(done.stdout)
    return ends


def _run(works: dict[str, Callable[[], object]], ends: dict[str, str]) -> None:
    sys.setrecursionlimit(CALLS_LEFT)
    for name, work in works.items():
        try:
            ends[name] = str(work())
        except Trap as trap:
            ends[name] = trap.code.value
        except RecursionError:
            ends[name] = "RecursionError"


def main() -> None:
    """Prepare with room, run without."""
    works = getattr(importlib.import_module(sys.argv[1]), sys.argv[2])()
    ends: dict[str, str] = {}
    threading.stack_size(SMALL_STACK)
    thread = threading.Thread(target=_run, args=(works, ends))
    limit = sys.getrecursionlimit()
    thread.start()
    thread.join()
    sys.setrecursionlimit(limit)
    sys.stdout.write(json.dumps(ends))


if __name__ == "__main__":
    main()
