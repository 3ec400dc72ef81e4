"""Recordings that add up and can be repriced: random contracts that call each other."""

from dataclasses import replace

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from chain_sim.ethereum.blocks.receipts import logs_hash
from chain_sim.ethereum.execution.placed_transaction import PlacedTransaction
from chain_sim.ethereum.execution.state_transition import (
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.gas_report.explanation import explain, reprice
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.valuation import MustRunAgain
from contractvm.ledger.report import CallReport, GasReport
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.loader import load_schedule
from tests.helpers.calling_contracts import BLOCK, SENDER, Kinds, Scene, scenes
from tests.helpers.ewasm import HERA, METERED
from tests.helpers.explained import TRACED_HERA, TRACED_METERED, traced_engine
from tests.helpers.schedules import distinct_schedule, with_section

EXAMPLES = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
FREE_INSTRUCTIONS = Kinds(is_endless=False)


def outcome(
    scene: Scene, engine: Pipeline, recorder: Recording | None = None
) -> tuple[TransactionResult, bytes, bytes]:
    """The result, the state root and the hash of the logs."""
    state = scene.state()
    placed = PlacedTransaction(scene.tx, SENDER, BLOCK)
    result = apply_transaction(placed, state, engine, recorder)
    return result, state.compute_root(), logs_hash(result.logs)


def recorded(scene: Scene, engine: Pipeline) -> Recording:
    recording = Recording(engine.schedule, "a scene")
    outcome(scene, engine, recording)
    return recording


def all_calls(report: GasReport) -> list[CallReport]:
    found = [report.call]
    for call in found:
        found.extend(call.calls)
    return found


def check_measured(scene: Scene, plain: Pipeline, traced: Pipeline) -> None:
    recording = Recording(traced.schedule, "a scene")
    expected = outcome(scene, plain)
    assert outcome(scene, traced, recording) == expected
    report = explain(recording)
    result = expected[0]
    assert (report.gas_used, report.figures.tx) == (result.gas_used, result.gas_used)
    assert report.remainder == 0
    assert report.call.status is result.status
    for call in all_calls(report):
        net = sum(callee.used_units - callee.stipend_units for callee in call.calls)
        assert sum(stack.units for stack in call.stacks) == call.used_units - net
        assert all(stack.units > 0 for stack in call.stacks)
        assert sum(each.own_units for each in call.functions) <= call.used_units - net
        assert len(call.calls_at) == len(call.calls)


@given(scenes(Kinds()))
@EXAMPLES
def test_measuring_changes_nothing_and_everything_is_explained(scene: Scene) -> None:
    check_measured(scene, METERED, TRACED_METERED)


@given(scenes(FREE_INSTRUCTIONS))
@EXAMPLES
def test_the_same_holds_where_instructions_are_free(scene: Scene) -> None:
    check_measured(scene, HERA, TRACED_HERA)


def without_funcs(call: CallReport) -> tuple[object, ...]:
    """A call's report without its callees and what is not repriced."""
    return tuple(
        getattr(call, name)
        for name in CallReport.__slots__
        if name not in ("functions", "stacks", "calls", "notes")
    )


OTHERS = {
    "hera": TRACED_HERA,
    "metered": TRACED_METERED,
    "distinct": traced_engine(distinct_schedule()),
    "dear calls": traced_engine(
        with_section(
            replace(load_schedule("ewasm-metered"), name="dear calls"),
            "transaction",
            {
                "base": 20_000,
                "call_stipend": 3_001,
                "retained_gas_divisor": 7,
                "max_refund_divisor": 3,
            },
        )
    ),
}


@given(
    scenes(Kinds(looks_at_gas=False, is_endless=False)),
    st.permutations(sorted(OTHERS)),
)
@settings(EXAMPLES, max_examples=150)
def test_a_run_priced_anew_is_the_run_under_that_schedule(
    scene: Scene, names: list[str]
) -> None:
    before, after = names[:2]
    recording = recorded(scene, OTHERS[before])
    try:
        report = reprice(recording, OTHERS[after].schedule)
    except MustRunAgain as must:
        event(must.reasons[0].partition("(")[0].partition("0x")[0])
        return
    event("priced anew")
    expected = explain(recorded(scene, OTHERS[after]))
    assert (report.gas_used, report.figures) == (expected.gas_used, expected.figures)
    assert report.parts == expected.parts
    for ours, theirs in zip(all_calls(report), all_calls(expected), strict=True):
        assert without_funcs(ours) == without_funcs(theirs)
    assert report.remainder == 0
