"""The same script gives the same blocks: in another process, database, hash seed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.source_tree import ROOT

SCRIPT = """
import sys
from pathlib import Path
from chain_sim.ethereum.chain.blockchain import Blockchain

examples = Path(sys.argv[2])
chain = Blockchain.open(sys.argv[1]) if sys.argv[1] else Blockchain.in_memory()
init_code = examples.joinpath("token/token_init.wasm").read_bytes()
token = chain.deploy(init_code, is_init_code=True).contract_address
hasher = chain.deploy(examples.joinpath("keccak/keccak.wasm").read_bytes())
for index, account in enumerate(chain.accounts):
    to = account.address.rjust(32, b"\\0")
    amount = (1000 + index).to_bytes(32, "big")
    receipt = chain.send(token, bytes.fromhex("a9059cbb") + to + amount)
    print(receipt)
    print(chain.send(hasher.contract_address, bytes(index * 50)))
    print(chain.head.hash.hex(), chain.head.header)
chain.close()
"""


def script_output(database: str, hash_seed: str, python_flags: list[str]) -> str:
    return subprocess.run(
        [
            sys.executable,
            *python_flags,
            "-c",
            SCRIPT,
            database,
            str(ROOT.joinpath("examples")),
        ],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.fixture(scope="module")
def expected() -> str:
    return script_output("", "0", [])


@pytest.mark.parametrize("hash_seed", ["1", "12345"])
def test_another_hash_seed_and_leveldb_give_the_same_receipts_and_blocks(
    expected: str, hash_seed: str, tmp_path: Path
) -> None:
    output = script_output(str(tmp_path.joinpath("chain")), hash_seed, [])
    assert output == expected
    assert "succeeded=True" in output
    assert "succeeded=False" not in output


def test_optimised_python_gives_the_same(expected: str) -> None:
    assert script_output("", "0", ["-OO"]) == expected
