"""What a chain supplies to a contract: storage, addresses and queries.

Every answer says what it cost: gas of the contract, and gas that the chain has used
already.
"""

from enum import Enum
from typing import NamedTuple, Protocol

from contractvm.errors import ContractVmError


class Cost(NamedTuple):
    """Gas of an answer: `internal` is charged as the contract's, `external` apart."""

    internal: int = 0
    external: int = 0


class Order(Enum):
    """The order of a range of keys, by the number that contracts pass."""

    ASCENDING = 1
    DESCENDING = 2


Pair = tuple[bytes, bytes]


class Storage(Protocol):
    """A contract's keys and values, and the iterators of one call."""

    def get(self, key: bytes) -> tuple[bytes | None, Cost]:
        """The value of `key`, None if there is none."""
        ...

    def set(self, key: bytes, value: bytes) -> Cost:
        """Write a value."""
        ...

    def remove(self, key: bytes) -> Cost:
        """Remove a key, which need not exist."""
        ...

    def scan(
        self, start: bytes | None, end: bytes | None, order: Order
    ) -> tuple[int, Cost]:
        """The number of a new iterator, from `start` until before `end`."""
        ...

    def next(self, iterator: int) -> tuple[Pair | None, Cost]:
        """The next key and value, None at the end; raises BackendErr."""
        ...


class AddressRefused(ContractVmError):
    """An address, or its bytes, are not good; the contract learns the `reason`."""

    def __init__(self, reason: str, cost: Cost) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cost = cost


class Api(Protocol):
    """Addresses; every method raises AddressRefused."""

    def validate(self, text: str) -> Cost:
        """Check an address."""
        ...

    def canonicalize(self, text: str) -> tuple[bytes, Cost]:
        """The bytes of an address."""
        ...

    def humanize(self, canonical: bytes) -> tuple[str, Cost]:
        """The text of an address."""
        ...


class Querier(Protocol):
    """Answers to what contracts ask the chain."""

    def query(self, request: bytes, gas_limit: int) -> tuple[bytes | None, int]:
        """The JSON of a SystemResult, None if gas ran out; and the external gas."""
        ...


class Backend(NamedTuple):
    """All that a chain supplies."""

    storage: Storage
    api: Api
    querier: Querier
