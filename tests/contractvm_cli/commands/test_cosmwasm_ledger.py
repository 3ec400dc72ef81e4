"""`--ledger` of `contractvm cosmwasm`: where the gas of a transaction went."""

import json
from pathlib import Path

import pytest

from tests.contractvm_cli.commands.test_cosmwasm import ADDRESS, EMPTY, verb
from tests.contractvm_cli.conftest import Run
from tests.helpers.cosmwasm import ECHO, response, submessage
from tests.helpers.wat import wat_to_wasm

COIN = {"denom": "stake", "amount": "5"}
PAYS = {"bank": {"send": {"to_address": ADDRESS, "amount": [COIN]}}}


@pytest.fixture
def db(tmp_path: Path, run: Run) -> str:
    """A chain with a contract that has nothing to pay with."""
    path, db = tmp_path / "echo.wasm", str(tmp_path / "db")
    path.write_bytes(wat_to_wasm(ECHO))
    run("cosmwasm", "store", str(path), "--db", db)
    run("cosmwasm", "instantiate", "1", EMPTY, "--db", db)
    return db


def test_a_ledger_is_a_document(run: Run, db: str) -> None:
    message = json.dumps(response(submessage(PAYS, "error", 7)))
    sent = verb(run, db, "execute", ADDRESS, message, "--ledger")
    ledger = sent["ledger"]
    assert ledger["gasUsed"] == sent["gasUsed"]
    assert sum(node["ownGas"] for node in ledger["nodes"]) == sent["gasUsed"]
    assert [node["kind"] for node in ledger["nodes"]] == [
        *("transaction", "call", "submessage", "reply", "call")
    ]
    assert [node["isUndone"] for node in ledger["nodes"]] == [
        *(False, False, True, False, False)
    ]
    keys = ledger["nodes"][4]["instance"]["keys"]
    assert [(row["key"], row["name"]) for row in keys] == [(b"reply".hex(), "db_write")]


def test_a_ledger_is_shown_with_its_sums_and_its_tree(run: Run, db: str) -> None:
    message = json.dumps(response(submessage(PAYS, "error", 7)))
    shown = run("cosmwasm", "execute", ADDRESS, message, "--ledger", "--db", db).out
    assert "submessage id 7, bank.send" in shown
    assert "(rolled back)" in shown
    assert "db_write, chain's gas" in shown
    remainders = [line for line in shown.splitlines() if line.startswith("remainder")]
    assert [line.split()[-1] for line in remainders] == ["0", "0"]


def test_a_failure_has_a_ledger_too(run: Run, db: str) -> None:
    message = json.dumps(response(submessage(PAYS, "never", 7)))
    result = run("cosmwasm", "execute", ADDRESS, message, "--ledger", "--db", db)
    assert result.code == 1
    assert "transaction  " in result.out
    assert "insufficient funds" in result.err
    assert result.err.count("\n") == 1
