"""`contractvm cosmwasm` and `contractvm cosmwasmtest`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contractvm_cli.conftest import Run
from tests.helpers.cosmwasm import ECHO, response
from tests.helpers.wat import wat_to_wasm

ADDRESS = "cosmos14hj2tavq8fpesdwxxcu44rty3hh90vhujrvcmstl4zr3txmfvw9s4hmalr"
EMPTY = json.dumps(response())


@pytest.fixture
def echo(tmp_path: Path) -> str:
    path = tmp_path / "echo.wasm"
    path.write_bytes(wat_to_wasm(ECHO))
    return str(path)


@pytest.fixture
def db(tmp_path: Path) -> str:
    return str(tmp_path / "db")


def verb(run: Run, db: str, *arguments: str) -> Any:
    return json.loads(run("cosmwasm", *arguments, "--db", db, "--json").out)


def test_a_contract_is_stored_made_called_asked_and_migrated(
    run: Run, echo: str, db: str
) -> None:
    stored = verb(run, db, "store", echo)
    assert stored["codeId"] == 1
    made = verb(
        run, db, "instantiate", "1", EMPTY, "--amount", "5stake", "--admin", "bob"
    )
    assert made["address"] == ADDRESS
    sent = verb(run, db, "execute", ADDRESS, json.dumps(response(data="AQ==")))
    assert sent["data"] == "01"
    assert sent["gasUsed"] == sum(sent["gas"].values())
    answered = verb(run, db, "query", ADDRESS, '{"ok":"WzFd"}')
    assert answered["data"] == [1]
    moved = verb(run, db, "migrate", ADDRESS, "1", EMPTY, "--from", "bob")
    assert [event["type"] for event in moved["events"]] == ["migrate"]


def test_failures_are_one_line(run: Run, echo: str, db: str) -> None:
    def failed(*arguments: str) -> str:
        result = run("cosmwasm", *arguments, "--db", db)
        assert (result.code, result.out) == (1, "")
        assert result.err.count("\n") == 1
        return result.err

    assert "no chain in" in failed("query", ADDRESS, "{}")
    run("cosmwasm", "store", echo, "--db", db)
    assert "code id 2: no such code" in failed("instantiate", "2", EMPTY)
    assert "no such contract" in failed("execute", ADDRESS, EMPTY)
    assert "decoding bech32 failed" in failed("execute", "x", EMPTY)
    run("cosmwasm", "instantiate", "1", EMPTY, "--db", db)
    assert "payload msg: invalid" in failed("execute", ADDRESS, "{")
    assert "no: query wasm contract failed" in failed(
        "query", ADDRESS, '{"error":"no"}'
    )
    assert "out of gas" in failed("execute", ADDRESS, EMPTY, "--gas", "0")
    assert "invalid coins" in failed("execute", ADDRESS, EMPTY, "--amount", "x")
    assert "no release" in failed("store", echo, "--release", "wasmd-9.9.9")


def test_check_says_why_a_chain_would_refuse_a_module(
    run: Run, echo: str, tmp_path: Path
) -> None:
    assert run("cosmwasm", "check", echo).out == f"{echo}: pass\n"
    other = tmp_path / "other.wasm"
    other.write_bytes(wat_to_wasm('(module (memory (export "memory") 1 2))'))
    result = run("cosmwasm", "check", str(other), "--json")
    assert result.code == 1
    document = json.loads(result.out)
    assert (document["pass"], document["kind"]) == (False, "StaticValidationErr")
    assert "maximum must be unset" in document["error"]


ROW = "layer,release,contract,parameters,environment,step,value\n"


def test_a_folder_of_vectors_is_run(run: Run, tmp_path: Path) -> None:
    (tmp_path / "golden.csv").write_text(
        ROW
        + 'wasmd,v0.70.3,-,-,-,"ReplyCosts(pinned): error ""foo""",2000\n'
        + "wasmd,v0.70.3,-,-,-,EventCosts(nothing),1\n"
        + "wasmd,v0.70.3,-,-,-,no such step,1\n"
        + "cosmwasm-vm,v9.9.9,x,-,-,instantiate,1\n"
        + "cosmwasm-vm,v3.0.9,x,-,-,instantiate,1\n"
    )
    result = run("cosmwasmtest", str(tmp_path), "--json")
    assert result.code == 1
    rows = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["row"], row["pass"]) for row in rows] == [
        *((2, True), (3, False), (4, False), (5, False), (6, False)),
    ]
    assert set(rows[0]) == {
        *("file", "row", "release", "step", "pass", "value", "expected", "error"),
    }
    assert [row["value"] for row in rows] == [2_000, 0, None, None, None]
    assert "no rule for the step" in rows[2]["error"]
    assert "no release" in rows[3]["error"]
    assert "no contract x" in rows[4]["error"]
    assert "1 passed, 4 failed of 5 rows" in result.err


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("golden.csv", b"layer,release\n"),
        ("golden.csv", b"\xff"),
        ("scenarios.json", b"{"),
        ("scenarios.json", b"[]"),
        ("scenarios.json", b'{"micro_gas":{}}'),
        ("other", b""),
    ],
)
def test_malformed_vectors_are_an_error(
    run: Run, tmp_path: Path, name: str, content: bytes
) -> None:
    (tmp_path / name).write_bytes(content)
    result = run("cosmwasmtest", str(tmp_path))
    assert result.code == 1
    assert result.err.startswith("error: ")
    assert result.err.count("\n") == 1
