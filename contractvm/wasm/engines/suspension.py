"""Suspensions: requests of host functions to the driver of an execution."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from contractvm.errors import OutOfGas, Trap
from contractvm.wasm.structure.types import FuncType


class Suspension(Struct, frozen=True):
    """A host function's request to the driver of the execution, such as a message call.

    The engine stops and returns it. The driver serves `request`, calls `complete` with
    the outcome, and resumes the execution with what that returned: the host function's
    result, or its next request. So contracts that call contracts need no recursion.
    """

    request: Any
    complete: Callable[[Any], "int | Suspension | None"]


class TurnOver:
    """The request of an execution after its turn; it goes on when it is resumed."""


TURN_OVER = Suspension(TurnOver(), lambda _: None)


class GuestCall(Struct, frozen=True):
    """The request for a call of a func that the waiting contract itself exports.

    It is served on the same instance; its outcome is a `GuestCallOutcome`. The host
    function's price must cover the machine's work beyond the gas of the func.
    """

    export: str
    func_type: FuncType
    arguments: tuple[int, ...]


class GuestCallOutcome(Struct, frozen=True):
    """How a guest call ended: with `values`, or for the reason in `stopped`.

    A stopped call has spent its gas, and its changes to the instance remain; the stack
    height is what it was before.
    """

    values: tuple[object, ...] = ()
    stopped: Trap | OutOfGas | None = None

    def results(self) -> tuple[object, ...]:
        """Return the values, or raise what stopped the call, which stops the caller."""
        if self.stopped is not None:
            raise self.stopped
        return self.values
