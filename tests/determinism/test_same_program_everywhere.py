"""A WASI program has the same result in another process, on each engine."""

import json
import os
import subprocess
import sys

import pytest

from contractvm.hosts.wasi.file_tree import FileTree, SymbolicLink
from contractvm.runtime.engine_selection import ENGINES
from tests.helpers.source_tree import ROOT
from tests.helpers.wasi import DATA, RESULT, Program

SHOW = """
import sys
from tests.determinism.test_same_program_everywhere import everything
print(everything(sys.argv[1]))
"""
TREE = {f"{name}/{name}": name.encode() for name in ("b", "a", "\u00e9", "c")}


def everything(engine: str) -> str:
    """Answers, bytes, times and units of a run that uses most of what WASI has."""
    tree = FileTree({**TREE, "l": SymbolicLink("a")}, writable=True)
    program = Program(
        engine, args=["x"], env={"B": "1", "A": "2"}, mounts={"/": tree}, seed=b"s" * 32
    )
    seen: list[object] = []

    def note(name: str, *arguments: int) -> None:
        answer = program.call(name, *arguments)
        seen.append((name, answer, program.gas, program.get(0, 0x8000).hex()))

    note("environ_get", RESULT, DATA)
    note("random_get", DATA, 100)
    note("path_create_directory", 3, *program.path("new"))
    note("path_unlink_file", 3, *program.path("b/b"))
    note("path_filestat_get", 3, 1, *program.path("l/a"), RESULT)
    note("fd_readdir", 3, DATA, 1_000, 0, RESULT)
    note("clock_time_get", 0, 0, RESULT)
    seen.append(program.meter.left)
    seen.append(program.state.mounts["/"].digest().hex())
    seen.append([f"{item}" for item in program.state.mounts["/"].items()])
    seen.append(list(program.state.host_calls.items()))
    return json.dumps(seen)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("hash_seed", ["1", "12345"])
def test_another_process_has_the_same_result(engine: str, hash_seed: str) -> None:
    output = subprocess.run(
        [sys.executable, "-c", SHOW, engine],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    assert output == everything("interpreter") + "\n"
