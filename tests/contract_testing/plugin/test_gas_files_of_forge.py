"""Gas files that forge reads, and forge's own."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.with_forge import ForgeMissing, find_forge
from contract_testing.plugin.gas_file import (
    GasEntry,
    read_gas_file,
    test_name,
    write_gas_file,
)
from contract_testing.plugin.shown_gas import entry_text

PROJECT = Path(__file__).with_name("forge")
OF_FORGE = (
    "VaultTest:invariantNothing() (runs: 256, calls: 128000, reverts: 61560)\n"
    "VaultTest:testDeposit() (gas: 41081)\n"
    "VaultTest:testFuzzDeposit(uint64) (runs: 256, μ: 32734, ~: 36475)"
)
# Names as pytest has them, of tests in modules, classes and other files.
NODES = (
    "tests/test_vault.py::test_pay",
    "tests/test_vault.py::TestPay::test_two[2-a]",
    "tests/test_vault.py::TestPay::TestMore::test_n[b[1] (c, (d)) ~: 5\n]",
    "tests/test_vault.py::test_é[µ]",
    "docs/a page.md::line:12,column:1",
)
Forge = Callable[..., str]


def test_a_file_of_forge_is_read_and_written_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / ".gas-snapshot"
    path.write_bytes(OF_FORGE.encode())
    entries = read_gas_file(path)
    assert entries == {
        "VaultTest:invariantNothing()": GasEntry(
            0, invariant="runs: 256, calls: 128000, reverts: 61560"
        ),
        "VaultTest:testDeposit()": GasEntry(41_081),
        "VaultTest:testFuzzDeposit(uint64)": GasEntry(32_734, 256, 36_475),
    }
    assert [entry_text(entry) for entry in entries.values()] == [
        "runs: 256, calls: 128000, reverts: 61560",
        "41,081",
        "μ 32,734 ~ 36,475 of 256",
    ]
    write_gas_file(path, entries)
    assert path.read_bytes() == OF_FORGE.encode()


@pytest.mark.parametrize(
    "line",
    [
        "V:i() (runs: 1, calls: 2)",
        "V:i() (runs: 1, calls: 2, reverts: -1)",
        "V:i() (runs: 1, calls: 2, reverts: 3) (gas: 1) ",
        "V:i() (runs: 1, calls: 2, reverts: 3)V:j() (gas: 1)",
    ],
)
def test_lines_that_are_no_invariants_are_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / ".gas-snapshot"
    path.write_text(line)
    with pytest.raises(pytest.UsageError, match="line 1: "):
        read_gas_file(path)


def test_a_tests_own_name_is_one_word() -> None:
    assert [test_name(node) for node in NODES] == [
        "tests.test_vault:test_pay()",
        "tests.test_vault.TestPay:test_two(2-a)",
        "tests.test_vault.TestPay.TestMore:test_n(b_1_ (c, (d)) ~: 5_)",
        "tests.test_vault:test_é(µ)",
        "docs.a page.md:line_12_column_1()",
    ]


@pytest.fixture
def forge(tmp_path: Path) -> Forge:
    """Runs forge in a project with three tests; what it prints."""
    try:
        program = find_forge()
    except ForgeMissing as missing:
        pytest.skip(f"forge: {missing}")
    folder = tmp_path / "forge"
    shutil.copytree(PROJECT, folder)
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.stdout + done.stderr

    return run


@pytest.mark.slow
def test_forge_checks_a_file_of_ours_and_we_read_one_of_forge(
    forge: Forge, tmp_path: Path
) -> None:
    seed = ("--fuzz-seed", "1")
    forge("snapshot", *seed)
    written = tmp_path / "forge" / ".gas-snapshot"
    entries = read_gas_file(written)
    assert entries is not None
    assert list(entries) == [
        "Gas.t:invariant_nothing()",
        "Gas.t:test_fuzz(uint256)",
        "Gas.t:test_store()",
    ]
    assert entries["Gas.t:test_store()"].gas > 20_000

    ours = tmp_path / "ours"
    names = {test_name(node): GasEntry(5, 3, 5) for node in NODES}
    write_gas_file(ours, {**entries, **names})
    said = forge("snapshot", *seed, "--check", str(ours))
    assert "3 passed" in said
    assert "Error" not in said
    assert "Diff in" not in said

    gas = entries["Gas.t:test_store()"].gas
    write_gas_file(ours, {**entries, "Gas.t:test_store()": GasEntry(gas + 1)})
    said = forge("snapshot", *seed, "--check", str(ours))
    assert f"{gas + 1}" in said
    assert "Gas.t::test_store()" in said

    ours.write_text(f"{ours.read_text()}\nt:test_n[2]() (gas: 1)")
    assert "Could not extract" in forge("snapshot", *seed, "--check", str(ours))
