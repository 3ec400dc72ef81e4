"""What one running contract's host functions share."""

from contractvm.errors import OutOfGas, Trap, TrapCode
from contractvm.host.gas_meter import GasMeter
from contractvm.host.guest_memory import GuestMemory
from contractvm.host.interface import Host, Message, MessageKind
from contractvm.host.recording import FrameRecorder
from gas_schedule.schedule import GasSchedule


class Frame:
    """One message call in progress, seen from its host functions.

    `code` is what codeCopy shows: the account's code, or the init code during a
    creation. `memory` and `meter` exist once the module is instantiated. `recorder` is
    told of every charge, if there is one.
    """

    memory: GuestMemory
    meter: GasMeter

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

    @property
    def call_data(self) -> bytes:
        """The message's data; a creation has none, its data being the init code."""
        return b"" if self.is_creation else self.message.data

    @property
    def is_creation(self) -> bool:
        """True while init code runs."""
        return self.message.kind is MessageKind.CREATE

    @property
    def address(self) -> bytes:
        """The account whose storage this frame sees."""
        return self.message.recipient

    def release(self) -> None:
        """Let go of the instance; no host function may run after it."""
        vars(self).pop("memory", None)
        vars(self).pop("meter", None)

    def charge(self, name: str, length: int = 0) -> None:
        """Charge host function `name` for work on `length` bytes."""
        if self.recorder is not None:
            self.recorder.host_call(name, length)
        self._take(self.schedule.host[name].for_bytes(length))

    def charge_amount(self, name: str, amount: str, count: int = 1) -> None:
        """Charge `count` times what host function `name` costs under a condition."""
        if self.recorder is not None:
            self.recorder.host_amount(name, amount, count)
        self._take(self.schedule.host[name].amounts.get(amount, 0) * count)

    def charge_gas(self, name: str, gas: int) -> None:
        """Charge an amount that the contract named to host function `name`."""
        if self.recorder is not None:
            self.recorder.gas_named(name, gas)
        self._take(gas)

    def _take(self, gas: int) -> None:
        try:
            self.meter.charge(gas)
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
        self.meter.charge_units(units)
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
