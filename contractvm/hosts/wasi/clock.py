"""The virtual clock: time is gas that was used, and sleep that was asked for."""

from dataclasses import dataclass

NANOSECONDS = 1_000_000_000
YEAR_2000 = 946_684_800 * NANOSECONDS
MAX_TIME = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Clock:
    """What time a program is told; no real time is in it.

    `start` is the real time when the run begins, in nanoseconds since 1970 (default:
    2000-01-01). A gas takes `nanoseconds_per_gas`; in a `frozen` clock it takes none,
    and only sleep moves the time.
    """

    start: int = YEAR_2000
    nanoseconds_per_gas: int = 100
    frozen: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.start <= MAX_TIME:
            raise ValueError(f"start is {self.start}, not 0 to 2^64 - 1")
        if self.nanoseconds_per_gas < 0:
            raise ValueError(
                f"nanoseconds_per_gas is {self.nanoseconds_per_gas}, below 0"
            )


class RunningClock:
    """The clock of one run: what has elapsed, which never goes back.

    It stops at the end of its range, when `start` and what has elapsed are 2^64 - 1.
    """

    __slots__ = ("_clock", "_most", "_slept")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._slept = 0
        self._most = MAX_TIME - clock.start

    def elapsed(self, units_used: int, units_per_gas: int) -> int:
        """Nanoseconds since the run began, when that many units have been used."""
        clock = self._clock
        if clock.frozen:
            return self._slept
        ran = units_used * clock.nanoseconds_per_gas // units_per_gas
        return min(self._slept + ran, self._most)

    def real_time(self, elapsed: int) -> int:
        """Nanoseconds since 1970, when that many have elapsed."""
        return self._clock.start + elapsed

    def sleep(self, nanoseconds: int) -> None:
        """Move on at once."""
        self._slept = min(self._slept + nanoseconds, self._most)
