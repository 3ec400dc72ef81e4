"""Random trees of guest calls: both engines agree to the unit, at every step."""

from dataclasses import dataclass
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from contractvm.errors import OutOfGas, Trap
from contractvm.runtime.engine_selection import ENGINES
from contractvm.wasm.engines.suspension import GuestCallOutcome, Suspension
from tests.helpers.guest_calls import GuestContract, ask_guest, first_result


@dataclass(frozen=True)
class Answer:
    """What the host does at one of its calls.

    It asks for a call of `export`, or suspends for the driver, or returns `argument`
    (`export` is then None). If a guest call stops, its caller stops too, unless the
    host is `forgiving`.
    """

    export: str | None
    argument: int
    suspends: bool
    is_forgiving: bool
    charge: int


EXPORTS = (
    "allocate",
    "ask",
    "ask",
    "load",
    "loop",
    "down",
    "down and ask",
    "ask and go down",
    "grow",
    "grow by ask",
    "divide",
    "trap",
    "nothing",
)
ANSWERS = st.builds(
    Answer,
    st.sampled_from((*EXPORTS, None, None)),
    st.sampled_from((0, 1, 2, 3, 7, 40, 89, 90, 65_535)),
    st.booleans(),
    st.booleans(),
    st.sampled_from((0, 0, 1, 50)),
)
GAS = st.sampled_from((0, 99, 100, 350, 1_000, 5_000, 60_000, 10**9))


def told(stop: Trap | OutOfGas) -> str:
    """The part of a stop that is the same on all engines."""
    return str(stop.shortfall) if isinstance(stop, OutOfGas) else str(stop)


def observed(engine: str, answers: list[Answer], name: str, gas: int) -> list[Any]:
    """Everything that the host, the driver and a reader of the instance can see."""
    seen: list[Any] = []
    queue = list(answers)

    def ask(contract: GuestContract, value: int) -> int | Suspension:
        seen.append((value, contract.run.meter.left, contract.height))
        if not queue:
            return value & 3
        answer = queue.pop(0)
        contract.run.meter.charge(answer.charge)
        if answer.suspends:
            return Suspension(answer, lambda _: follow(contract, answer))
        return follow(contract, answer)

    def follow(contract: GuestContract, answer: Answer) -> int | Suspension:
        if answer.export is None:
            return answer.argument

        def complete(outcome: GuestCallOutcome) -> int:
            stop = outcome.stopped
            seen.append(
                (
                    outcome.values if stop is None else told(stop),
                    contract.run.meter.left,
                    contract.height,
                    contract.memory.pages,
                )
            )
            return 1 if answer.is_forgiving and stop else first_result(outcome)

        return ask_guest(answer.export, answer.argument, complete)

    contract = GuestContract(engine, ask, gas)
    for _ in range(2):
        seen.append(end_of(contract, name))
        seen.append((contract.run.meter.left, contract.height))
    seen.append((contract.memory.pages, contract.memory.digest()))
    return seen


def end_of(contract: GuestContract, name: str) -> object:
    try:
        step = contract.call(name, 2)
        while isinstance(step, Suspension):
            step = contract.run.resume(step.complete(None))
        return step
    except (Trap, OutOfGas) as stop:
        return told(stop)


@given(st.lists(ANSWERS, max_size=30), st.sampled_from(EXPORTS[:10]), GAS)
@example([Answer("ask", 1, False, True, 0)] * 9, "ask", 10**9)
@example([Answer("loop", 40, True, True, 1)] * 20, "loop", 5_000)
@example([Answer("down and ask", 40, False, True, 0)] * 4, "down and ask", 10**9)
def test_engines_agree_on_trees_of_guest_calls(
    answers: list[Answer], name: str, gas: int
) -> None:
    here, there = (observed(engine, answers, name, gas) for engine in ENGINES)
    assert here == there
