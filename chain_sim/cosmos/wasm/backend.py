"""What the chain supplies to a contract: its store, and addresses."""

from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import SdkOutOfGas
from chain_sim.cosmos.state.stores import GasIterator, prefix_end
from chain_sim.cosmos.wasm.records import STORAGE_KEY
from contractvm.hosts.cosmwasm.backend import AddressRefused, Cost, Order, Pair
from contractvm.hosts.cosmwasm.errors import BackendErr, BackendOutOfGas

CANONICALIZE, HUMANIZE = 4, 5
MAX_ITERATORS = 32_768


class ContractStorage:
    """A contract's keys in the wasm store; iterators count from 0."""

    def __init__(self, context: Context, address: bytes) -> None:
        self._store = context.wasm
        self._meter = context.meter
        self._multiplier = context.rules.multiplier
        self._prefix = STORAGE_KEY + address
        self._iterators: list[GasIterator] = []

    def get(self, key: bytes) -> tuple[bytes | None, Cost]:
        """See Storage."""
        before = self._meter.used
        try:
            value = self._store.get(self._prefix + key)
        except SdkOutOfGas as error:
            raise BackendOutOfGas from error
        return value, self._since(before)

    def set(self, key: bytes, value: bytes) -> Cost:
        """See Storage."""
        before = self._meter.used
        try:
            self._store.set(self._prefix + key, value)
        except SdkOutOfGas as error:
            raise BackendOutOfGas from error
        return self._since(before)

    def remove(self, key: bytes) -> Cost:
        """See Storage."""
        before = self._meter.used
        try:
            self._store.delete(self._prefix + key)
        except SdkOutOfGas as error:
            raise BackendOutOfGas from error
        return self._since(before)

    def scan(
        self, start: bytes | None, end: bytes | None, order: Order
    ) -> tuple[int, Cost]:
        """See Storage."""
        if len(self._iterators) >= MAX_ITERATORS:
            raise BackendErr(f"Reached iterator limit ({MAX_ITERATORS})")
        before = self._meter.used
        first = self._prefix + (start or b"")
        last = prefix_end(self._prefix) if end is None else self._prefix + end
        try:
            iterator = self._store.iterate(
                first, last, is_reverse=order is Order.DESCENDING
            )
        except SdkOutOfGas as error:
            raise BackendOutOfGas from error
        self._iterators.append(iterator)
        return len(self._iterators) - 1, self._since(before)

    def next(self, iterator: int) -> tuple[Pair | None, Cost]:
        """See Storage."""
        if iterator >= len(self._iterators):
            raise BackendErr(f"Iterator with ID {iterator} does not exist")
        found = self._iterators[iterator]
        if found.entry is None:
            return None, Cost()
        key, value = found.entry
        before = self._meter.used
        try:
            found.move()
        except SdkOutOfGas as error:
            raise BackendOutOfGas from error
        return (key[len(self._prefix) :], value), self._since(before)

    def _since(self, before: int) -> Cost:
        return Cost(external=(self._meter.used - before) * self._multiplier)


class ChainApi:
    """Addresses of the chain; their gas is the contract's."""

    def __init__(self, context: Context) -> None:
        self._book = context.addresses
        multiplier = context.rules.multiplier
        self._canonicalize = Cost(CANONICALIZE * multiplier)
        self._humanize = Cost(HUMANIZE * multiplier)
        self._both = Cost((CANONICALIZE + HUMANIZE) * multiplier)

    def validate(self, text: str) -> Cost:
        """See Api."""
        fault = self._book.fault(text)
        if fault is not None:
            raise AddressRefused(fault, self._canonicalize)
        if self._book.text(self._book.data(text)) != text:
            raise AddressRefused("address not normalized", self._both)
        return self._both

    def canonicalize(self, text: str) -> tuple[bytes, Cost]:
        """See Api."""
        fault = self._book.fault(text)
        if fault is not None:
            raise AddressRefused(fault, self._canonicalize)
        return self._book.data(text), self._canonicalize

    def humanize(self, canonical: bytes) -> tuple[str, Cost]:
        """See Api."""
        if not canonical:
            reason = "addresses cannot be empty: unknown address"
            raise AddressRefused(reason, self._humanize)
        return self._book.text(canonical), self._humanize
