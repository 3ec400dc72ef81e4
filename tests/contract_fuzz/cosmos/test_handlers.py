"""Handlers of a user's script in campaigns: found, shortened, replayed with them."""

import json
from base64 import b64encode
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chain_sim import NotSimulated
from chain_sim.cosmos.errors import HandlerFailed, ScriptFailed
from chain_sim.cosmos.files.cases import decode_case, encode_case, replay_case
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos.campaign import CosmosCampaign, case_of
from contract_fuzz.cosmos.cases import CosmosStart, CosmosTransaction
from contract_fuzz.cosmos.executor import CosmosExecutor
from contract_fuzz.cosmos.inputs import kinds_of
from contract_fuzz.cosmos.shapes import Schema, read_template
from contract_fuzz.cosmos.starts import start_from_contract
from contract_fuzz.oracles.fresh_oracle import FreshOracle
from contract_fuzz.oracles.gas_oracles import LedgerOracle, TightGasOracle
from contract_fuzz.oracles.oracle import MILLION
from contract_fuzz.oracles.oracle_registry import engine_oracle
from contractvm.runtime.engine_selection import ENGINES
from tests.contract_fuzz.cosmos.test_cosmos_campaigns import run
from tests.helpers.cosmwasm import ECHO, response, submessage
from tests.helpers.wat import wat_to_wasm

# Traps when it is told of its submessage.
BOLD = ECHO.replace(
    '(func (export "reply") (param i32 i32) (result i32)',
    '(func (export "reply") (param i32 i32) (result i32) unreachable)\n'
    "  (func (param i32 i32) (result i32)",
)
SCRIPT = """
from chain_sim import CosmosError
from chain_sim.cosmos.wasm.dispatcher import MessageResult


def delegate(context, sender, body):
    context.emit("delegate", ("amount", str(body["amount"])))
    body.clear()
    if body:
        raise ValueError
    return MessageResult(b"ok")


def register(handlers):
    handlers.messages["staking.delegate"] = delegate
    handlers.messages["gov"] = lambda context, sender, body: 1 / 0
    handlers.messages["ibc"] = lambda context, sender, body: "nonsense"
    handlers.messages["distribution"] = lambda *_: MessageResult("text")
    handlers.queries["custom"] = lambda context, body: {"price": "7"}
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "handlers.py"
    path.write_text(SCRIPT)
    return path


def start_of(script: Path | None, code: str = ECHO) -> CosmosStart:
    wasm = wat_to_wasm(code)
    return start_from_contract(wasm, json.dumps(response()), handlers=script)[0]


def delegation(amount: int) -> dict[str, Any]:
    content = {"staking": {"delegate": {"amount": amount}}}
    return response(submessage(content, "success"))


def sent(message: object) -> CosmosTransaction:
    return CosmosTransaction("execute", json.dumps(message), gas_limit=400_000)


def test_handlers_answer_in_campaigns(script: Path) -> None:
    executor = CosmosExecutor(start_of(script))
    outcome = executor.run(executor.begin, sent(delegation(5)))
    assert outcome.status is CaseStatus.SUCCESS
    assert ("delegate", (("amount", "5"),)) in outcome.events
    without = CosmosExecutor(start_of(None))
    outcome = without.run(without.begin, sent(delegation(5)))
    assert (outcome.status, outcome.error_kind) == (
        CaseStatus.REFUSED,
        "not simulated",
    )


def campaign(script: Path, **options: Any) -> CosmosCampaign:
    template = read_template(delegation(3))
    kinds = kinds_of("execute", Schema(template))
    start = start_of(script, BOLD)
    return CosmosCampaign(start, wat_to_wasm(BOLD), kinds, **options)


def test_finding_behind_a_handler_is_replayed_with_it(script: Path) -> None:
    made = campaign(script)
    (found,) = run(made, 24).findings.values()
    assert (found.finding.kind, found.finding.name) == ("crash", "unreachable")
    case = case_of(made.start, found.finding.transactions, "")
    read = decode_case(encode_case(case))
    for engine in ENGINES:
        assert replay_case(read, engine, load_handlers(script)).deviations == ()
    with pytest.raises(NotSimulated, match=r"staking\.delegate is not simulated"):
        replay_case(read)


def test_every_oracle_runs_with_the_handlers(script: Path) -> None:
    oracles = (
        engine_oracle("wasmtime", MILLION),
        partial(LedgerOracle, MILLION),
        partial(TightGasOracle, MILLION),
        partial(FreshOracle, 0, 100_000),
    )
    made = campaign(script, oracles=oracles, fail_on=())
    assert run(made, 12).findings == {}


def test_report_says_which_handlers_there_were(script: Path) -> None:
    document = campaign(script).document()
    script.write_text(SCRIPT + "\n")
    assert document["handlers"] != campaign(script).document()["handlers"]
    other = CosmosCampaign(start_of(None), b"").document()
    assert "handlers" not in other


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("gov", "ZeroDivisionError: division by zero"),
        ("ibc", "a MessageResult or None expected, not str"),
        ("distribution", "the data of a MessageResult are bytes"),
    ],
)
def test_handler_that_fails_is_never_the_contracts_fault(
    kind: str, reason: str, script: Path
) -> None:
    executor = CosmosExecutor(start_of(script))
    content = {kind: {"vote": {}}}
    failing = sent(response(submessage(content, "always")))
    before = executor.run(executor.begin, sent(delegation(1)))
    with pytest.raises(HandlerFailed) as caught:
        executor.run(executor.begin, failing)
    assert caught.value.name == kind
    assert caught.value.reason.startswith(reason)
    # Nothing of it is left.
    assert executor.run(executor.begin, sent(delegation(1))) == before


def test_answer_that_is_no_json_is_the_handlers_fault() -> None:
    for answer in (b"", {1, 2}, float, object()):
        handlers = load_handlers(None)
        handlers.queries["custom"] = lambda *_, answer=answer: answer
        find = handlers.find_query("custom", {})
        assert find is not None
        with pytest.raises(HandlerFailed, match="the answer is not JSON"):
            find(None)  # type: ignore[arg-type] # it does not look


def test_script_without_register_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "handlers.py"
    for content, reason in (
        ("x = 1", "no function register(handlers)"),
        ("register = 5", "no function register(handlers)"),
        ("raise KeyError('a')", "KeyError: 'a'"),
        ("def register(): pass", "TypeError"),
    ):
        path.write_text(content)
        with pytest.raises(ScriptFailed) as caught:
            start_of(path)
        assert caught.value.reason.startswith(reason)
    with pytest.raises(ScriptFailed, match=r"the script ends in \.py"):
        load_handlers(tmp_path / "handlers.txt")


def test_query_of_a_handler_is_told_to_the_contract(script: Path) -> None:
    handlers = load_handlers(script)
    find = handlers.find_query("custom", {"asset": "x"})
    assert find is not None
    answer = find(None)  # type: ignore[arg-type] # it does not look
    assert b64encode(answer) == b64encode(b'{"price":"7"}')
