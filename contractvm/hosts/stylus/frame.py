"""The frame of a program's call: what its host functions share."""

from contractvm.errors import OutOfGas
from contractvm.hosts.evm.frame import refusal
from contractvm.hosts.evm.interface import Message
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.hosts.stylus.chain import StylusHost
from contractvm.hosts.stylus.costs import AccessCosts, InkCosts
from contractvm.hosts.stylus.module_rules import HOOKS
from contractvm.hosts.stylus.storage_cache import StorageCache
from contractvm.runtime.gas_meter import GasMeter
from gas_schedule.schedule import GasSchedule

FREE_BYTES = 32  # of those that cross the boundary


class StylusFrame:
    """One call of a program in progress, seen from its host functions.

    `memory` and `meter`, which counts ink, exist from `begin` to `release`. `output` is
    what the program wrote last, `last_code` the address and the code of the account
    that it asked for last. `noted` is for a tracer: arguments and results of the
    current host function.
    """

    __slots__ = (
        "access",
        "cache",
        "costs",
        "host",
        "ink",
        "last_code",
        "memory",
        "message",
        "meter",
        "noted",
        "observer",
        "output",
        "parameters",
        "return_data",
        "schedule",
        "to_ink",
    )

    memory: GuestMemory
    meter: GasMeter

    def __init__(
        self,
        host: StylusHost,
        message: Message,
        schedule: GasSchedule,
        observer: FrameObserver | None = None,
    ) -> None:
        self.host = host
        self.message = message
        self.schedule = schedule
        self.costs = schedule.host_costs[HOOKS]
        self.ink = schedule.section(InkCosts)
        self.access = schedule.section(AccessCosts)
        self.parameters = host.parameters
        self.to_ink = self.parameters.to_ink
        self.observer = observer
        self.cache = StorageCache()
        self.output = b""
        self.return_data = b""
        self.last_code: tuple[bytes, bytes] | None = None
        self.noted: tuple[bytes, bytes] = (b"", b"")

    @property
    def address(self) -> bytes:
        """The account that the program acts for."""
        return self.message.recipient

    @property
    def gas_left(self) -> int:
        """Whole gas."""
        return self.meter.left // self.parameters.ink_price

    def begin(self, memory: GuestMemory, meter: GasMeter) -> None:
        """Let host functions run from now on."""
        self.memory = memory
        self.meter = meter

    def release(self) -> None:
        """Release the instance; no host function may run after this."""
        del self.memory, self.meter

    def charge(self, name: str) -> None:
        """Charge the base ink of a host function."""
        self.meter.charge(self.costs[name].base)

    def charge_gas(self, gas: int) -> None:
        """Charge gas, as ink."""
        self.meter.charge(self.to_ink(gas))

    def require_gas(self, gas: int) -> None:
        """Raise OutOfGas, and take all ink, unless that much gas is left."""
        short = self.to_ink(gas) - self.meter.left
        if short > 0:
            self.meter.charge(self.meter.left)
            raise OutOfGas(short, self.parameters.ink_price)

    def charge_written(self, length: int) -> None:
        """Charge bytes that go into the program's memory."""
        more = max(0, length - FREE_BYTES)
        self.meter.charge(self.ink.write_base + self.ink.write_per_byte * more)

    def charge_read(self, length: int, times: int = 1) -> None:
        """Charge bytes that come out of it; some functions pay twice."""
        more = max(0, length - FREE_BYTES)
        ink = self.ink.read_base + self.ink.read_per_byte * more
        self.meter.charge(times * ink)

    def require_not_static(self, name: str) -> None:
        """Trap if the call may not change state."""
        if self.message.is_static:
            raise refusal(f"{name} in a static call")

    def note(self, arguments: bytes, results: bytes = b"") -> None:
        """Keep for a tracer what the current host function took and gave."""
        self.noted = arguments, results
