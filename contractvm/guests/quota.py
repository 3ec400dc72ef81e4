"""Quotas: a token bucket of gas for each tenant, and a bound on its open runs."""

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from time import monotonic_ns

from contractvm.errors import ContractVmError
from contractvm.guests.limits import Limits


class QuotaExceeded(ContractVmError):
    """A tenant has no gas for this run now; `retry_after` is in seconds.

    It is None where waiting alone does not help: more is asked for than the burst, or
    all allowed runs are open.
    """

    def __init__(self, reason: str, retry_after: float | None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


NANO = 10**9


@dataclass(slots=True)
class Reservation:
    """Gas set aside for one run; give it to `Quota.settle` with what the run used."""

    gas: int
    is_open: bool = True

    @property
    def limits(self) -> Limits:
        """The default limits with this gas."""
        return Limits(gas=self.gas)


class Quota:
    """Gas that refills at `gas_per_second` up to `burst`, and at most `runs` at once.

    A run reserves its whole limit and gets back what it did not use. All is counted in
    whole billionths of gas, so nothing is lost to rounding. Threads may share a quota.
    `clock` gives nanoseconds and never goes back.
    """

    def __init__(
        self,
        gas_per_second: int,
        burst: int,
        *,
        runs: int | None = None,
        clock: Callable[[], int] = monotonic_ns,
    ) -> None:
        if gas_per_second < 0 or burst < 0:
            raise ValueError("gas_per_second and burst are at least 0")
        self.gas_per_second = gas_per_second
        self.burst = burst
        self.runs = runs
        self._clock = clock
        self._lock = Lock()
        self._open = 0
        self._level = burst * NANO
        self._updated = clock()

    @property
    def available(self) -> int:
        """Whole gas that can be reserved now."""
        with self._lock:
            self._refill()
            return self._level // NANO

    def reserve(self, gas: int) -> Reservation:
        """Set gas aside for a run with that limit; raises QuotaExceeded."""
        if gas < 0:
            raise ValueError(f"gas is {gas}, below 0")
        with self._lock:
            self._refill()
            if self.runs is not None and self._open >= self.runs:
                raise QuotaExceeded(f"{self._open} runs are open already", None)
            missing = gas * NANO - self._level
            if missing > 0:
                wait = None
                if gas <= self.burst and self.gas_per_second:
                    wait = -(-missing // self.gas_per_second) / NANO
                available = self._level // NANO
                raise QuotaExceeded(f"{gas} gas asked for, {available} available", wait)
            self._level = -missing
            self._open += 1
            return Reservation(gas)

    def settle(self, reservation: Reservation, used: int) -> None:
        """End a run that used so much gas; the rest is available again.

        ValueError for a reservation that is settled already.
        """
        with self._lock:
            if not reservation.is_open:
                raise ValueError("the reservation is settled already")
            reservation.is_open = False
            self._refill()
            self._add(max(0, reservation.gas - used) * NANO)
            self._open -= 1

    def _refill(self) -> None:
        now = self._clock()
        self._add(max(0, now - self._updated) * self.gas_per_second)
        self._updated = now

    def _add(self, billionths: int) -> None:
        self._level = min(self.burst * NANO, self._level + billionths)
