"""Times and durations as text: seconds, ISO 8601 in UTC, `90`, `2h`, `7d`."""

import re
from calendar import timegm
from datetime import UTC, datetime, timedelta

from chain_sim.ethereum.primitives.text import InvalidText
from contractvm_cli.parameters import ParsedText

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECONDS = re.compile(r"[0-9]+")
LENGTH = re.compile(r"([0-9]+)(s|m|h|d|w|)")
MAX_DIGITS = 20
SECONDS_OF_UNIT = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
# The last second that datetime can show.
LAST_SHOWN = 253_402_300_799


def time_text(timestamp: int) -> str:
    """`2023-11-14T22:13:20Z`; seconds if the year would have five digits."""
    if timestamp > LAST_SHOWN:
        return f"{timestamp} s"
    return f"{(EPOCH + timedelta(seconds=timestamp)).replace(tzinfo=None).isoformat()}Z"


def parse_time(text: str) -> int:
    """Seconds since 1970, from digits or a date and time; raises InvalidText.

    Without a zone it is UTC.
    """
    if SECONDS.fullmatch(text):
        return _seconds("a time", text, text)
    reason = "give seconds since 1970, or 2030-01-31T12:00:00Z"
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        timestamp = timegm(moment.utctimetuple())
    except (ValueError, OverflowError) as error:
        raise InvalidText("a time", text, reason) from error
    if moment.microsecond or timestamp < 0:
        raise InvalidText("a time", text, f"{reason}; whole seconds, from 1970")
    return timestamp


def parse_length(text: str) -> int:
    """Seconds, from `90`, `90s`, `5m`, `2h`, `7d` or `1w`; raises InvalidText."""
    found = LENGTH.fullmatch(text)
    if not found:
        reason = "give seconds, or 5m, 2h, 7d, 1w"
        raise InvalidText("a length of time", text, reason)
    return _seconds("a length of time", text, found[1]) * SECONDS_OF_UNIT[found[2]]


def _seconds(kind: str, text: str, digits: str) -> int:
    if len(digits) > MAX_DIGITS:
        reason = f"{len(digits)} digits: later than a block can be"
        raise InvalidText(kind, text, reason)
    return int(digits)


class TimeText(ParsedText):
    """A point in time."""

    name = "time"

    def parse(self, text: str) -> int:
        """Seconds since 1970."""
        return parse_time(text)


class LengthText(ParsedText):
    """A duration."""

    name = "length"

    def parse(self, text: str) -> int:
        """Seconds."""
        return parse_length(text)


TIME = TimeText()
LENGTH_OF_TIME = LengthText()
