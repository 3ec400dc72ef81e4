"""`contractvm cosmwasm` and `contractvm cosmwasmtest`."""

import json
from pathlib import Path
from typing import Any

import pytest

from chain_sim import CosmosSchema
from contractvm_cli.cosmwasm_messages import message_of, schema_lines
from contractvm_cli.failures import CommandFailed
from tests.contractvm_cli.conftest import Run
from tests.helpers.cosmwasm import ECHO, response, submessage
from tests.helpers.cosmwasm_schemas import (
    ECHO_SCHEMA,
    HACKATOM,
    HACKATOM_BY_INDEX,
    STRING,
    enum,
    hackatom_code,
    ref,
    struct,
    variant,
    write_folder,
    write_json,
)
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
        "unreproduced",
    }
    assert [row["value"] for row in rows] == [2_000, 0, None, None, None]
    assert "no rule for the step" in rows[2]["error"]
    assert "no release" in rows[3]["error"]
    assert "no contract x" in rows[4]["error"]
    assert "1 passed, 4 failed of 5 rows" in result.err


def test_rows_that_the_file_calls_not_reproduced_are_counted_apart(
    run: Run, tmp_path: Path
) -> None:
    header = ROW.replace("value\n", "value,more,reproduced_by_prototype\n")
    rows = [
        "wasmd,v0.70.3,-,-,-,EventCosts(nothing),0,,no: too low\n",
        "wasmd,v0.70.3,-,-,-,EventCosts(nothing),1,,no: too low\n",
        "wasmd,v0.70.3,-,-,-,no such step,1,,not tried (IBC)\n",
    ]
    (tmp_path / "golden.csv").write_text(header + "".join(rows))
    result = run("cosmwasmtest", str(tmp_path))
    assert result.code == 0
    assert result.out == (
        "NOT REPRODUCED golden.csv 3, wasmd v0.70.3, EventCosts(nothing): 0, 1 expected"
        " (the file: no: too low)\n"
        "NOT REPRODUCED golden.csv 4, wasmd v0.70.3, no such step: no rule for the step"
        " 'no such step' (the file: not tried (IBC))\n"
        "1 passed, 0 failed of 3 rows; 2 not reproduced, as the file itself says\n"
    )
    failing = "wasmd,v0.70.3,-,-,-,EventCosts(nothing),1,,yes\n"
    (tmp_path / "golden.csv").write_text(header + "".join([*rows, failing]))
    result = run("cosmwasmtest", str(tmp_path), "--json")
    assert result.code == 1
    found = [json.loads(line) for line in result.out.splitlines()]
    assert [(row["pass"], row["unreproduced"]) for row in found] == [
        *((True, None), (False, "no: too low"), (False, "not tried (IBC)")),
        (False, None),
    ]


def test_past_messages_are_explained_traced_and_captured(
    run: Run, echo: str, db: str, tmp_path: Path
) -> None:
    run("cosmwasm", "store", echo, "--db", db)
    verb(run, db, "instantiate", "1", EMPTY)
    message = json.dumps(response(attributes=[("k", "v")], data="AQ=="))
    sent = verb(run, db, "execute", ADDRESS, message, "--amount", "2stake")
    verb(run, db, "execute", ADDRESS, EMPTY)
    height = str(sent["height"])
    gas = verb(run, db, "gas", height)
    assert gas["ledger"]["gasUsed"] == sent["gasUsed"]
    assert (gas["sent"]["funds"], gas["seconds"]) == ("2stake", 0)
    traced = verb(run, db, "trace", height)
    assert {key: traced[key] for key in sent} == sent
    assert traced["answers"] == [message]
    assert verb(run, db, "trace")["height"] == sent["height"] + 1
    shown = run("cosmwasm", "trace", height, "--db", db).out
    assert f"call execute {ADDRESS}" in shown
    assert "wasm _contract_address=" in shown
    assert "remainder" in run("cosmwasm", "gas", height, "--db", db).out
    case = str(tmp_path / "case.json")
    caught = verb(run, db, "capture", "--block", height, "-o", case)
    assert caught["gasUsed"] == sent["gasUsed"]
    assert run("replay", case, "--cross-check").code == 0
    for arguments, reason in (
        (("gas", "1"), "block 1 keeps no message to a contract"),
        (("trace", "99"), "no block 99"),
        (("capture", "--block", "1", "-o", case), "keeps no message"),
    ):
        failed = run("cosmwasm", *arguments, "--db", db)
        assert (failed.code, failed.err.count("\n")) == (1, 1)
        assert reason in failed.err
    for arguments in ((), (ADDRESS,), (ADDRESS, "{}", "--block", "1")):
        assert run("cosmwasm", "capture", *arguments, "-o", case, "--db", db).code == 2


HANDLERS = """
def register(handlers):
    handlers.messages["custom"] = lambda context, sender, body: context.emit(
        "mine", ("x", str(1 // body["n"]))
    )
    handlers.messages["ibc.transfer"] = lambda *_: 5
"""


def test_handlers_of_a_script_answer(
    run: Run, echo: str, db: str, tmp_path: Path
) -> None:
    script = tmp_path / "handlers.py"
    script.write_text(HANDLERS)
    words = "--handlers", str(script)
    run("cosmwasm", "store", echo, "--db", db)
    verb(run, db, "instantiate", "1", EMPTY)
    fine = json.dumps(response(submessage({"custom": {"n": 1}})))
    sent = verb(run, db, "execute", ADDRESS, fine, *words)
    assert sent["events"][-1]["type"] == "mine"
    assert verb(run, db, "gas", *words)["ledger"]["gasUsed"] == sent["gasUsed"]
    for content, arguments, reason in (
        ({"custom": {"n": 1}}, (), "custom is not simulated"),
        ({"custom": {"n": 0}}, words, "the handler of custom: ZeroDivisionError"),
        ({"ibc": {"transfer": {}}}, words, "a MessageResult or None expected, not int"),
    ):
        message = json.dumps(response(submessage(content)))
        failed = run("cosmwasm", "execute", ADDRESS, message, *arguments, "--db", db)
        assert (failed.code, failed.err.count("\n")) == (1, 1)
        assert reason in failed.err
    for content, reason in (
        ("x = 1", "no function register(handlers)"),
        ("1 / 0", "ZeroDivisionError"),
        ("def register(handlers): handlers.nothing", "AttributeError"),
    ):
        script.write_text(content)
        failed = run("cosmwasm", "query", ADDRESS, "{}", *words, "--db", db)
        assert (failed.code, failed.err.count("\n")) == (1, 1)
        assert reason in failed.err


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


@pytest.mark.parametrize("form", ["file", "index", "folder"])
def test_messages_are_names_and_values_with_a_schema(
    run: Run, db: str, tmp_path: Path, form: str
) -> None:
    schema = {
        "file": lambda: write_json(tmp_path / "a.json", HACKATOM),
        "index": lambda: write_json(tmp_path / "a.json", HACKATOM_BY_INDEX),
        "folder": lambda: write_folder(tmp_path / "a", HACKATOM),
    }[form]()
    alice = "cosmos190vqdjtlpcq27xslcveglfmr4ynfwg7gqmchsn"
    words = "--schema", str(schema)
    verb(run, db, "store", str(hackatom_code()))
    fields = f"verifier={alice}", f"beneficiary={alice}"
    made = verb(run, db, "instantiate", "1", *fields, *words, "--admin", "alice")
    assert made["address"] == ADDRESS
    answered = verb(run, db, "query", ADDRESS, "recurse", "depth=0", "work=0", *words)
    assert list(answered["data"]) == ["hashed"]
    sent = verb(run, db, "execute", ADDRESS, "release", "denom=stake", *words)
    assert sent["data"] == "f00baa"
    in_json = '{"release":{"denom":"stake"}}'
    assert verb(run, db, "execute", ADDRESS, in_json, *words)["data"] == "f00baa"
    moved = verb(run, db, "migrate", ADDRESS, "1", f"verifier={alice}", *words)
    assert [event["type"] for event in moved["events"]] == ["migrate"]


def test_what_a_schema_does_not_know_is_one_line(
    run: Run, db: str, echo: str, tmp_path: Path
) -> None:
    schema = str(write_json(tmp_path / "a.json", HACKATOM))
    run("cosmwasm", "store", echo, "--db", db)

    def failed(*words: str) -> str:
        result = run("cosmwasm", "execute", "x", *words, "--schema", schema, "--db", db)
        assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
        return result.err

    assert "has no 'relase': did you mean release?" in failed("relase")
    assert "has no 'x': there are release, cpu_loop, allocate_large" in failed("x")
    assert "a message is one of release, cpu_loop" in failed()
    assert "has no field 'denm': did you mean denom?" in failed("release", "denm=x")
    assert "'x' is no field: write NAME=VALUE" in failed("release", "x")
    assert "field denom is given twice" in failed("release", "denom=x", "denom=y")
    assert "$.release.denom: missing, a string" in failed("release")
    assert "4294967296 does not fit uint32 (0 ... 4294967295)" in failed(
        "allocate_large_memory", "pages=4294967296"
    )
    assert "not JSON" in failed("allocate_large_memory", "pages=x")
    assert "not JSON" in failed("{")
    assert "$.release.denom: 5 is no string" in failed('{"release":{"denom":5}}')
    missing = run("cosmwasm", "query", "x", "y", "--schema", "none.json", "--db", db)
    assert missing.code == 1
    assert "none.json" in missing.err
    wrong = run("cosmwasm", "query", "x", "y", "z", "--db", db)
    assert wrong.code == 2
    assert "Give one MESSAGE in JSON, or names and values with --schema" in wrong.err


@pytest.mark.parametrize(
    ("word", "content"),
    [
        ("t=5", {"t": "5"}),
        ("n=5", {"n": 5}),
        ("u=5", {"u": "5"}),
        ("d=1.50", {"d": "1.50"}),
        ("b=0x0102", {"b": "AQI="}),
        ('b={"a": 1}', {"b": "eyJhIjogMX0="}),
        ("h=0x0102", {"h": "0102"}),
        ("f=true", {"f": True}),
        ("o=null", {"o": None}),
        ("o=x", {"o": "x"}),
        ("e=never", {"e": {"never": {}}}),
        ("e=soon", {"e": "soon"}),
        ('e={"at":5}', {"e": {"at": 5}}),
        ('l=["x"]', {"l": ["x"]}),
    ],
)
def test_values_are_read_by_their_type(word: str, content: Any) -> None:
    properties = {
        "t": STRING,
        "n": {"type": "integer", "format": "uint32"},
        "u": ref("Uint128"),
        "d": ref("Decimal"),
        "b": ref("Binary"),
        "h": ref("HexBinary"),
        "f": {"type": "boolean"},
        "o": {"type": ["string", "null"]},
        "e": ref("When"),
        "l": {"type": "array", "items": STRING},
    }
    when = enum(
        "When",
        variant("at", {"type": "integer"}),
        variant("never", struct()),
        {"type": "string", "enum": ["soon"]},
    )
    texts = dict.fromkeys(("Uint128", "Decimal", "Binary", "HexBinary"), STRING)
    message = {**struct(**properties), "required": []}
    schema = CosmosSchema.read(
        {"instantiate": {**message, "definitions": {**texts, "When": when}}}
    )
    assert json.loads(message_of(schema, "instantiate", (word,))) == content


@pytest.mark.parametrize("word", ["b=abc", "b=0x1", "h=zz", 'b={"a"'])
def test_bytes_are_hexadecimal_or_json(word: str) -> None:
    definitions = {"Binary": STRING, "HexBinary": STRING}
    fields = {"b": ref("Binary"), "h": ref("HexBinary")}
    message = {**struct(**fields), "required": [], "definitions": definitions}
    schema = CosmosSchema.read({"instantiate": message})
    with pytest.raises(CommandFailed, match=r"is no (Hex)?Binary|not JSON"):
        message_of(schema, "instantiate", (word,))


def test_the_schema_verb_lists_what_a_contract_takes(run: Run, tmp_path: Path) -> None:
    path = str(write_json(tmp_path / "a.json", HACKATOM))
    assert run("cosmwasm", "schema", path).out.splitlines() == [
        "hackatom 0.0.0",
        "instantiate  (beneficiary: string, verifier: string)",
        "execute      release(denom: string)",
        "             cpu_loop()",
        "             allocate_large_memory(pages: uint32)",
        "             panic()",
        "query        verifier() -> VerifierResponse(verifier: string)",
        "             recurse(depth: uint32, work: uint32)"
        " -> RecurseResponse(hashed: Binary)",
        "             get_int() -> IntResponse(int: uint32)",
        "migrate      (verifier: string)",
        "sudo         steal_funds(amount: array of Coin, recipient: string)",
    ]
    document = json.loads(run("cosmwasm", "schema", path, "--json").out)
    assert document["messages"]["execute"][0] == {
        "name": "release",
        "fields": [
            {"name": "denom", "type": "string", "required": True, "description": ""}
        ],
    }
    echo = str(write_json(tmp_path / "b.json", ECHO_SCHEMA))
    assert "             error(string)" in run("cosmwasm", "schema", echo).out


def test_a_hostile_schema_moves_no_cursor(run: Run, tmp_path: Path) -> None:
    hostile = {"execute": enum("\x1b[2J", variant("\x1b[2J", struct()))}
    path = str(write_json(tmp_path / "a.json", hostile))
    assert run("cosmwasm", "schema", path).code == 0
    # On a terminal nothing is stripped.
    (_, line) = schema_lines(CosmosSchema.read(hostile))
    assert line == "execute  \\x1b[2J()"
