"""The frame of a message call: what the host functions of running code share."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.interface import CREATE, Host, Message
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.runtime.gas_meter import GasMeter
from gas_schedule.schedule import GasSchedule, HostCost

NO_COSTS: Mapping[str, HostCost] = MappingProxyType({})


class Frame:
    """One message call in progress, seen from its host functions.

    `code` is what codeCopy shows: the account's code, or the init code during a
    creation. `address` is the account whose storage is seen. `call_data` is the
    message's data; a creation has none, its data being the init code. `module` is what
    the host functions are imported from, `costs` has their prices by name. `memory` and
    `meter` exist from `begin` to `release`. `observer`, if given, is told of every
    charge.
    """

    __slots__ = (
        "_take",
        "address",
        "call_data",
        "code",
        "costs",
        "host",
        "memory",
        "message",
        "meter",
        "module",
        "observer",
        "return_data",
        "schedule",
    )

    memory: GuestMemory
    meter: GasMeter
    _take: Callable[[int], None]

    def __init__(
        self,
        host: Host,
        message: Message,
        code: bytes,
        schedule: GasSchedule,
        module: str,
        observer: FrameObserver | None = None,
    ) -> None:
        self.host = host
        self.message = message
        self.code = code
        self.schedule = schedule
        self.module = module
        self.costs = schedule.host_costs.get(module, NO_COSTS)
        self.observer = observer
        self.return_data = b""
        self.address = message.recipient
        self.call_data = b"" if message.kind is CREATE else message.data

    def begin(self, memory: GuestMemory, meter: GasMeter) -> None:
        """Let host functions run from now on."""
        self.memory = memory
        self.meter = meter
        self._take = meter.charge if self.observer is None else self._take_observed

    def release(self) -> None:
        """Release the instance; no host function may run after this."""
        del self.memory, self.meter, self._take

    def charge(self, name: str, length: int = 0) -> None:
        """Charge host function `name` for work on `length` bytes."""
        if self.observer is not None:
            self.observer.host_call(self.module, name, length)
        cost = self.costs[name]
        gas = cost.for_bytes(length) if length else cost.base
        self._take(gas * self.schedule.units_per_gas)

    def charge_amount(self, name: str, amount: str, count: int = 1) -> None:
        """Charge `count` times the conditional amount of host function `name`."""
        if self.observer is not None:
            self.observer.host_amount(self.module, name, amount, count)
        gas = self.costs[name].amounts.get(amount, 0) * count
        self._take(self.schedule.units_from_gas(gas))

    def charge_gas(self, name: str, gas: int) -> None:
        """Charge an amount that the contract named to host function `name`."""
        if self.observer is not None:
            self.observer.gas_named(self.module, name, gas)
        self._take(self.schedule.units_from_gas(gas))

    def _take_observed(self, units: int) -> None:
        try:
            self.meter.charge(units)
        except OutOfGas:
            if self.observer is not None:
                self.observer.charge_failed()
            raise

    def forward_gas(self, name: str, gas: int | None, has_stipend: bool = False) -> int:
        """Take `gas`, or all, for a callee, but leave a 64th (EIP-150); the units.

        `has_stipend` is only reported: the stipend is not taken from this frame.
        """
        left = self.meter.left
        if self.observer is not None:
            self.observer.gas_forwarded(name, gas, has_stipend, left)
        costs = self.schedule.section(TransactionCosts)
        units = left - left // costs.retained_gas_divisor
        if gas is not None:
            units = min(self.meter.to_units(gas), units)
        self.meter.charge(units)
        return units

    def require_not_static(self, name: str) -> None:
        """Trap if the call may not change state."""
        if self.message.is_static:
            raise refusal(f"{name} in a static call")


def refusal(detail: str) -> Trap:
    """The trap of a host function whose argument breaks a rule."""
    return Trap(TrapCode.HOST_REFUSED, detail)


def slice_exactly(buffer: bytes, offset: int, length: int, name: str) -> bytes:
    """`length` bytes of `buffer` from `offset`; a range that leaves it traps.

    Nothing is padded with zeros, unlike in the EVM.
    """
    if offset + length > len(buffer):
        raise refusal(
            f"{name}: bytes {offset} to {offset + length} of {len(buffer)} asked for"
        )
    return buffer[offset : offset + length]
