"""Oracles that change the conditions of a run, which must not affect it.

Memory used before and its location; how much of the stack is left.
"""

import sys
import threading
from collections.abc import Callable

from contract_fuzz.oracles.observations import (
    Observation,
    OutcomeDifference,
    difference_of,
    observe,
)
from contract_fuzz.oracles.oracle import MILLION, Executor
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle
from contractvm.errors import InternalError
from contractvm.wasm.interpreter.memory import Memory, set_poison

POISON = 0xA5
BALLAST_BYTES = (24, 4_096, 65_536, 1 << 20)
BALLAST_MEMORIES = 24
NARROW_STACK_BYTES = 256 << 10
FRAMES_LEFT = 120


Run = Callable[[], Observation]


class SurroundingsOracle(TwinOracle):
    """Runs cases without coverage, under other conditions."""

    def __init__(
        self,
        name: str,
        share: int,
        executor: Executor,
        *,
        share_of_new: int = MILLION,
    ) -> None:
        """`name` is one of SURROUNDINGS."""
        super().__init__(name, share, share_of_new)
        self._run_in = SURROUNDINGS[name]
        self._other = executor.twin()

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle."""
        position, transactions = case.position, case.transactions
        here = observe(case.executor, position, transactions)
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
