"""What the parts of a node's chain share."""

from collections.abc import Callable
from typing import Any, ClassVar, NoReturn, TypeVar

from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import (
    METHOD_NOT_FOUND,
    NodeRefused,
    NotServed,
)

T = TypeVar("T")


class NodePart:
    """A part of a chain, such as its clock; what it lacks of that raises NotServed."""

    part: ClassVar[str]

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._ask = endpoint.ask

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotServed(self._endpoint.url, f"{self.part}.{name}")

    def _ask_own(
        self, name: str, method: str, *params: object, read: Callable[[Any], T]
    ) -> T:
        """The answer of a node of ours; NotServed, which names it, of others."""
        try:
            return self._ask(method, *params, read=read)
        except NodeRefused as error:
            if error.code != METHOD_NOT_FOUND:
                raise
            raise NotServed(self._endpoint.url, f"{self.part}.{name}") from error
