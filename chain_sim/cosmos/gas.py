"""Gas of the SDK: meters, and what stores and events cost."""

from dataclasses import dataclass, field

from chain_sim.cosmos.errors import SdkOutOfGas
from chain_sim.cosmos.gas_ledger import (
    BEYOND_LIMIT,
    NO_LEDGER,
    OUT_OF_GAS,
    GasLedger,
)

INFINITE = 2**64 - 1


@dataclass(slots=True)
class SdkGasMeter:
    """Counts gas by descriptor; the gas used may exceed the limit that stopped it.

    The `ledger` is told of what is counted.
    """

    limit: int = INFINITE
    used: int = 0
    by_descriptor: dict[str, int] = field(default_factory=dict)
    ledger: GasLedger = field(default=NO_LEDGER, repr=False, compare=False)

    @property
    def left(self) -> int:
        """What is left below the limit."""
        return max(self.limit - self.used, 0)

    @property
    def used_to_limit(self) -> int:
        """What was used, at most the limit."""
        return min(self.used, self.limit)

    @property
    def is_infinite(self) -> bool:
        """Whether there is no limit."""
        return self.limit == INFINITE

    @property
    def is_full(self) -> bool:
        """Whether nothing is left."""
        return not self.is_infinite and self.used >= self.limit

    def below(self, limit: int) -> "SdkGasMeter":
        """A meter with a limit of its own, for a part of what this one pays for."""
        return SdkGasMeter(limit, ledger=self.ledger)

    def fill(self) -> None:
        """Count all that is left."""
        if self.used < self.limit:
            self.ledger.consumed(self.limit - self.used, OUT_OF_GAS)
            self.used = self.limit

    def consume(self, gas: int, descriptor: str) -> None:
        """Count gas; raises SdkOutOfGas above the limit."""
        self.used += gas
        self.by_descriptor[descriptor] = self.by_descriptor.get(descriptor, 0) + gas
        self.ledger.consumed(gas, descriptor)
        if not self.is_infinite and self.used > self.limit:
            raise SdkOutOfGas(descriptor)

    def take_over(self, meter: "SdkGasMeter") -> None:
        """Count what another meter counted, up to its limit, under its descriptors."""
        total = meter.used_to_limit
        surplus = meter.used - total
        if surplus:
            self.ledger.consumed(-surplus, BEYOND_LIMIT)
        for descriptor, gas in meter.by_descriptor.items():
            counted = gas - min(gas, surplus)
            surplus -= gas - counted
            self.by_descriptor[descriptor] = (
                self.by_descriptor.get(descriptor, 0) + counted
            )
        self.used += total
        if not self.is_infinite and self.used > self.limit:
            raise SdkOutOfGas("consume gas from submessage")


READ_FLAT, READ_BYTE = 1_000, 3
WRITE_FLAT, WRITE_BYTE = 2_000, 30
HAS, DELETE = 1_000, 1_000
NEXT_FLAT, NEXT_BYTE = 30, 3

EVENT_ATTRIBUTE = 10
CUSTOM_EVENT = 20
FREE_EVENT_BYTES = 100
COMPILE_BYTE = 3
UNCOMPRESS_NUMERATOR, UNCOMPRESS_DENOMINATOR = 15, 100
SETUP = 60_000
PIN = 500_000

Attributes = list[tuple[str, str]]


def attribute_costs(attributes: Attributes, free_bytes: int) -> tuple[int, int]:
    """Gas for attributes, and how many free bytes are left."""
    if not attributes:
        return 0, free_bytes
    stored = sum(len(key.encode()) + len(value.encode()) for key, value in attributes)
    gas = EVENT_ATTRIBUTE * len(attributes) + max(stored - free_bytes, 0)
    return gas, max(free_bytes - stored, 0)


def event_costs(attributes: Attributes, events: list[tuple[str, Attributes]]) -> int:
    """Gas for what a contract's response emits."""
    gas, free = attribute_costs(attributes, FREE_EVENT_BYTES)
    for kind, listed in events:
        more, free = attribute_costs(listed, free)
        gas += CUSTOM_EVENT + len(kind.encode()) + more
    return gas


def reply_costs(events: list[tuple[str, Attributes]], base: int) -> int:
    """Gas for a reply that shows `events`, on top of `base`."""
    gas, free = base, FREE_EVENT_BYTES
    for kind, listed in events:
        more, free = attribute_costs(listed, free)
        gas += len(kind.encode()) + more
    return gas


def uncompress_costs(compressed_bytes: int) -> int:
    """Gas to unpack a gzip of that size."""
    return compressed_bytes * UNCOMPRESS_NUMERATOR // UNCOMPRESS_DENOMINATOR
