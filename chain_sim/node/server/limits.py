"""Limits of the server: sizes, counts and times."""

from msgspec import Struct

MIB = 1024 * 1024


class Limits(Struct, frozen=True):
    """What one client may ask for; times in seconds.

    `request_bytes` bounds a body and a WebSocket message, `answer_bytes` the answers
    to a batch of at most `batch` requests. A connection whose reader is
    `unsent_messages` behind is closed.
    """

    request_bytes: int = 16 * MIB
    answer_bytes: int = 64 * MIB
    batch: int = 1_000
    connections: int = 256
    header_bytes: int = 64 * 1024
    arrival_seconds: int = 30
    unsent_messages: int = 10_000
    end_seconds: int = 5


DEFAULT_LIMITS = Limits()
