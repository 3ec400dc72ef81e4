"""A pipeline keeps its verdicts on modules, up to a bound: the least used goes."""

from collections.abc import Callable

import pytest

from contractvm.errors import MalformedModule
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime import pipeline
from contractvm.runtime.pipeline import MAX_CACHED_MODULES, Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.loader import load_schedule
from tests.helpers.ewasm import contract

GOOD = contract("")
Prepare = Callable[[int], None]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The modules that were decoded, in order."""
    found: list[bytes] = []

    def decode(code: bytes) -> object:
        found.append(code)
        return decode_module(code)

    monkeypatch.setattr(pipeline, "decode_module", decode)
    return found


@pytest.fixture
def engine() -> Pipeline:
    return INTERFACE.pipeline(InterpreterEngine(), load_schedule("ewasm-hera"))


def malformed(number: int) -> bytes:
    return b"not wasm %d" % number


def refuse(engine: Pipeline, number: int) -> None:
    with pytest.raises(MalformedModule):
        engine.prepare(malformed(number))


def test_a_thousand_verdicts_are_kept_and_no_more(
    engine: Pipeline, judged: list[bytes]
) -> None:
    assert MAX_CACHED_MODULES == 1_024
    for _ in range(2):
        for number in range(1_024):
            refuse(engine, number)
    assert len(judged) == 1_024
    # The first goes for one more, and only the first.
    refuse(engine, 1_024)
    for number in range(1, 1_025):
        refuse(engine, number)
    assert len(judged) == 1_025
    refuse(engine, 0)
    assert judged[1_025:] == [malformed(0)]


def test_what_is_used_stays(
    engine: Pipeline, judged: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MAX_CACHED_MODULES", 2)
    first = engine.prepare(GOOD)
    for number in range(5):
        refuse(engine, number)
        assert engine.prepare(GOOD) is first
    assert judged == [GOOD, *map(malformed, range(5))]
    refuse(engine, 4)
    refuse(engine, 5)
    assert len(judged) == 7
    # Now the module was used least.
    assert engine.prepare(GOOD) is not first
