"""Gas views: they add up to the unit, and are bounded."""

from dataclasses import replace
from typing import Any

import pytest

from chain_sim.ethereum.gas_report.report_stacks import (
    FrameKind,
    Path,
    StackFrame,
    gas_stacks,
    root_frame,
)
from chain_sim.ethereum.gas_report.report_tree import charged_tree
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.node.errors import RpcError
from chain_sim.node.explorer import gas_views
from contractvm.ledger.report import GasReport, LineCost
from tests.helpers.explorers import (
    ALICE,
    BOB,
    FUNCTIONS,
    HOSTILE_NAME,
    HostileNode,
    TokenNode,
    ask,
)


@pytest.fixture(scope="module")
def token() -> TokenNode:
    """Block 2 transfers 5 to Bob."""
    made = TokenNode()
    made.transfer(BOB, 5)
    return made


@pytest.fixture(scope="module")
def tx_hash(token: TokenNode) -> str:
    return format_data(token.chain.head.transactions[0].hash)


@pytest.fixture(scope="module")
def view(token: TokenNode, tx_hash: str) -> dict[str, Any]:
    found: dict[str, Any] = token.ask("getGas", tx_hash)
    return found


def test_the_view_adds_up_to_the_gas_used(
    token: TokenNode, tx_hash: str, view: dict[str, Any]
) -> None:
    units = 52_129 * 10_000
    assert (view["gasUsed"], view["unitsPerGas"], view["gasUsedUnits"]) == (
        52_129,
        10_000,
        units,
    )
    assert view["remainder"] == 0
    genesis = token.chain.genesis
    assert view["schedule"] == genesis.schedule
    assert view["scheduleHash"] == format_data(genesis.schedule_hash)
    assert (view["title"], view["gasLimit"]) == (f"transaction {tx_hash}", 30_000_000)
    assert view["modes"] == {
        "tx": 52_129,
        "call": 29_257,
        "net": 29_257,
        "required": None,
    }
    assert (view["notes"], view["hostCallCount"], view["functionCount"]) == ([], 8, 6)
    assert sum(group["units"] for group in view["groups"]) == units
    for group in view["groups"]:
        assert sum(part["units"] for part in group["parts"]) == group["units"]


def test_the_tables_name_host_calls_funcs_and_calls(
    token: TokenNode, view: dict[str, Any]
) -> None:
    assert view["hostCalls"][:3] == [
        {"name": "storageStore", "units": 250_000_000},
        {"name": "log", "units": 17_560_000},
        {"name": "storageLoad", "units": 4_000_000},
    ]
    first = view["functions"][0]
    assert (first["name"], first["calls"], first["inclusiveUnits"]) == (
        "contract_main",
        1,
        272_553_587,
    )
    assert view["calls"] == [
        {
            "depth": 0,
            "kind": "call",
            "from": ALICE,
            "to": token.token,
            "status": "success",
            "error": None,
            "givenUnits": (30_000_000 - 22_872) * 10_000,
            "usedUnits": 292_561_334,
        }
    ]
    assert view["functions"][0]["contract"] == token.token
    assert (view["callCount"], view["hasLines"], view["lines"]) == (1, False, [])


def test_frames_lie_below_their_callers_and_never_cost_more(
    view: dict[str, Any],
) -> None:
    frames = view["frames"]
    assert frames[0] == [0, "transaction", view["title"], 521_290_000]
    assert frames[1][:2] == [1, "message"]
    path: list[int] = []
    inside: dict[tuple[int, int], int] = {}
    for place, (level, _, _, units) in enumerate(frames):
        assert level <= len(path)
        path = [*path[:level], place]
        if level:
            caller = (level, path[level - 1])
            inside[caller] = inside.get(caller, 0) + units
    for (_, caller), units in inside.items():
        assert units <= frames[caller][3]
    assert inside[(1, 0)] == 521_290_000


def test_the_whole_report_is_what_the_command_line_prints(
    token: TokenNode, tx_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = token.ask("getGasReport", tx_hash)
    assert (report["gasUsedUnits"], report["remainder"]) == (521_290_000, 0)
    call = report["calls"][0]
    lists = ("parts", "functions", "lines", "stacks")
    rows = 1 + sum(len(call[name]) for name in lists)
    monkeypatch.setattr(gas_views, "MAX_REPORT_ROWS", rows)
    assert token.ask("getGasReport", tx_hash) == report
    monkeypatch.setattr(gas_views, "MAX_REPORT_ROWS", rows - 1)
    with pytest.raises(RpcError, match=f"has {rows} rows") as caught:
        token.ask("getGasReport", tx_hash)
    assert caught.value.code == -32005


def test_a_call_is_explained_without_being_made(token: TokenNode) -> None:
    data = format_data(FUNCTIONS["transfer"].encode_text([BOB, "5"]))
    before = token.chain.head.hash
    call = {"to": token.token, "data": data, "from": ALICE}
    now = token.ask("getCallGas", call)
    then = token.ask("getCallGas", call, 1)
    assert (then["gasUsed"], now["gasUsed"]) == (52_129, 37_129)
    assert now["remainder"] == then["remainder"] == 0
    assert token.ask("getCallGasReport", call, 1)["gasUsed"] == 52_129
    assert token.chain.head.hash == before


def report_of(token: TokenNode, tx_hash: str) -> GasReport:
    return token.chain.gas.explain_transaction(tx_hash)


def test_only_the_frames_that_cost_most_are_there(
    token: TokenNode, tx_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_of(token, tx_hash)
    root = charged_tree(root_frame(report), gas_stacks(report))
    every = gas_views.frame_rows(root)
    monkeypatch.setattr(gas_views, "MAX_FRAMES", 5)
    found = gas_views.frame_rows(root)
    costs = sorted((row[3] for row in every), key=int, reverse=True)  # type: ignore[call-overload]
    assert sorted((row[3] for row in found), key=int, reverse=True) == costs[:5]  # type: ignore[call-overload]
    monkeypatch.setattr(gas_views, "MAX_FRAMES", 4_000)
    monkeypatch.setattr(gas_views, "MAX_LEVELS", 2)
    assert {row[0] for row in gas_views.frame_rows(root)} == {0, 1}


def test_a_deep_report_is_walked_without_recursion() -> None:
    root = StackFrame("root", FrameKind.TRANSACTION)
    path: Path = (root,) + (StackFrame("f", FrameKind.FUNC),) * 5_000
    rows = gas_views.frame_rows(charged_tree(root, {path: 7}))
    assert len(rows) == gas_views.MAX_LEVELS
    assert rows[-1] == [119, "func", "f", 7]


def test_deep_calls_are_listed_with_their_depths(
    token: TokenNode, tx_hash: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = report_of(token, tx_hash)
    call = report.call
    for _ in range(3):
        call = replace(call, calls=(call, report.call), calls_at=((), ()))
    nested = replace(report, call=call)
    rows = gas_views.call_rows(nested)
    assert [row["depth"] for row in rows] == [0, 1, 2, 3, 3, 2, 1]
    monkeypatch.setattr(gas_views, "MAX_ROWS", 2)
    assert [row["depth"] for row in gas_views.call_rows(nested)] == [0, 1]


def test_lines_are_listed_where_there_is_debug_information(
    token: TokenNode, tx_hash: str
) -> None:
    report = report_of(token, tx_hash)
    lines = (LineCost("a.c", 3, 2, 50), LineCost("b" * 300, 1, 1, 70))
    call = replace(report.call, lines=lines, has_lines=True)
    found = gas_views.gas_view(replace(report, call=call))
    assert found["hasLines"] is True
    assert found["lines"] == [
        {"file": "b" * 253 + "...", "line": 1, "executions": 1, "units": 70},
        {"file": "a.c", "line": 3, "executions": 2, "units": 50},
    ]
    assert found["lineCount"] == 2


def test_names_of_funcs_are_given_as_they_are() -> None:
    hostile = HostileNode()
    found = ask(hostile.node, "getGas", hostile.hashes["reason"])
    assert HOSTILE_NAME in [row["name"] for row in found["functions"]]
    assert HOSTILE_NAME in [row[2] for row in found["frames"]]
