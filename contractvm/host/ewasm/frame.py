"""What one running contract's host functions share."""

from contractvm.errors import Trap, TrapCode
from contractvm.host.gas_meter import GasMeter
from contractvm.host.guest_memory import GuestMemory
from contractvm.host.interface import Host, Message, MessageKind
from gas_schedule.schedule import GasSchedule


class Frame:
    """One message call in progress, seen from its host functions.

    `code` is what codeCopy shows: the account's code, or the init code during a
    creation. `memory` and `meter` exist once the module is instantiated.
    """

    memory: GuestMemory
    meter: GasMeter

    def __init__(
        self, host: Host, message: Message, code: bytes, schedule: GasSchedule
    ) -> None:
        self.host = host
        self.message = message
        self.code = code
        self.schedule = schedule
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
        self.meter.charge(self.schedule.host[name].for_bytes(length))

    def charge_amount(self, name: str, amount: str, count: int = 1) -> None:
        """Charge `count` times what host function `name` costs under a condition."""
        self.meter.charge(self.schedule.host[name].amounts[amount] * count)

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
