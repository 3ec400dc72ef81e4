"""Without plyvel, all that needs no disk works, and the rest says what to do."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
ADVICE = (
    "; install it: pip install plyvel. Where it has no wheel, it needs LevelDB first:"
    " apt-get install libleveldb-dev\n"
)
NOT_THERE = "No module named 'plyvel'"
NO_LIBRARY = "libleveldb.so.1d: cannot open shared object file"
MISSING = f'raise ModuleNotFoundError("{NOT_THERE}", name="plyvel")'
BROKEN = f'raise ImportError("{NO_LIBRARY}", name="plyvel._plyvel")'

IN_MEMORY = """
import sys
from chain_sim.ethereum.chain.blockchain import Blockchain
with Blockchain.in_memory() as chain:
    code = open("examples/counter/counter.wasm", "rb").read()
    counter = chain.deploy(code).contract_address
    receipt = chain.send(counter, bytes.fromhex("d09de08a"))
    chain.mine()
    output = chain.call(counter, bytes.fromhex("6d4ce63c")).output
    print(receipt.gas_used, int.from_bytes(output, "big"))
"""
COMMAND = "import sys, contractvm_cli.main as m; sys.exit(m.main(sys.argv[1:]))"


def run(
    folder: Path, fault: str, code: str, *arguments: str, library: str = "plyvel"
) -> subprocess.CompletedProcess[str]:
    """Python code in a process where importing the library raises `fault`."""
    (folder / "hidden").mkdir()
    (folder / "hidden" / f"{library}.py").write_text(fault)
    path = os.pathsep.join([str(folder / "hidden"), str(ROOT)])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_a_chain_in_memory_needs_no_plyvel(tmp_path: Path) -> None:
    done = run(tmp_path, MISSING, IN_MEMORY)
    assert (done.stdout, done.stderr) == ("43565 1\n", "")


FUZZ = ("fuzz", "examples/counter/counter.wasm", "--runs", "50", "--oracles")


@pytest.mark.parametrize(
    ("oracles", "warning"),
    [
        (
            "all",
            f"warning: {NOT_THERE}: without the oracles snapshot-revert,"
            " commit-reopen, replayed-block\n",
        ),
        ("engines,ledger", ""),
    ],
)
def test_a_contract_is_fuzzed_without_the_oracles_on_disk(
    tmp_path: Path, oracles: str, warning: str
) -> None:
    done = run(tmp_path, MISSING, COMMAND, *FUZZ, oracles)
    assert (done.returncode, done.stderr) == (0, warning)
    assert "findings  0\n" in done.stdout


def test_an_oracle_on_disk_that_was_asked_for_is_refused(tmp_path: Path) -> None:
    done = run(tmp_path, MISSING, COMMAND, *FUZZ, "ledger,commit-reopen")
    assert done.stderr == (
        "error: database of the oracle commit-reopen: plyvel does not load"
        f" ({NOT_THERE}){ADVICE}"
    )
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("fault", "reason"), [(MISSING, NOT_THERE), (BROKEN, NO_LIBRARY)]
)
def test_a_database_says_what_is_missing_in_one_line(
    tmp_path: Path, fault: str, reason: str
) -> None:
    database = tmp_path / "chain"
    arguments = ("deploy", "examples/counter/counter.wasm", "--db", str(database))
    done = run(tmp_path, fault, COMMAND, *arguments)
    assert done.stderr == (
        f"error: database {database}: plyvel does not load ({reason}){ADVICE}"
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert not database.exists()


def test_any_library_that_is_missing_is_no_bug_of_contractvm(tmp_path: Path) -> None:
    fault = (
        'raise ImportError("libx.so: cannot open shared object file", name="msgspec")'
    )
    arguments = ("accounts",)
    done = run(tmp_path, fault, COMMAND, *arguments, library="msgspec")
    assert done.stderr == (
        "error: msgspec does not load (libx.so: cannot open shared object file);"
        " install it again\n"
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_a_module_of_ours_that_is_missing_is_a_bug(tmp_path: Path) -> None:
    fault = "import contractvm.nothing"
    done = run(tmp_path, fault, COMMAND, "accounts", library="msgspec")
    assert done.stderr.startswith(
        "internal error: ModuleNotFoundError: No module named 'contractvm.nothing';"
        " this is a bug of contractvm"
    )
    assert done.returncode == 70
