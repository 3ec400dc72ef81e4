"""How runs end, as values."""

from typing import TypeAlias

from msgspec import Struct

from contractvm.errors import TrapCode


class Exited(Struct, frozen=True, tag=True):
    """The program ended, by returning (code 0) or with an exit code (unsigned)."""

    code: int

    def __str__(self) -> str:
        return f"exited with code {self.code}"


class Returned(Struct, frozen=True, tag=True):
    """A call of an export returned; `Result.value` is what it returned."""

    def __str__(self) -> str:
        return "returned"


class Trapped(Struct, frozen=True, tag=True):
    """A trap of the guest; `detail` says more where a host function refused."""

    code: TrapCode
    detail: str = ""

    def __str__(self) -> str:
        return f"trapped: {self.code.value}" + (f": {self.detail}" * bool(self.detail))


class RanOutOfGas(Struct, frozen=True, tag=True):
    """The next charge needed `short_by` units more than were left."""

    short_by: int

    def __str__(self) -> str:
        return f"out of gas, {self.short_by} units short"


class LimitReached(Struct, frozen=True, tag=True):
    """The run needed more than a limit allows; `which` is the limit's name."""

    which: str
    limit: int

    def __str__(self) -> str:
        return f"more than {self.limit} {self.which.replace('_', ' ')}"


class Failed(Struct, frozen=True, tag=True):
    """The guest said itself that the call failed, with an error text."""

    error: str

    def __str__(self) -> str:
        return f"failed: {self.error}"


class DeadlineExceeded(Struct, frozen=True, tag=True):
    """The seconds of the limits were over; `units` had been used."""

    units: int

    def __str__(self) -> str:
        return "the deadline is exceeded"


class Cancelled(Struct, frozen=True, tag=True):
    """The caller cancelled the run; `units` had been used."""

    units: int

    def __str__(self) -> str:
        return "cancelled"


class HostFailed(Struct, frozen=True, tag=True):
    """A host function raised: a fault of the host, which the guest did not see.

    `Result.exception` is the exception, with its traceback.
    """

    function: str
    error: str

    def __str__(self) -> str:
        return f"the host function {self.function} failed: {self.error}"


Outcome: TypeAlias = (
    Exited
    | Returned
    | Trapped
    | RanOutOfGas
    | LimitReached
    | Failed
    | DeadlineExceeded
    | Cancelled
    | HostFailed
)


def is_success(outcome: Outcome) -> bool:
    """Whether effects are kept: the program exited with 0, or a call returned."""
    return isinstance(outcome, Returned) or outcome == Exited(0)
