"""A difference between two engines in a block, with a state test that reproduces it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chain_sim.ethereum.execution.cross_check import EngineDifference
from contractvm_cli.engine_difference import report_difference


@contextmanager
def showing_difference() -> Iterator[None]:
    """Show an EngineDifference of the block, write its file, and exit with 1."""
    try:
        yield
    except EngineDifference as difference:
        from chain_sim.ethereum.state_tests.state_test_of_difference import (  # noqa: PLC0415 (rarely needed)
            engine_outcome_document,
            state_test_of,
        )

        test = state_test_of(difference)
        (name,) = test
        report_difference(
            {
                outcome.engine: engine_outcome_document(outcome)
                for outcome in difference.outcomes
            },
            str(difference),
            Path(f"{name}.json"),
            test,
            "statetest",
        )
