"""Parts of a frame's report, of frames that are made by hand."""

import pytest

from chain_sim.ethereum.gas_report.frame_report import (
    CODE_DEPOSIT,
    FORFEITED,
    MAKING,
    NO_FACTS,
    FrameReporter,
    key_costs,
    net_units,
    place_of,
    tree_notes,
    unpaid_at,
)
from chain_sim.ethereum.gas_report.gas_recording import (
    FrameRecord,
    RecordedPrecompile,
    SubCall,
)
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import CallStatus, Message, MessageKind
from contractvm.ledger.call_tree import ROOT, CallTree
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.quantities import Quantity, QuantityKind
from contractvm.ledger.report import FunctionCost, KeyCost
from contractvm.wasm.engines.tracing import CallNode
from gas_schedule.loader import load_schedule

SCHEDULE = load_schedule("ewasm-metered")
CALL = Message(MessageKind.CALL, b"\x01" * 20, b"\x02" * 20, b"\x03" * 20, 5, b"", 100)
PRECOMPILE = RecordedPrecompile("sha256", lambda costs: costs.sha256_base)


def frame(message: Message = CALL) -> FrameRecord:
    found = FrameRecord(3, message, {})
    found.status = CallStatus.SUCCESS
    return found


def reporter(*, is_same: bool = True) -> FrameReporter:
    return FrameReporter(SCHEDULE, is_same, lambda _: pytest.fail("no lines"))


def test_what_could_not_be_paid_is_where_it_was_charged() -> None:
    found = frame()
    assert unpaid_at(found) == (ROOT, MAKING)
    found.unpaid_at = (ROOT, "useGas")
    assert unpaid_at(found) == (ROOT, "useGas")
    found.unpaid_at = (2, "")
    assert unpaid_at(found) == (2, "")
    found.deposit = {Quantity(QuantityKind.SECTION, "a", "b"): 1}
    assert unpaid_at(found) == (ROOT, CODE_DEPOSIT)
    found.precompile = PRECOMPILE
    assert unpaid_at(found) == (ROOT, "sha256")
    names = (MAKING, CODE_DEPOSIT, FORFEITED)
    assert names == ("making an instance", "code deposit", "forfeited")


@pytest.mark.parametrize(
    ("kind", "module", "place"),
    [
        (QuantityKind.AMOUNT, "storage_load", "storage_load"),
        (QuantityKind.AMOUNT_TIMES, "storage_load", "storage_load"),
        (QuantityKind.AMOUNT, "", "line"),
        (QuantityKind.HOST_CALL, "ethereum", "line"),
    ],
)
def test_an_amount_is_placed_at_its_host_function(
    kind: QuantityKind, module: str, place: str
) -> None:
    assert place_of(Quantity(kind, "line", "group", module)) == place


def test_slots_are_in_the_order_of_first_use() -> None:
    found = frame()
    found.keys = {(b"\x02", "load"): (1, 20), (b"\x01", "store"): (3, 40)}
    assert key_costs(found) == (
        KeyCost(b"\x02", "load", 1, 20),
        KeyCost(b"\x01", "store", 3, 40),
    )


def test_a_tree_that_is_incomplete_has_a_note() -> None:
    found = frame()
    tree = CallTree(found.nodes, (), {})
    assert [*tree_notes(found, tree)] == []
    found.is_truncated = True
    assert [*tree_notes(found, tree)] == [
        "the tree of calls is incomplete: the deepest are counted with a caller"
    ]


def test_the_report_of_a_frame_without_code_has_the_facts_of_its_message() -> None:
    found = reporter().report(frame(), FrameValue(100, 7, 100), ())
    assert (found.kind, found.sender) == ("call", CALL.sender)
    assert (found.recipient, found.code_address) == (CALL.recipient, CALL.code_address)
    assert (found.status, found.error) == (CallStatus.SUCCESS, None)
    assert (found.given_units, found.stipend_units, found.used_units) == (100, 7, 0)
    assert (found.parts, found.functions, found.lines) == ((), (), ())
    assert (found.calls, found.calls_at, found.notes, found.keys) == ((), (), (), ())
    assert (found.value, found.start_prices) == (5, None)
    assert (found.has_lines, found.debug_fault) == (False, None)
    assert (NO_FACTS.names, NO_FACTS.source.lines) == ({}, None)


def test_a_precompile_is_a_call_of_its_own_kind_and_price() -> None:
    found = frame()
    found.precompile = PRECOMPILE
    price = SCHEDULE.units_from_gas(60)
    report = reporter().report(found, FrameValue(2 * price, 0, price), ())
    assert report.kind == "precompile"
    (part,) = report.parts
    assert (part.group, part.name, part.count) == ("precompile", "sha256", 1)
    assert part.units == report.used_units == price
    assert report.remainder == 0
    (stack,) = report.stacks
    assert (stack.frames[-1], stack.units) == ("sha256", price)


def test_what_a_failure_forfeits_is_in_its_stacks() -> None:
    found = frame()
    found.status, found.error = CallStatus.FAILURE, InternalError("why")
    report = reporter().report(found, FrameValue(100, 0, 0, 0, 100), ())
    assert (report.error, report.used_units) == ("why", 100)
    (stack,) = report.stacks
    assert (stack.frames[-1], stack.units) == ("forfeited", 100)


def test_stacks_that_do_not_add_up_are_a_bug() -> None:
    with pytest.raises(InternalError) as caught:
        reporter().report(frame(), FrameValue(100, 0, 70), ())
    assert str(caught.value) == "the stacks of frame 3 have 0 of 30 units"


def test_under_other_prices_there_are_no_stacks() -> None:
    found = reporter(is_same=False).report(frame(), FrameValue(100, 0, 70), ())
    assert (found.used_units, found.stacks, found.functions) == (30, (), ())


def test_what_callees_cost_is_without_their_stipends() -> None:
    callees = tuple(
        reporter(is_same=False).report(frame(), FrameValue(100, stipend, 40), ())
        for stipend in (10, 0)
    )
    assert net_units(callees) == 110
    assert net_units(()) == 0


def test_what_a_func_s_calls_cost_is_with_it_but_not_its_own() -> None:
    callee = reporter(is_same=False).report(frame(), FrameValue(100, 10, 40), ())
    found = frame()
    found.nodes = (CallNode(None, None, 0, 0), CallNode(0, 4, 2, 30))
    found.sub_calls = [SubCall("call", 1, None, True, 500, 4)]
    report = reporter().report(found, FrameValue(200, 0, 120), (callee,))
    (cost,) = report.functions
    assert cost == FunctionCost(4, "func[4]", 2, 30, 80)
    assert [stack.units for stack in report.stacks] == [30]
    assert report.calls == (callee,)
    assert report.calls_at == (("func[4]", "call"),)
