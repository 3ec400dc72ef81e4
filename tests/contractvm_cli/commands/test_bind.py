"""`contractvm bind`: a typed module for an ABI."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from tests.contractvm_cli.conftest import Run
from tests.helpers.examples import EXAMPLES
from tests.helpers.source_tree import ROOT
from tests.helpers.vault_contract import ALICE, CODE, TEXT

USE = """
from typing import Any
from vault import Position, Vault

def use(chain: Any, alice: bytes) -> int:
    vault = Vault.at(alice, chain)
    position: Position = vault.position(alice)
    paid: bool = vault.pay.call(alice, 5)
    receipt = vault.deposit(value="1 ether", sender=alice)
    print(receipt.return_value, vault.events.Deposited, vault.errors.TooLittle, paid)
    return position.amount + vault.deposit.call() + vault.both().a
"""
WRONG = """
from vault import Vault

def use(vault: Vault) -> str:
    vault.position("0x", 5)
    vault.withdraw("nine")
    return vault.deposit.call()
"""


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """A folder with the bound vault, and the token."""
    (tmp_path / "vault.sol").write_text(TEXT)
    assert run("bind", "vault.sol", "-o", "vault.py").code == 0
    assert run("bind", EXAMPLES / "token" / "token.json", "-o", "token.py").code == 0
    return tmp_path


@pytest.mark.slow
def test_the_module_is_typed(folder: Path) -> None:
    (folder / "use.py").write_text(USE)
    (folder / "wrong.py").write_text(WRONG)

    def mypy(*files: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                # -P: a contract's module may be called as one of Python's.
                *(sys.executable, "-Pm", "mypy", "--strict", "--no-incremental"),
                *("--follow-imports=silent", *files),
            ],
            cwd=folder,
            env={"PATH": "/usr/bin:/bin", "MYPYPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )

    found = mypy("vault.py", "token.py", "use.py")
    assert found.stdout == "Success: no issues found in 3 source files\n"
    wrong = mypy("wrong.py").stdout
    errors = [line for line in wrong.splitlines() if ": error: " in line]
    assert [line.partition(": ")[0] for line in errors] == [
        "wrong.py:5",
        "wrong.py:6",
        "wrong.py:7",
    ]


def test_the_module_is_clean(folder: Path) -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select=E,F,I,B"]
    found = subprocess.run(
        [*command, "--ignore=E501", "vault.py", "token.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == "All checks passed!\n"


def test_the_class_deploys_and_calls(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(folder))
    module = __import__("vault")
    monkeypatch.delitem(sys.modules, "vault")
    chain = Blockchain.in_memory()
    made = module.Vault.deploy(chain, CODE)
    assert type(made) is module.Vault
    assert made.position(ALICE) == module.Position(7, ALICE)
    assert made.deposit().return_value == 5
    assert module.Vault.at(made.address, chain) == made


def test_the_same_abi_gives_the_same_bytes(run: Run, folder: Path) -> None:
    before = (folder / "vault.py").read_bytes()
    assert run("bind", "vault.sol").out.encode() == before
    assert run("bind", "vault.sol", "-o", "vault.py", "--check").code == 0
    named = run("bind", "vault.sol", "--name", "Safe", "--json").document
    assert "class Safe(Contract):" in named["module"]


def test_a_stale_module_is_told_with_the_difference(run: Run, folder: Path) -> None:
    (folder / "vault.sol").write_text(TEXT.replace("uint64 have", "uint32 have"))
    stale = run("bind", "vault.sol", "-o", "vault.py", "--check")
    assert stale.code == 1
    assert stale.err == "error: vault.py is stale: write it again without --check\n"
    assert any('"uint32"' in line for line in stale.out.splitlines() if line[0] == "+")
    missing = run("bind", "vault.sol", "-o", "none.py", "--check")
    assert missing.code == 1
    assert not (folder / "none.py").exists()


def test_what_cannot_be_bound(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.sol").write_text("interface X { ; }")
    bad = run("bind", "bad.sol")
    assert (bad.code, bad.out) == (1, "")
    assert bad.err.startswith("error: not a contract's ABI: bad.sol: line 1, column 15")
    assert run("bind", "none.json").code == 1
    assert run("bind", "bad.sol", "--check").code == 2


def test_names_that_python_has_not_are_left_to_functions(
    run: Run, tmp_path: Path
) -> None:
    (tmp_path / "odd.sol").write_text(
        """interface odd$ {
          struct class$ { uint8 from; }
          function address() external view returns (uint8);
          function def() external view returns (uint8);
          function go(uint8 sender, uint8 from) external view returns (class$ memory);
        }"""
    )
    module = run("bind", "odd.sol").out
    compile(module, "odd.py", "exec")
    assert "class Odd_(Contract):" in module
    assert "    go: GoFunction" in module
    assert "DefFunction" not in module
    assert "def __call__(self, _sender_0: int, _from_1: int, /, *, sender" in module


HOSTILE = [
    '""" + __import__("os").abort() + """',
    "\n    import os; os.abort()\n",
    "\\",
    "\ud800",
    "a b",
    "",
    "class",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_an_abis_names_are_never_code(run: Run, tmp_path: Path, name: str) -> None:
    parameter = {"name": name, "type": "uint8"}
    pair = {"name": name, "type": "tuple", "components": [parameter, parameter]}
    entries = [
        {"type": kind, "name": f"f{kind}", "inputs": [pair], "outputs": [pair]}
        for kind in ("function", "event", "error")
    ]
    pair["internalType"] = f"struct {name}"
    document = {"abi": entries, "name": name, "contractName": name}
    (tmp_path / "odd.json").write_text(json.dumps(document))
    module = run("bind", "odd.json").out
    tree = ast.parse(module)
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    attributes = {
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    }
    assert not {"__import__", "os"} & names
    assert attributes == {"read"}
