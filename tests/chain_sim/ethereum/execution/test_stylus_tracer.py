"""Steps of host functions are kept up to a limit; then one says that more were."""

import pytest

from chain_sim.ethereum.execution.stylus_tracer import (
    Budget,
    HostStep,
    StepList,
    StylusTracer,
)


@pytest.mark.parametrize(
    ("budget", "size", "depth"),
    [(Budget(steps=0), 0, 0), (Budget(size=4), 5, 0), (Budget(), 0, 201)],
)
def test_what_exceeds_the_budget_is_counted_only(
    budget: Budget, size: int, depth: int
) -> None:
    before = (budget.steps, budget.size)
    assert not budget.take(size, depth)
    assert not budget.take(size, depth)
    assert (budget.steps, budget.size, budget.left_out) == (*before, 2)


def test_what_fits_is_subtracted() -> None:
    budget = Budget(steps=1, size=5)
    assert budget.take(5, 200)
    assert (budget.steps, budget.size, budget.left_out) == (0, 0, 0)
    assert (Budget().steps, Budget().size) == (100_000, 33_554_432)


def test_steps_that_were_left_out_are_said_at_the_end() -> None:
    tracer = StylusTracer()
    steps = tracer._first = StepList(b"", tracer._budget, 0)
    tracer._budget.size = 3
    steps.host_step("read_args", b"a", b"bc", (9, 8))
    kept = HostStep("read_args", b"a", b"bc", 9, 8)
    assert tracer.steps == [kept]
    steps.host_step("write_result", b"d", b"", (8, 7))
    assert tracer.steps == [kept, HostStep("truncated", b"", b"", 0, 0)]
    assert steps.steps == [kept]
