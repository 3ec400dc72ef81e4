"""The frame of a program's call: what its host functions share."""

from contractvm.errors import OutOfGas
from contractvm.hosts.amounts import Amount
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
    current host function. `line` is for an observer: the group and the label of that
    function in a gas report, and its name.
    """

    __slots__ = (
        "access",
        "cache",
        "costs",
        "host",
        "ink",
        "last_code",
        "line",
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
        self.line = ("host", "", "")

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
        self.charge_ink(self.costs[name].base)

    def charge_ink(self, ink: int, what: str = "", key: bytes = b"") -> None:
        """Charge ink; `what` says for what beside the function's base, if for more."""
        if self.observer is None:
            self.meter.charge(ink)
            return
        left = self.meter.left
        try:
            self.meter.charge(ink)
        finally:
            self.report(left - self.meter.left, what, key)

    def charge_gas(self, gas: int, what: str, key: bytes = b"") -> None:
        """Charge gas, as ink."""
        self.charge_ink(self.to_ink(gas), what, key)

    def charge_call(self, base: int, used: int) -> None:
        """Charge the gas of a call: `used` is the callee's, which has a report."""
        if self.observer is None:
            self.meter.charge(self.to_ink(base + used))
            return
        left = self.meter.left
        try:
            self.meter.charge(self.to_ink(base + used))
        finally:
            own = left - self.meter.left - self.to_ink(used)
            self.report(own, "account" if own >= 0 else "not paid")

    def report(self, ink: int, what: str, key: bytes = b"") -> None:
        """Tell the observer of ink that the current host function took."""
        if self.observer is not None:
            group, label, name = self.line
            line = f"{label}, {what}" if what else label
            self.observer.amount_charged(Amount(group, line, ink, name, key))

    def require_gas(self, gas: int) -> None:
        """Raise OutOfGas, and take all ink, unless that much gas is left."""
        short = self.to_ink(gas) - self.meter.left
        if short > 0:
            self.meter.charge(self.meter.left)
            raise OutOfGas(short, self.parameters.ink_price)

    def charge_written(self, length: int) -> None:
        """Charge bytes that go into the program's memory."""
        more = max(0, length - FREE_BYTES)
        ink = self.ink.write_base + self.ink.write_per_byte * more
        self.charge_ink(ink, "bytes written")

    def charge_read(self, length: int, times: int = 1) -> None:
        """Charge bytes that come out of it; some functions pay twice."""
        more = max(0, length - FREE_BYTES)
        ink = self.ink.read_base + self.ink.read_per_byte * more
        self.charge_ink(times * ink, "bytes read")

    def require_not_static(self, name: str) -> None:
        """Trap if the call may not change state."""
        if self.message.is_static:
            raise refusal(f"{name} in a static call")

    def note(self, arguments: bytes, results: bytes = b"") -> None:
        """Keep for a tracer what the current host function took and gave."""
        self.noted = arguments, results
