"""Processes that end by themselves, and those that a limit ends."""

import os
import sys
from pathlib import Path

import pytest

from tools.planter.process import Ended, Limits, run_limited

LIMITS = Limits(seconds=60, silent_seconds=60, memory_bytes=1 << 30)


def run(source: str, folder: Path, limits: Limits = LIMITS) -> Ended:
    return run_limited([sys.executable, "-c", source], folder, os.environ, limits)


@pytest.mark.parametrize("code", [0, 1, 5])
def test_a_process_ends_with_its_code_and_output(code: int, tmp_path: Path) -> None:
    source = f"print('a', flush=True); raise SystemExit({code})"
    assert run(source, tmp_path) == Ended(code, "", "a\n")


def test_errors_are_a_part_of_the_output(tmp_path: Path) -> None:
    assert run("import sys; sys.stderr.write('a')", tmp_path) == Ended(0, "", "a")


def test_a_signal_is_the_code_of_a_crash(tmp_path: Path) -> None:
    assert run("import os; os.abort()", tmp_path) == Ended(-6, "", "")


def test_silence_ends_a_process(tmp_path: Path) -> None:
    limits = Limits(seconds=60, silent_seconds=1, memory_bytes=1 << 30)
    source = "import time; print('a', flush=True); time.sleep(60)"
    assert run(source, tmp_path, limits) == Ended(-9, "silence", "a\n")


def test_silence_is_over_sooner_for_one_that_computes(tmp_path: Path) -> None:
    limits = Limits(seconds=60, silent_seconds=2, memory_bytes=1 << 30)
    source = "print('a', flush=True)\nwhile True: pass"
    assert run(source, tmp_path, limits) == Ended(-9, "silence", "a\n")


def test_a_process_that_talks_ends_at_its_time(tmp_path: Path) -> None:
    limits = Limits(seconds=1, silent_seconds=60, memory_bytes=1 << 30)
    source = "import time\nwhile True: print('a', flush=True); time.sleep(0.1)"
    ended = run(source, tmp_path, limits)
    assert (ended.code, ended.limit) == (-9, "time")


def test_memory_ends_a_process_its_children_counted(tmp_path: Path) -> None:
    limits = Limits(seconds=60, silent_seconds=60, memory_bytes=64 << 20)
    child = "a = bytes(range(256)) * (1 << 20); import time; time.sleep(60)"
    source = (
        f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    )
    ended = run(source, tmp_path, limits)
    assert (ended.code, ended.limit) == (-9, "memory")


def test_children_end_with_the_process(tmp_path: Path) -> None:
    child = "import time; time.sleep(60)"
    source = (
        "import subprocess, sys\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}],"
        " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)\n"
        "print(child.pid)"
    )
    pid = int(run(source, tmp_path).output)
    status = Path(f"/proc/{pid}/stat")
    assert (
        not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"
    )


def test_a_process_has_the_weight_of_the_session_that_started_it(
    tmp_path: Path,
) -> None:
    weight = Path("/proc/self/autogroup")
    if not weight.exists():
        pytest.skip("this kernel has no groups of sessions")
    inner = (
        "import time; time.sleep(0.5);"
        " print(open('/proc/self/autogroup').read().split()[-1])"
    )
    outer = (
        "import os, sys\nfrom pathlib import Path\n"
        "from tools.planter.process import *\n"
        "limits = Limits(seconds=60, silent_seconds=60, memory_bytes=1 << 30)\n"
        "Path('/proc/self/autogroup').write_text('7')\n"
        f"command = [sys.executable, '-c', {inner!r}]\n"
        "print(run_limited(command, Path.cwd(), os.environ, limits).output)"
    )
    environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
    command = [sys.executable, "-c", outer]
    assert run_limited(command, tmp_path, environment, LIMITS).output.split() == ["7"]
