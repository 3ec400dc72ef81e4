"""The gas meter: everything that host functions charge goes through it."""

from typing import Protocol

from contractvm.errors import InternalError, OutOfGas

# The counter's limit, in units: it is signed, and below zero once gas has run out.
GREATEST_GAS = 2**63 - 1


class Counter(Protocol):
    """The instrumented module's gas counter: an i64, unsigned in Python."""

    value: int


class GasMeter:
    """Charges the counter that the running code itself counts down.

    The counter is in units of the schedule; host costs are in gas. Gas is shown
    rounded down, so a contract never sees more than it can spend.
    """

    def __init__(self, counter: Counter, units_per_gas: int) -> None:
        self._counter = counter
        self.units_per_gas = units_per_gas

    @property
    def left(self) -> int:
        """Units left."""
        return self._counter.value

    @property
    def gas_left(self) -> int:
        """Whole gas left."""
        return self._counter.value // self.units_per_gas

    def charge(self, units: int) -> None:
        """Take `units`; if fewer are left, take all and raise OutOfGas."""
        left = self._counter.value - units
        if left < 0:
            self._counter.value = 0
            raise OutOfGas(-left, self.units_per_gas)
        self._counter.value = left

    def give_back(self, units: int) -> None:
        """Give back what a sub-call left."""
        left = self._counter.value + units
        if left > GREATEST_GAS:
            # Only where a schedule's stipend is more than its value transfer costs.
            raise InternalError("more gas came back than the counter holds")
        self._counter.value = left

    def to_units(self, gas: int) -> int:
        """`gas` in units of the schedule."""
        return gas * self.units_per_gas
