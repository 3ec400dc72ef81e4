"""Rows of the table of methods: a name, typed parameters and a function.

The dispatcher, the page of the documentation and the tests with wrong parameters read
the same rows.
"""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from chain_sim.ethereum.primitives.text import InvalidText
from chain_sim.node.errors import RpcError, invalid_params

Parse = Callable[[object], Any]
"""A value from what JSON had; raises InvalidText or InvalidValue."""

REQUIRED = object()


class InvalidValue(ValueError):
    """A parameter has the wrong type or range; the message says what is wanted."""


def parse_within(name: str, parse: Parse, given: object) -> Any:
    """A member of an object; what is wrong with it is said with its name."""
    try:
        return parse(given)
    except (InvalidValue, InvalidText) as error:
        raise InvalidValue(f"{name}: {error}") from error


class Kind(Struct, frozen=True):
    """The type of a parameter, as the documentation calls it."""

    name: str
    parse: Parse


class Parameter(Struct, frozen=True):
    """A parameter; without a default it must be given, and null is no value."""

    name: str
    kind: Kind
    default: Any = REQUIRED

    @property
    def is_required(self) -> bool:
        """Whether it must be given."""
        return self.default is REQUIRED


class Method(Struct, frozen=True):
    """A method of JSON-RPC.

    `function` gets the node and the parsed parameters, and returns what is written as
    JSON. One that `is_quick` only reads what cannot change while it is read: it runs
    beside the chain's thread. One that `is_short` takes microseconds but for the run of
    a contract, which may be stopped and leaves nothing. With `needs_session` it is
    served over WebSocket only, and gets the connection after the node.
    """

    name: str
    parameters: tuple[Parameter, ...]
    function: Callable[..., object]
    is_quick: bool = False
    is_short: bool = False
    needs_session: bool = False

    @property
    def signature(self) -> str:
        """`name(a, b?)`."""
        marks = (
            parameter.name + ("" if parameter.is_required else "?")
            for parameter in self.parameters
        )
        return f"{self.name}({', '.join(marks)})"

    @property
    def about(self) -> str:
        """The first paragraph of the function's docstring."""
        text = self.function.__doc__ or ""
        return " ".join(text.partition("\n\n")[0].split())

    def bind(self, given: Sequence[object]) -> list[Any]:
        """The values of all parameters; raises RpcError."""
        most = len(self.parameters)
        if len(given) > most:
            count = f"{len(given)} given, {self.signature} takes at most {most}"
            raise invalid_params(count)
        return [
            _value(parameter, given[index] if index < len(given) else None)
            for index, parameter in enumerate(self.parameters)
        ]


def method(
    name: str,
    function: Callable[..., object],
    *parameters: Parameter,
    is_quick: bool = False,
    is_short: bool = False,
    needs_session: bool = False,
) -> Method:
    """A row."""
    return Method(name, parameters, function, is_quick, is_short, needs_session)


def aliases(
    names: Sequence[str], function: Callable[..., object], *parameters: Parameter
) -> tuple[Method, ...]:
    """The rows of one method with several names."""
    return tuple(method(name, function, *parameters) for name in names)


def _value(parameter: Parameter, given: object) -> Any:
    if given is None:
        if parameter.is_required:
            raise invalid_params(f"{parameter.name} is missing")
        return parameter.default
    try:
        return parameter.kind.parse(given)
    except (InvalidValue, InvalidText) as error:
        raise invalid_params(f"{parameter.name}: {error}") from error
    except RpcError as error:
        raise RpcError(error.code, f"{error}; in {parameter.name}") from error
