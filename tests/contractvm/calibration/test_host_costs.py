"""Measurement of host functions: what is timed, and how often it calls."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from contractvm.calibration import measuring
from contractvm.calibration.host_costs import (
    Contracts,
    EmptyHost,
    host_works,
    timed_calls,
)
from contractvm.calibration.timing import Timing
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import Log
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.ewasm import host_interface
from contractvm.hosts.ewasm.timed_calls import TIMED_CALLS
from contractvm.hosts.registry import find_host
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.errors import ScheduleError
from gas_schedule.loader import load_schedule

ENGINE = InterpreterEngine()
SCHEDULE = load_schedule("contractvm-2")
EWASM = find_host("ewasm")
NAMES = (*TIMED_CALLS.arguments, *TIMED_CALLS.endings)


def test_each_timed_function_has_a_contract_that_runs() -> None:
    works = host_works(ENGINE, SCHEDULE)
    endings = {*TIMED_CALLS.endings, " end"}
    assert set(works) == {"", *NAMES, "callDataCopy long", " end"}
    assert {name: work.calls for name, work in works.items()} == {
        name: 50 if name in endings else 200 for name in works
    }
    for work in works.values():
        assert work.run() is None


class CallCount(FrameObserver):
    """Counts the calls of host functions."""

    def __init__(self, calls: Counter[str]) -> None:
        self.calls = calls

    def host_call(self, module: str, name: str, length: int) -> None:
        self.calls[name] += 1


def test_a_contract_that_loops_calls_its_function_200_times() -> None:
    calls: Counter[str] = Counter()
    counting = CallCount(calls)

    def observed(*arguments: Any) -> Any:
        return EWASM.start_call(*arguments, counting)

    contracts = Contracts(replace(EWASM, start_call=observed), ENGINE, SCHEDULE)
    for name, arguments in TIMED_CALLS.arguments.items():
        contracts.looping(name, arguments)()
    assert calls == dict.fromkeys(TIMED_CALLS.arguments, 200)
    calls.clear()
    contracts.looping("getGasLeft", None)()
    assert not calls
    contracts.call("finish", "(call $f (i32.const 0) (i32.const 0))", 3)()
    assert calls == {"finish": 3}


def test_a_contract_that_fails_is_a_fault_of_ours() -> None:
    call = Contracts(EWASM, ENGINE, SCHEDULE).call("getGasLeft", "unreachable")
    with pytest.raises(InternalError, match=r"^a contract for calibration failed: "):
        call()


def test_a_contract_that_reverts_has_not_failed() -> None:
    ending = "(call $f (i32.const 0) (i32.const 0))"
    Contracts(EWASM, ENGINE, SCHEDULE).call("revert", ending)()


def test_an_interface_without_timed_calls_is_refused() -> None:
    assert timed_calls(SCHEDULE) is host_interface.INTERFACE.timed_calls
    reason = r"interface: no function of stylus can be timed"
    with pytest.raises(ScheduleError, match=reason):
        timed_calls(load_schedule("stylus-1"))


def test_there_is_nothing_on_the_chain() -> None:
    host, address = EmptyHost(), bytes(20)
    assert (host.balance(address), host.code(address)) == (0, b"")
    assert host.is_empty(address)
    host.store_storage(address, bytes(32), b"\1" * 32)
    assert host.load_storage(address, bytes(32)) == bytes(32)
    host.emit_log(Log(address, (), b""))
    host.add_refund(1)
    assert host.self_destruct(address, address) == 0
    assert host.block_hash(0) is None


def test_costs_are_the_differences_for_one_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    timings = {
        **{name: Timing(5_000.0, 4.0) for name in NAMES},
        "": Timing(1_000.0, 1.0),
        " end": Timing(4_000.0, 2.0),
        "callDataCopy long": Timing(5_000.0 + 200 * 1_024 * 3, 9.0),
        "getCaller": Timing(900.0, 7.0),
    }

    def in_turns(
        works: Mapping[str, object], seconds: float, report: Callable[[float], None]
    ) -> dict[str, Timing]:
        assert (set(works), seconds) == (set(timings), 2.5)
        report(0.5)
        return timings

    monkeypatch.setattr(measuring, "time_in_turns", in_turns)
    told: list[tuple[str, float]] = []
    costs, spreads = measuring._measure_hosts(
        ENGINE, SCHEDULE, 2.5, lambda *progress: told.append(progress)
    )
    assert told == [("timing host functions", 0.5)]
    assert costs == {
        **dict.fromkeys(TIMED_CALLS.arguments, 4_000 / 200),
        **dict.fromkeys(TIMED_CALLS.endings, 1_000 / 50),
        # It took less than the empty loop.
        "getCaller": 0.0,
        "word": 3.0,
    }
    assert spreads == {**dict.fromkeys(NAMES, 4.0), "getCaller": 7.0, "word": 9.0}
