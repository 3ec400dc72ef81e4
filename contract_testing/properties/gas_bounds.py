"""Assertions on gas: a number, or a function of what the gas may depend on."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Protocol, TypeVar

from contract_testing.properties.failures import GasBoundExceeded

GasBound = int | Callable[..., int]
Rule = TypeVar("Rule", bound=Callable[..., Any])


class SpendsGas(Protocol):
    """A machine that counts the gas of what it sends."""

    gas_spent: int


def gas_at_most(bound: GasBound) -> Callable[[Rule], Rule]:
    """Decorate a rule: its transactions together use at most `bound` gas.

    `bound` may be a function of those of the rule's arguments that it names:

        @rule(n=integers(0, 50))
        @gas_at_most(lambda n: 50_000 + 6_000 * n)
        def fill(self, n): ...
    """

    def decorate(method: Rule) -> Rule:
        @wraps(method)
        def measured(self: SpendsGas, *arguments: Any, **named: Any) -> Any:
            before = self.gas_spent
            result = method(self, *arguments, **named)
            given = inspect.signature(method).bind(self, *arguments, **named).arguments
            check_bound(method.__name__, self.gas_spent - before, bound, given)
            return result

        return measured  # type: ignore[return-value]

    return decorate


def check_bound(
    what: str, gas_used: int, bound: GasBound, arguments: Mapping[str, Any]
) -> None:
    """Raise GasBoundExceeded if it was more."""
    most = bound_for(bound, arguments)
    if gas_used > most:
        shown = ", ".join(
            f"{name}={value!r}"
            for name, value in arguments.items()
            if name != "self" and callable(bound)
        )
        raise GasBoundExceeded(f"{what}({shown})", gas_used, most)


def bound_for(bound: GasBound, arguments: Mapping[str, Any]) -> int:
    """The bound as a number, for these arguments."""
    if isinstance(bound, int):
        return bound
    wanted = inspect.signature(bound).parameters
    return bound(**{name: arguments[name] for name in wanted})
