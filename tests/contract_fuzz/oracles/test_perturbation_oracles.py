"""The conditions that a run is repeated under, and what is left of them after it."""

import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest

from contract_fuzz.oracles import perturbation_oracles as oracles
from contract_fuzz.oracles.perturbation_oracles import (
    SURROUNDINGS,
    in_moved_memory,
    in_poisoned_memory,
    on_narrow_stack,
)
from contractvm.errors import InternalError

Run = Callable[[], Any]


class Counted:
    """A run that returns its number, after it has done something else."""

    def __init__(self, *work: Callable[[], object]) -> None:
        self.count = 0
        self._work = work

    def __call__(self) -> int:
        self.count += 1
        for each in self._work:
            each()
        return self.count


def frames() -> Iterator[str]:
    """The names of the functions that run, innermost first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame.f_code.co_name
        frame = cast(Any, frame.f_back)


@pytest.mark.parametrize("name", SURROUNDINGS)
def test_a_case_runs_once_before_it_is_observed(name: str) -> None:
    run = Counted()
    assert SURROUNDINGS[name](cast(Any, run)) == 2
    assert run.count == 2


@pytest.mark.parametrize("fails", [False, True])
def test_memory_is_poisoned_for_both_runs_and_no_longer(
    fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[object] = []
    monkeypatch.setattr(oracles, "set_poison", told.append)
    run = Counted(lambda: told.append("run"), *([lambda: 1 // 0] if fails else []))
    if fails:
        with pytest.raises(ZeroDivisionError):
            in_poisoned_memory(cast(Any, run))
        assert told == [0xA5, "run", None]
        return
    in_poisoned_memory(cast(Any, run))
    assert told == [0xA5, "run", "run", None]


def test_memories_and_blocks_are_in_use_while_the_second_run_allocates_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Held:
        def __init__(self, *size: object) -> None:
            made.append(size)
            alive.add(self)

    made: list[tuple[object, ...]] = []
    alive: weakref.WeakSet[Held] = weakref.WeakSet()
    during: list[int] = []
    monkeypatch.setattr(oracles, "Memory", Held)
    monkeypatch.setattr(oracles, "bytearray", Held, raising=False)
    in_moved_memory(cast(Any, Counted(lambda: during.append(len(alive)))))
    assert during == [0, 28]
    assert made[:4] == [(24,), (4_096,), (65_536,), (1_048_576,)]
    assert made[4:] == [(pages, None) for pages in (0, 1, 2)] * 8
    assert len(alive) == 0


def test_a_narrow_stack_is_that_of_a_thread_with_few_frames_left() -> None:
    threads: list[threading.Thread] = []
    depths: list[int] = []
    before = threading.stack_size()
    run = Counted(
        lambda: threads.append(threading.current_thread()),
        lambda: depths.append(sum(name == "deeper" for name in frames())),
    )
    on_narrow_stack(cast(Any, run))
    assert threads[0] is threading.current_thread()
    assert threads[1] is not threads[0]
    assert not threads[1].is_alive()
    assert depths == [0, sys.getrecursionlimit() - 120 + 1]
    assert threading.stack_size() == before


def test_the_thread_of_a_narrow_stack_has_256_kib(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[int] = []

    def stack_size(size: int) -> int:
        told.append(size)
        return 7

    monkeypatch.setattr(threading, "stack_size", stack_size)
    on_narrow_stack(cast(Any, Counted()))
    assert told == [262_144, 7]


def too_deep() -> None:
    too_deep()


@pytest.mark.parametrize(
    ("work", "error", "text"),
    [
        (too_deep, InternalError, "it needs more stack: "),
        (lambda: 1 // 0, ZeroDivisionError, "integer division"),
    ],
)
def test_a_failure_on_a_narrow_stack_is_raised_where_it_is_waited_for(
    work: Callable[[], object], error: type[Exception], text: str
) -> None:
    def fail_there() -> None:
        if threading.current_thread() is not here:
            work()

    here = threading.current_thread()
    with pytest.raises(error) as caught:
        on_narrow_stack(cast(Any, Counted(fail_there)))
    assert str(caught.value).startswith(text)
