"""Traces under the metering rules of other chains: counts match what was charged.

The count of executed instructions is the oracle: it knows neither metered blocks nor
where charges are written.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contractvm.metering.rules import Metering, SizedRule
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.validation.profile import Profile
from tests.helpers.other_meterings import COSMWASM, STYLUS
from tests.helpers.programs import FUNC_COUNT, programs
from tests.helpers.schedules import distinct_schedule
from tests.helpers.traced_runs import (
    booked_cost,
    compile_counting,
    executed,
    paid_for,
)
from tests.helpers.wat import wat_to_module
from tests.properties.test_other_meterings import INLINE_SIZED
from tests.properties.test_traces import opened
from tools.fuzz.calls import PlannedCall, plan_calls
from tools.fuzz.ours import OurInstance
from tools.fuzz.programs import program

# Neither chain has a price for values that are carried.
DISTINCT = replace(distinct_schedule(), carried_value=0)
# Growth is charged as other sizes are: no random module has the hook. The stack is not
# limited: the counting module has no limit either.
RULES = {
    "stylus": replace(STYLUS, grow_hook=None, stack=None),
    "cosmwasm": replace(
        COSMWASM,
        blocks=replace(COSMWASM.blocks, free_locals=2),
        sized=SizedRule(INLINE_SIZED, is_called=False),
    ),
}
ANY = Profile(name="any", floats="canonical but converted")
PLENTY = 1 << 60
on_each_rule = pytest.mark.parametrize("rule", RULES)


def pipelines(metering: Metering) -> tuple[Pipeline, Pipeline]:
    """Without and with traces."""
    plain, traced = (
        Pipeline(
            InterpreterEngine(), DISTINCT, ANY, metering=metering, is_traced=is_traced
        )
        for is_traced in (False, True)
    )
    return plain, traced


class Comparison:
    """One module run three times: counted, charged, and charged with a trace."""

    def __init__(self, source, metering: Metering) -> None:
        self.module = source
        wasm = encode_module(source)
        plain, traced = pipelines(metering)
        self.plain, self.traced = plain.prepare(wasm), traced.prepare(wasm)
        self.counting = compile_counting(decode_module(wasm))
        self.ended = self.stopped = 0

    def call(self, planned: PlannedCall) -> None:
        counted, charged, traced = (
            OurInstance(compiled.module, compiled)
            for compiled in (
                self.counting,
                self.plain.compiled,
                self.traced.compiled,
            )
        )
        found = [each.instantiate() for each in (counted, charged, traced)]
        if any(found):
            assert all(found)
            return
        outcome = charged.call(planned)
        assert traced.call(planned) == outcome
        used = planned.gas - outcome.gas_left
        trace = traced.instance.trace
        # A counter that cannot pay keeps its value, unless work by size ran out.
        assert booked_cost(self.traced.compiled, trace) == used or (
            outcome.gas_left > planned.gas
        )
        assert sum(node.own_units for node in trace.nodes) == booked_cost(
            self.traced.compiled, trace
        )
        if isinstance(outcome.ended, tuple):
            assert counted.run(planned) == outcome.ended
            assert executed(self.counting, counted.instance.trace) == +paid_for(
                self.traced.compiled, self.traced.blocks, trace
            )
            self.ended += 1
        else:
            self.stopped += 1


def compare(module, rule: str, calls: list[PlannedCall]) -> Comparison:
    comparison = Comparison(module, RULES[rule])
    for planned in calls:
        comparison.call(planned)
        comparison.call(replace(planned, gas=PLENTY))
    return comparison


@on_each_rule
@settings(
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=programs(), func=st.integers(0, FUNC_COUNT - 1), gas=st.integers(0, 9))
def test_programs_are_counted_once_they_have_paid(
    rule: str, source: str, func: int, gas: int
) -> None:
    planned = PlannedCall(f"f{func}", (gas, 9 - gas), gas * 7_001)
    compare(wat_to_module(source), rule, [planned])


@on_each_rule
def test_dense_programs_are_counted_once_they_have_paid(rule: str) -> None:
    ended = stopped = 0
    for seed in range(40):
        module = opened(program(seed, terminates=True))
        found = compare(module, rule, plan_calls(module, seed))
        ended += found.ended
        stopped += found.stopped
    assert ended > 60
    assert stopped > 10
