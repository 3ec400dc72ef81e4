"""Oracles that change the conditions of a run, which must not affect it.

Memory used before and its location; how much of the stack is left.
"""

import sys
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contract_fuzz.cases.case import CaseOutcome, CaseTransaction, Position
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.oracles.observations import (
    Observation,
    OutcomeDifference,
    difference_of,
    observe,
)
from contract_fuzz.oracles.oracle import MILLION, Oracle
from contract_fuzz.oracles.twin_oracle import TwinOracle
from contractvm.errors import InternalError
from contractvm.wasm.interpreter.memory import Memory, set_poison

POISON = 0xA5
BALLAST_BYTES = (24, 4_096, 65_536, 1 << 20)
BALLAST_MEMORIES = 24
NARROW_STACK_BYTES = 256 << 10
FRAMES_LEFT = 120


@dataclass(frozen=True, slots=True)
class SurroundingsFactory:
    """Makes the oracle of one of SURROUNDINGS in a worker."""

    name: str
    share: int
    share_of_new: int = MILLION

    def __call__(self, executor: CaseExecutor) -> Oracle:
        """See OracleFactory."""
        return SurroundingsOracle(self, executor)


Run = Callable[[], Observation]


class SurroundingsOracle(TwinOracle):
    """Runs cases without coverage, under other conditions."""

    def __init__(self, factory: SurroundingsFactory, executor: CaseExecutor) -> None:
        super().__init__(factory.name, factory.share, factory.share_of_new)
        self._run_in = SURROUNDINGS[factory.name]
        self._other = CaseExecutor(executor.start, ExecutorOptions(has_coverage=False))

    def difference(
        self,
        executor: CaseExecutor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[CaseOutcome],  # noqa: ARG002 (they have no memory hash)
    ) -> OutcomeDifference | None:
        """See TwinOracle."""
        here = observe(executor, position, transactions)
        there = self._run_in(lambda: observe(self._other, position, transactions))
        return difference_of(here, there)


def in_poisoned_memory(run: Run) -> Observation:
    """Overwrites each memory's content at its end, before it is used again."""
    set_poison(POISON)
    try:
        run()
        return run()
    finally:
        set_poison(None)


def in_moved_memory(run: Run) -> Observation:
    """Keeps reusable memories in use, with others allocated in between."""
    run()
    ballast: list[object] = [bytearray(size) for size in BALLAST_BYTES]
    ballast += [Memory(pages % 3, None) for pages in range(BALLAST_MEMORIES)]
    found = run()
    ballast.clear()
    return found


def on_narrow_stack(run: Run) -> Observation:
    """Runs on a thread with little native stack, and few Python frames left."""
    run()  # the first run does the one-time work
    results: list[Observation] = []
    errors: list[BaseException] = []

    def work() -> None:
        try:
            frames = sys.getrecursionlimit() - FRAMES_LEFT
            results.append(deeper(frames, run))
        except RecursionError as error:
            errors.append(InternalError(f"it needs more stack: {error}"))
        except BaseException as error:  # noqa: BLE001 (raised where it is waited for)
            errors.append(error)

    before = threading.stack_size(NARROW_STACK_BYTES)
    try:
        thread = threading.Thread(target=work)
        thread.start()
    finally:
        threading.stack_size(before)
    thread.join()
    for error in errors:
        raise error
    return results[0]


def deeper(frames: int, run: Run) -> Observation:
    """Run below this many more frames."""
    return run() if frames <= 0 else deeper(frames - 1, run)


SURROUNDINGS: dict[str, Callable[[Run], Observation]] = {
    "poisoned-memory": in_poisoned_memory,
    "moved-memory": in_moved_memory,
    "narrow-stack": on_narrow_stack,
}
