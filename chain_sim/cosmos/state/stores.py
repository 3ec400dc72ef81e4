"""Stores of the chain's modules, and their gas."""

from chain_sim.cosmos.gas import (
    DELETE,
    HAS,
    NEXT_BYTE,
    NEXT_FLAT,
    READ_BYTE,
    READ_FLAT,
    WRITE_BYTE,
    WRITE_FLAT,
    SdkGasMeter,
)
from chain_sim.cosmos.state.ordered_state import OrderedState

# The first byte of a module's keys in the state; it is no part of what gas counts.
AUTH, BANK, WASM = b"a", b"b", b"w"


def prefix_end(prefix: bytes) -> bytes:
    """The first key after all that begin with `prefix`, which is not all 255."""
    stripped = prefix.rstrip(b"\xff")
    return stripped[:-1] + bytes([stripped[-1] + 1])


class GasStore:
    """One module's keys: every access is counted on the meter."""

    def __init__(self, state: OrderedState, module: bytes, meter: SdkGasMeter) -> None:
        self._state = state
        self._module = module
        self._meter = meter

    def get(self, key: bytes) -> bytes | None:
        """The value of `key`, None if there is none."""
        consume = self._meter.consume
        consume(READ_FLAT, "ReadFlat")
        value = self._state.get(self._module + key)
        consume(READ_BYTE * (len(key) + len(value or b"")), "ReadPerByte")
        return value

    def has(self, key: bytes) -> bool:
        """Whether there is a value."""
        self._meter.consume(HAS, "Has")
        return self._state.get(self._module + key) is not None

    def set(self, key: bytes, value: bytes) -> None:
        """Write a value."""
        self._meter.consume(WRITE_FLAT, "WriteFlat")
        self._meter.consume(WRITE_BYTE * (len(key) + len(value)), "WritePerByte")
        self._state.set(self._module + key, value)

    def delete(self, key: bytes) -> None:
        """Remove a key, which need not exist."""
        self._meter.consume(DELETE, "Delete")
        self._state.delete(self._module + key)

    def iterate(
        self, start: bytes, end: bytes, *, is_reverse: bool = False
    ) -> "GasIterator":
        """An iterator from `start` until before `end`; making it costs a step."""
        return GasIterator(
            self._state,
            self._meter,
            (self._module + start, self._module + end),
            is_reverse=is_reverse,
        )


class GasIterator:
    """Walks over a range of a store; `entry` is where it is, None at the end.

    Keys of entries are without the module's byte. Writes to the range during the walk
    are seen where the walk has not been.
    """

    def __init__(
        self,
        state: OrderedState,
        meter: SdkGasMeter,
        bounds: tuple[bytes, bytes],
        *,
        is_reverse: bool,
    ) -> None:
        self._state = state
        self._meter = meter
        self._start, self._end = bounds
        self._is_reverse = is_reverse
        self._find()
        self._charge()

    def move(self) -> None:
        """Go to the next entry; the step costs by the entry that is left."""
        self._charge()
        if self.entry is None:
            return
        if self._is_reverse:
            self._end = self._key
        else:
            self._start = self._key + b"\0"
        self._find()

    def _find(self) -> None:
        if self._is_reverse:
            key = self._state.preceding(self._end, self._start)
        else:
            key = self._state.following(self._start, self._end)
        self._key = key or b""
        value = None if key is None else self._state.get(key)
        self.entry = None if value is None else (self._key[1:], value)

    def _charge(self) -> None:
        if self.entry is not None:
            size = len(self.entry[0]) + len(self.entry[1])
            self._meter.consume(NEXT_BYTE * size, "ValuePerByte")
        self._meter.consume(NEXT_FLAT, "IterNextCostFlat")
