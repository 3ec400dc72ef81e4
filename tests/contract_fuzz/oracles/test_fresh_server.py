"""What the process of the fresh oracles does with each case, in this process."""

from types import SimpleNamespace
from typing import Any

import pytest

from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles import fresh_server
from contract_fuzz.oracles.fresh_process import Failure, FreshOptions
from contract_fuzz.oracles.fresh_server import CaseServer
from contract_fuzz.oracles.observations import observe_with_block
from contractvm.errors import InternalError
from tests.helpers.fuzz_contracts import STEPS, campaign_for

WARM, COLD = FreshOptions(3, is_cold=False), FreshOptions(3, is_cold=True)


@pytest.mark.parametrize("options", [WARM, COLD])
def test_a_case_is_observed_as_anywhere(options: FreshOptions) -> None:
    start = campaign_for(STEPS).start
    executor = CaseExecutor(start)
    calls = [*executor.simplest_calls()] * 2
    wanted = observe_with_block(executor, executor.begin, calls)
    server = CaseServer(start, options, CaseExecutor)
    for _ in range(2):
        assert server.observe(executor.begin, calls) == wanted


class Noting:
    """An executor that notes what it is asked."""

    begin = "begin"

    def __init__(self, number: int, notes: list[Any]) -> None:
        self.number = number
        self.notes = notes

    def simplest_calls(self) -> list[str]:
        return ["simplest", "next"]

    def run(self, position: str, transaction: str) -> None:
        self.notes.append((self.number, position, transaction))

    def run_sequence(self, position: str, transactions: tuple[str, ...]) -> None:
        self.notes.append((self.number, position, transactions))


def server_of(
    options: FreshOptions, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> tuple[CaseServer, list[Any]]:
    notes: list[Any] = []
    made: list[int] = []

    def plain(start: str) -> Noting:
        assert start == "start"
        made.append(len(made))
        return Noting(made[-1], notes)

    def observed(executor: Noting, position: str, transactions: Any) -> str:
        executor.notes.append((executor.number, "observed", position, transactions))
        if error is not None:
            raise error
        return "observation"

    monkeypatch.setattr(fresh_server, "observe_with_block", observed)
    kind: Any = SimpleNamespace(plain=plain)
    return CaseServer("start", options, kind), notes


def test_a_warm_one_runs_other_transactions_and_the_case_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, notes = server_of(WARM, monkeypatch, None)
    case = ("a", "b", "c")
    assert server.observe("here", case) == "observation"
    asked = [
        (0, "begin", "simplest"),
        (0, "begin", "next"),
        (0, "here", ("c", "b", "a")),
        (0, "here", case),
        (0, "observed", "here", case),
    ]
    assert notes == asked
    server.observe("here", case)
    assert notes == asked * 2


def test_a_cold_one_has_an_executor_for_each_case(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, notes = server_of(COLD, monkeypatch, None)
    for _ in range(2):
        assert server.observe("here", ("a",)) == "observation"
    assert notes == [
        (1, "observed", "here", ("a",)),
        (2, "observed", "here", ("a",)),
    ]


@pytest.mark.parametrize("options", [WARM, COLD])
def test_our_own_errors_are_answers(
    options: FreshOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, _ = server_of(options, monkeypatch, InternalError("why"))
    assert server.observe("here", ()) == Failure("InternalError: why")
    one, other = (
        SimpleNamespace(transactions=(1, 2), block_hash=bytes((number,)))
        for number in (1, 2)
    )
    server, _ = server_of(options, monkeypatch, PositionDiffers(one, other))
    assert server.observe("here", ()) == Failure(
        "the 2 transactions of position 0x01 led to 0x02", (one, other)
    )


def test_modules_are_imported_first() -> None:
    options = FreshOptions(3, is_cold=True, modules=("tests.helpers.no_such_module",))
    with pytest.raises(ModuleNotFoundError, match="no_such_module"):
        CaseServer(None, options, CaseExecutor)
