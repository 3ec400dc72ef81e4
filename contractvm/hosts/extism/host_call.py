"""A call of a function of Extism's ABI: counted and charged before it does anything."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from contractvm.hosts.extism.state import ExtismState
from contractvm.runtime.gas_meter import GasMeter
from gas_schedule.schedule import HostCost

MODULE = "extism:host/env"


class ExtismFrame(Protocol):
    """A run as the functions see it; `costs` are by module and name."""

    meter: GasMeter
    costs: Mapping[str, Mapping[str, HostCost]]

    @property
    def extism(self) -> ExtismState:
        """The state of the plugin."""

    def count_call(self, name: str) -> None:
        """Count one call of a host function; raises LimitExceeded."""


class HostCall:
    """The calls of one function by one instance: the plugin's state, and charges."""

    __slots__ = ("base", "charge", "cost", "count", "frame", "meter", "state")

    def __init__(self, frame: ExtismFrame, name: str) -> None:
        self.cost = frame.costs[MODULE][name]
        self.frame = frame
        self.meter = frame.meter
        self.state = frame.extism
        self.count = frame.count_call
        self.charge = frame.meter.charge
        self.base = frame.meter.to_units(self.cost.base)

    def charge_bytes(self, count: int) -> None:
        """Charge work on that many bytes."""
        gas = self.cost.for_bytes(count) - self.cost.base
        self.meter.charge(self.meter.to_units(gas))

    def read(self, handle: int) -> bytes:
        """The bytes of a block, charged; raises Trap for no handle of a block."""
        self.charge_bytes(self.state.memory.length(handle))
        return self.state.memory.block(handle)

    def give(self, data: bytes | None) -> int:
        """The handle of a new block, charged; 0 for no bytes. Raises LimitExceeded."""
        if data is None:
            return 0
        self.charge_bytes(len(data))
        return self.state.memory.put(data)


def charging(name: str, run: Callable[..., Any]) -> Callable[..., Any]:
    """The host function that counts a call and charges its base, then calls `run`."""

    def call(frame: ExtismFrame, *arguments: int) -> Any:
        calls = frame.extism.calls
        one = calls.get(name)
        if one is None:
            one = calls[name] = HostCall(frame, name)
        one.count(name)
        one.charge(one.base)
        return run(one, *arguments)

    return call
