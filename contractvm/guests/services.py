"""Host functions that functions of an ABI call, in a run and in its replay."""

from typing import Any, Protocol

from contractvm.guests.frame import GuestFrame
from contractvm.guests.host_functions import (
    HostFunctionSpec,
    LinkedFunction,
    call_host_function,
)
from contractvm.guests.passing import ByValue
from contractvm.guests.recording import Player

Key = tuple[str, str]


class Services(Protocol):
    """What an ABI may ask of the capabilities of a run: functions of bytes to bytes."""

    def has(self, key: Key) -> bool:
        """Whether the run has a function of this module and name."""

    def call(self, key: Key, frame: GuestFrame, data: bytes) -> Any:
        """Call one that it has, at its price; the raw result.

        What it answers in bytes is then `frame.answer`. Raises what ends a run.
        """


class CapabilityServices:
    """The functions of a run's capabilities, but those that are async."""

    def __init__(self, specs: list[HostFunctionSpec]) -> None:
        self._specs = {spec.key: spec for spec in specs if not spec.is_async}

    def has(self, key: Key) -> bool:
        """Whether a capability has the function."""
        return key in self._specs

    def call(self, key: Key, frame: GuestFrame, data: bytes) -> Any:
        """Call it."""
        linked = LinkedFunction(self._specs[key], ByValue(data))
        return call_host_function(linked, frame, (0, len(data)))


class RecordedServices:
    """The answers on a tape."""

    def __init__(self, player: Player) -> None:
        self._player = player

    def has(self, key: Key) -> bool:
        """Whether it was called."""
        return self._player.has_call(".".join(key))

    def call(self, key: Key, frame: GuestFrame, data: bytes) -> Any:
        """The recorded answer; raises ReplayDiverged."""
        return self._player.answer(*key, (0, len(data)), frame, ByValue(data))
