"""Tests of a token with isolation, on two workers, and eth-tester's beside them."""

import argparse
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.with_forge import children_seconds

ROOT = Path(__file__).parents[1]
TOKEN = ROOT / "examples" / "token"
OURS = """
import pytest


@pytest.fixture(scope="session")
def token(cvm):
    return cvm.deploy("token_init.wasm", abi="token.json", is_init_code=True)


@pytest.mark.parametrize("amount", range({count}))
def test_transfer(token, cvm, amount):
    receiver = cvm.accounts[1]
    token.transfer(receiver, amount)
    assert token.balanceOf(receiver) == amount
"""
ETH_TESTER = """
import pytest
from eth_tester import EthereumTester


@pytest.fixture(scope="session")
def session_chain():
    return EthereumTester()


@pytest.fixture
def chain(session_chain):
    before = session_chain.take_snapshot()
    yield session_chain
    session_chain.revert_to_snapshot(before)


@pytest.mark.parametrize("amount", range({count}))
def test_transfer(chain, amount):
    sender, receiver = chain.get_accounts()[:2]
    before = chain.get_balance(receiver)
    chain.send_transaction(
        {{"from": sender, "to": receiver, "value": amount, "gas": 21_000}}
    )
    assert chain.get_balance(receiver) == before + amount
"""


def run(source: str, count: int, workers: int) -> str:
    """Wall and processor seconds of a pytest run, start and end of it included."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("token_init.wasm", "token.json"):
            shutil.copy(TOKEN / file, folder)
        (folder / "test_token.py").write_text(source.format(count=count))
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
        if workers:
            command += ["-n", str(workers)]
        before, began = children_seconds(), time.monotonic()
        done = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        wall, used = time.monotonic() - began, children_seconds() - before
    if f"{count} passed" not in done.stdout:
        raise SystemExit(done.stdout + done.stderr)
    return f"{count / wall:8.0f} tests/s {wall:6.1f} s wall {used:6.1f} s processor"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tests", type=int, default=1_000)
    parser.add_argument("--workers", type=int, default=2)
    wanted = parser.parse_args()
    print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"contractvm  {run(OURS, wanted.tests, wanted.workers)}")
    if importlib.util.find_spec("eth_tester") is None:
        print("eth-tester  not installed (pip install 'eth-tester[py-evm]')")
    else:
        print(f"eth-tester  {run(ETH_TESTER, wanted.tests, wanted.workers)}")


if __name__ == "__main__":
    main()
