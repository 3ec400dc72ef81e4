"""`contractvm abi` and `view`."""

from collections.abc import Callable
from pathlib import Path

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from tests.contractvm_cli.conftest import TOKEN_INIT, Run
from tests.helpers.examples import EXAMPLES

ErrorOf = Callable[..., str]
DB = Path(".contractvm/chain")
ABI = EXAMPLES / "token" / "token.json"
TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
STRANGER = "0x9999999999999999999999999999999999999999"


@pytest.fixture
def token_tx(run: Run) -> str:
    """The hash of the transaction that deploys the token."""
    deployed = run("deploy", TOKEN_INIT, "--init-code", "--json").document
    assert deployed["contractAddress"] == TOKEN
    return str(deployed["transactionHash"])


def test_an_abi_is_added_listed_and_removed(run: Run, token_tx: str) -> None:
    assert run("abi", "list").out == "no ABI is registered\n"
    added = run("abi", "add", TOKEN, ABI)
    assert added.out == f"{TOKEN}: 9 functions, 2 events, 0 errors\n"
    row = {"target": TOKEN.lower(), "functions": 9, "events": 2, "errors": 0}
    assert run("abi", "add", TOKEN, ABI, "--json").document == row
    assert run("abi", "list", "--json").document == {"abis": [row]}
    shown = run("abi", "list").out.split()
    assert shown[-4:] == [TOKEN.lower(), "9", "2", "0"]
    assert run("abi", "remove", TOKEN).out == f"forgot the ABI of {TOKEN}\n"
    assert run("abi", "list", "--json").document == {"abis": []}


def test_an_abi_is_for_an_address_or_for_code(run: Run, token_tx: str) -> None:
    code_hash = "0x" + "c0" * 32
    assert run("abi", "add", code_hash, ABI, "--json").document["target"] == code_hash
    assert run("abi", "remove", code_hash, "--json").document == {"removed": code_hash}


def test_an_abi_is_added_while_another_process_has_the_chain_open(
    run: Run, token_tx: str
) -> None:
    with Blockchain.open(DB):
        assert run("abi", "add", TOKEN, ABI).code == 0
        assert len(run("abi", "list", "--json").document["abis"]) == 1


def test_what_is_wrong_is_said(
    run: Run, error_of: ErrorOf, token_tx: str, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("[]")
    assert error_of("abi", "add", TOKEN, bad) == (
        f"error: {bad}: not a contract's ABI: it has no functions, no events and no"
        " errors"
    )
    assert "no such file" in error_of("abi", "add", TOKEN, tmp_path / "none.json")
    assert "not a regular file" in error_of("abi", "add", TOKEN, "/dev/zero")
    assert f"no ABI is registered for {STRANGER}" in error_of("abi", "remove", STRANGER)
    for arguments in (("add", TOKEN, ABI), ("list",), ("remove", TOKEN)):
        message = error_of("abi", *arguments, "--db", "nowhere")
        assert message.startswith("error: no chain in nowhere")
    assert run("abi", "add", "0x12", ABI).code == 2
    assert run("abi", "list", "--json").document == {"abis": []}


def test_view_writes_the_page_of_a_transaction(
    run: Run, error_of: ErrorOf, token_tx: str
) -> None:
    written = run("view", token_tx, "-o", "tx.html", "--json").document
    content = Path("tx.html").read_bytes()
    assert written == {
        "file": "tx.html",
        "size": len(content),
        "transactionHash": token_tx,
    }
    assert run("view", token_tx, "-o", "tx.html").out == (
        f"wrote tx.html, {len(content)} bytes\n"
    )
    assert Path("tx.html").read_bytes() == content
    unknown = "0x" + "00" * 32
    assert unknown in error_of("view", unknown, "-o", "none.html")
    assert not Path("none.html").exists()
    assert run("view", token_tx).code == 2
