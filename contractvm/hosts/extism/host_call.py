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
    """One call: the state of the plugin, and its charges for bytes."""

    __slots__ = ("cost", "frame", "meter", "state")

    def __init__(self, frame: ExtismFrame, cost: HostCost) -> None:
        self.cost = cost
        self.frame = frame
        self.meter = frame.meter
        self.state = frame.extism

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
        frame.count_call(name)
        cost = frame.costs[MODULE][name]
        frame.meter.charge(frame.meter.to_units(cost.base))
        return run(HostCall(frame, cost), *arguments)

    return call
