"""How a host function asks the driver to do something before the contract goes on."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Suspension:
    """A host function's request to the driver of the execution, as a message call.

    An engine that meets one stops and hands it out. The driver serves `request`, calls
    `complete` with the outcome, and resumes the execution with what that returned: the
    host function's result. So contracts that call contracts need no recursion.
    """

    request: Any
    complete: Callable[[Any], int | None]
