"""How a host function asks the driver to do something before the contract goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from contractvm.errors import OutOfGas, Trap
from contractvm.wasm.structure.types import FuncType


@dataclass(frozen=True, slots=True)
class Suspension:
    """A host function's request to the driver of the execution, as a message call.

    An engine that meets one stops and hands it out. The driver serves `request`, calls
    `complete` with the outcome, and resumes the execution with what that returned: the
    host function's result, or its next request. So contracts that call contracts need
    no recursion.
    """

    request: Any
    complete: Callable[[Any], "int | Suspension | None"]


@dataclass(frozen=True, slots=True)
class GuestCall:
    """The request for a call of a func that the waiting contract itself exports.

    It is served on the same instance; its outcome is a `GuestCallOutcome`. What it
    costs the machine beside the gas of the func, the host function's price must cover.
    """

    export: str
    func_type: FuncType
    arguments: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class GuestCallOutcome:
    """How a guest call ended: with `values`, or for the reason in `stopped`.

    A stopped call has spent its gas, and what it did to the instance stays done; the
    stack height is what it was before.
    """

    values: tuple[object, ...] = ()
    stopped: Trap | OutOfGas | None = None

    def results(self) -> tuple[object, ...]:
        """The values; raises what stopped the call, and so stops the caller, too."""
        if self.stopped is not None:
            raise self.stopped
        return self.values
