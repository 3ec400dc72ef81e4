"""The frame of a run: what the host functions of a guest share."""

from collections.abc import Mapping
from typing import Any, Protocol

from contractvm.errors import LimitExceeded, OutOfGas
from contractvm.guests.limits import Limits
from contractvm.guests.recording import Recorder
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.runtime.gas_meter import GasMeter
from contractvm.wasm.interpreter.trace import Trace
from gas_schedule.schedule import HostCost


class HostMeter(GasMeter):
    """A gas meter that keeps the sum of what host functions were charged."""

    def __init__(self, counter: Any, units_per_gas: int) -> None:
        super().__init__(counter, units_per_gas)
        self.charged = 0

    def charge(self, units: int) -> None:
        """Take `units`; if fewer are left, take all and raise OutOfGas."""
        left = self._counter.value
        if units > left:
            self._counter.value = 0
            self.charged += left
            raise OutOfGas(units - left, self.units_per_gas)
        self._counter.value = left - units
        self.charged += units


class TracingMeter(HostMeter):
    """The meter of a traced instance: it also keeps who was charged, and where.

    `charged_at` has units by the node of the call tree and the host function's name.
    `has_failed` says that a host function's charge was more than was left.
    """

    def __init__(
        self,
        counter: Any,
        units_per_gas: int,
        trace: Trace,
        calls: "Calls",
    ) -> None:
        super().__init__(counter, units_per_gas)
        self.trace = trace
        self.charged_at: dict[tuple[int, str], int] = {}
        self.has_failed = False
        self._calls = calls

    def charge(self, units: int) -> None:
        """Take `units`; if fewer are left, take all and raise OutOfGas."""
        before = self.left
        self.has_failed = units > before
        place = (self.trace.current_node, self._calls.last_call)
        taken = min(units, before)
        self.charged_at[place] = self.charged_at.get(place, 0) + taken
        super().charge(units)


class Calls(Protocol):
    """Calls of host functions, counted by name; `last_call` is the last one's name."""

    last_call: str

    @property
    def host_calls(self) -> dict[str, int]:
        """The numbers of calls, to be cleared by who has read them."""

    def count_call(self, name: str) -> None:
        """Count one call; raises LimitExceeded."""


class CallCounter:
    """Counts calls of host functions by name, up to a limit."""

    def __init__(self, limit: int) -> None:
        self.host_calls: dict[str, int] = {}
        self.last_call = ""
        self._limit = limit
        self._left = limit

    def count_call(self, name: str) -> None:
        """Count one call; raises LimitExceeded."""
        if not self._left:
            raise LimitExceeded("host_calls", self._limit)
        self._left -= 1
        self.host_calls[name] = self.host_calls.get(name, 0) + 1
        self.last_call = name


class GuestFrame:
    """One instance of a guest, seen from its host functions.

    `units_given` are those that the instance was given in all its calls. `recorder`
    keeps calls for a tape, if there is to be one. `counter` counts calls. An ABI with
    state of its own adds it in a subclass.
    `costs` has the prices of the ABI's functions by import module and name. `answer` is
    what the last host function left for `guests.take`.
    """

    def __init__(
        self, limits: Limits, costs: Mapping[str, Mapping[str, HostCost]]
    ) -> None:
        self.limits = limits
        self.costs = costs
        self.count_with(CallCounter(limits.host_calls))
        self.answer = b""
        self.recorder: Recorder | None = None
        self.units_given = 0
        self.memory: GuestMemory
        self.meter: HostMeter

    def count_with(self, counter: Calls) -> None:
        """Have this counter count the calls; `count_call` is its own, a step less."""
        self.counter = counter
        self.count_call = counter.count_call

    def release(self) -> None:
        """Release the instance; no host function may run after this."""
        self.__dict__.pop("memory", None)
        self.__dict__.pop("meter", None)

    @property
    def units_used(self) -> int:
        """Units that the run has used so far."""
        return self.units_given - self.meter.left

    def grant(self, units: int) -> None:
        """Give the run more gas, in units."""
        self.units_given += units


class Context:
    """What a host function sees of the run that called it: its first parameter.

    Memory is read and written as copies; a range outside it traps.
    """

    __slots__ = ("_frame",)

    def __init__(self, frame: GuestFrame) -> None:
        self._frame = frame

    def read(self, pointer: int, length: int) -> bytes:
        """Bytes of the guest's memory."""
        return self._frame.memory.read(pointer, length)

    def write(self, pointer: int, data: bytes) -> None:
        """Write to the guest's memory."""
        self._frame.memory.write(pointer, data)
        if self._frame.recorder is not None:
            self._frame.recorder.write(pointer, data)

    @property
    def gas_left(self) -> int:
        """Whole gas that the run has left."""
        return self._frame.meter.gas_left

    def charge(self, gas: int) -> None:
        """Charge more than the function's price; where gas runs out, the run ends."""
        if gas < 0:
            raise ValueError(f"gas is {gas}, below 0")
        self._frame.meter.charge(self._frame.meter.to_units(gas))
