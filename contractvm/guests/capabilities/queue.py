"""A queue of messages that a run leaves for its caller."""

from collections.abc import Sequence

from contractvm.errors import LimitExceeded
from contractvm.guests.conversions import I32
from contractvm.guests.host_functions import HostFunctionSpec, host_function


class Queue:
    """Messages of bytes; `messages` has those of runs that succeeded, in order.

    Guests import `put(message) -> 0` from `capability:queue`. A run may put
    `max_messages` of `max_bytes` in all.
    """

    def __init__(self, max_messages: int = 1_000, max_bytes: int = 1 << 20) -> None:
        self.messages: list[bytes] = []
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._pending: list[bytes] = []
        self._size = 0

    def functions(self) -> Sequence[HostFunctionSpec]:
        """The function of `capability:queue`."""
        return [host_function(self._put, module="capability:queue", name="put")]

    def begin(self) -> None:
        """Start without messages."""
        self._pending = []
        self._size = 0

    def commit(self) -> None:
        """Hand the messages over."""
        self.messages += self._pending
        self.begin()

    def discard(self) -> None:
        """Forget the messages."""
        self.begin()

    def _put(self, message: bytes) -> I32:
        if len(self._pending) == self._max_messages:
            raise LimitExceeded("messages", self._max_messages)
        if self._size + len(message) > self._max_bytes:
            raise LimitExceeded("message_bytes", self._max_bytes)
        self._size += len(message)
        self._pending.append(message)
        return 0
