"""What one running contract's host functions share."""

from collections.abc import Callable

from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.hosts.evm.interface import CREATE, Host, Message
from contractvm.hosts.evm.observer import FrameRecorder
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.runtime.gas_meter import GasMeter
from gas_schedule.schedule import GasSchedule


class Frame:
    """One message call in progress, seen from its host functions.

    `code` is what codeCopy shows: the account's code, or the init code during a
    creation. `address` is the account whose storage is seen. `call_data` is the
    message's data; a creation has none, its data being the init code. `memory` and
    `meter` are there from `begin` to `release`. `recorder` is told of every charge, if
    there is one.
    """

    __slots__ = (
        "_take",
        "address",
        "call_data",
        "code",
        "host",
        "memory",
        "message",
        "meter",
        "recorder",
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
        recorder: FrameRecorder | None = None,
    ) -> None:
        self.host = host
        self.message = message
        self.code = code
        self.schedule = schedule
        self.recorder = recorder
        self.return_data = b""
        self.address = message.recipient
        self.call_data = b"" if message.kind is CREATE else message.data

    def begin(self, memory: GuestMemory, meter: GasMeter) -> None:
        """Host functions may run from now on."""
        self.memory = memory
        self.meter = meter
        self._take = meter.charge if self.recorder is None else self._take_and_tell

    def release(self) -> None:
        """Let go of the instance; no host function may run after it."""
        del self.memory, self.meter, self._take

    def charge(self, name: str, length: int = 0) -> None:
        """Charge host function `name` for work on `length` bytes."""
        if self.recorder is not None:
            self.recorder.host_call(name, length)
        schedule = self.schedule
        cost = schedule.host[name]
        gas = cost.for_bytes(length) if length else cost.base
        self._take(gas * schedule.units_per_gas)

    def charge_amount(self, name: str, amount: str, count: int = 1) -> None:
        """Charge `count` times what host function `name` costs under a condition."""
        if self.recorder is not None:
            self.recorder.host_amount(name, amount, count)
        gas = self.schedule.host[name].amounts.get(amount, 0) * count
        self._take(self.schedule.units_from_gas(gas))

    def charge_gas(self, name: str, gas: int) -> None:
        """Charge an amount that the contract named to host function `name`."""
        if self.recorder is not None:
            self.recorder.gas_named(name, gas)
        self._take(self.schedule.units_from_gas(gas))

    def _take_and_tell(self, units: int) -> None:
        try:
            self.meter.charge(units)
        except OutOfGas:
            if self.recorder is not None:
                self.recorder.charge_failed()
            raise

    def forward_gas(self, name: str, gas: int | None, has_stipend: bool = False) -> int:
        """Take `gas`, or all, for a callee, but leave a 64th (EIP-150); the units.

        `has_stipend` is only told: the stipend is not taken from this frame.
        """
        left = self.meter.left
        if self.recorder is not None:
            self.recorder.gas_forwarded(name, gas, has_stipend, left)
        units = left - left // self.schedule.transaction["retained_gas_divisor"]
        if gas is not None:
            units = min(self.meter.to_units(gas), units)
        self.meter.charge(units)
        return units

    def require_not_static(self, name: str) -> None:
        """Trap where the call may not change state."""
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
