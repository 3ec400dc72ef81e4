"""Engines with one fault each, for tests of the code that detects them."""

from typing import Any

import pytest

from contractvm.metering.names import GAS_EXPORT
from contractvm.runtime.engine_selection import ENGINES
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.interpreter.engine import InterpreterEngine


def use_wrong_engine(monkeypatch: pytest.MonkeyPatch, kind: type) -> None:
    """Make `wasmtime` name an engine with a fault."""
    monkeypatch.setitem(ENGINES, "wasmtime", kind)


class WrongEngine(InterpreterEngine):
    """The interpreter; when a call ends, `spoil` may change its instance."""

    name = "wrong"

    def instantiate(self, *arguments: Any, **limits: Any) -> Any:
        instance = super().instantiate(*arguments, **limits)
        return SpoiltInstance(instance, self)

    def spoil(self, instance: Any) -> None:
        raise NotImplementedError


class SpoiltInstance:
    def __init__(self, instance: Any, engine: WrongEngine) -> None:
        self.export = instance.export
        self.exports = instance.exports
        self.forget_stop = instance.forget_stop
        self.instance = instance
        self.engine = engine

    @property
    def stopped_at(self) -> Any:
        return self.instance.stopped_at

    def start(self, name: str, *arguments: int) -> Any:
        return SpoiltExecution(self.instance.start(name, *arguments), self)


class SpoiltExecution:
    def __init__(self, execution: Any, owner: SpoiltInstance) -> None:
        self.execution = execution
        self.owner = owner

    def resume(self, value: Any = None) -> Any:
        outcome: Any = None
        try:
            outcome = self.execution.resume(value)
            return outcome
        finally:
            if not isinstance(outcome, Suspension):
                self.owner.engine.spoil(self.owner.instance)

    def abandon(self) -> None:
        self.execution.abandon()


class MiscountingEngine(WrongEngine):
    """Takes one unit of gas too many when a call ends."""

    def spoil(self, instance: Any) -> None:
        counter = instance.exports[GAS_EXPORT]
        if counter.value:
            counter.value -= 1


class ForgetfulEngine(WrongEngine):
    """Gives back some gas that host functions charged."""

    def spoil(self, instance: Any) -> None:
        counter = instance.exports[GAS_EXPORT]
        if counter.value:
            counter.value += 50_000_000
