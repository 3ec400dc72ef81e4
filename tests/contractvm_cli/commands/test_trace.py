"""`contractvm trace`: of a transaction and of a call."""

import json
from pathlib import Path

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.vault_contract import CODE, TEXT


@pytest.fixture
def vault(run: Run, tmp_path: Path) -> str:
    (tmp_path / "vault.wasm").write_bytes(CODE)
    (tmp_path / "vault.sol").write_text(TEXT)
    address: str = run("deploy", "vault.wasm", "--json").document["contractAddress"]
    return address


def test_a_transaction_is_shown_step_by_step(run: Run, vault: str) -> None:
    sent = run("send", vault, "deposit()", "--json").document
    traced = run("trace", sent["transactionHash"], "--abi", "vault.sol")
    lines = traced.out.splitlines()
    assert lines[0] == f"success, gas {sent['gasUsed']:,} (tx)"
    assert lines[1].startswith("Vault::deposit() [")
    assert lines[2] == "├─ emit Deposited(who=accounts[0], amount=5)"
    assert lines[-1] == "└─ ← 5"
    plain = run("trace", sent["transactionHash"], "--ascii").out
    assert plain.isascii()
    assert "`- <- 0x" + "0" * 63 + "5" in plain


def test_a_call_that_fails_has_its_place(run: Run, vault: str) -> None:
    traced = run("trace", vault, "withdraw(uint64)", "9", "--abi", "vault.sol")
    assert traced.code == 0
    lines = traced.out.splitlines()
    assert lines[0].startswith("failed: reverted with 0x")
    assert lines[2] == "└─ ✗ TooLittle(have=5, want=9)"
    assert lines[3].startswith("where  main  code 0x")
    document = run("trace", vault, "withdraw(uint64)", "9", "--json").document
    assert (document["format"], document["version"]) == ("contractvm-trace", 1)
    assert document["transaction"] is None
    assert document["status"] == "failed"
    assert document["where"]["frames"][0]["name"] == "main"
    assert document["call"]["error"] == {
        "kind": "revert",
        "name": None,
        "args": [],
        "text": "unknown error 0x82ea9d88 with 64 bytes",
    }


def test_host_calls_and_limits(run: Run, vault: str) -> None:
    call = ("trace", vault, "both()")
    whole = run(*call, "-v").out.splitlines()
    assert [line.split("(")[0] for line in whole[2:-1]] == [
        "├─ getCallDataSize",
        "├─ callDataCopy",
        "├─ finish",
    ]
    few = run(*call, "-v", "--max-nodes", 1).out.splitlines()
    assert few[3] == "├─ and 2 more"
    bounded = run(*call, "-v", "--max-host-calls", 2).out.splitlines()
    assert bounded[-1] == "truncated: 1 host calls were not recorded"
    assert json.loads(run(*call, "--max-host-calls", 0, "--json").out)["truncated"]


def test_wrong_usage(run: Run, vault: str) -> None:
    sent = run("send", vault, "deposit()", "--json").document
    assert run("trace", sent["transactionHash"], "deposit()").code == 2
    assert run("trace", vault, "--depth", 257).code == 2
    missing = run("trace", "0x" + "11" * 32)
    assert (missing.code, missing.out) == (1, "")
    assert missing.err.startswith("error: ")
