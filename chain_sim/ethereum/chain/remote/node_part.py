"""What the parts of a node's chain share."""

from collections.abc import Callable
from typing import Any, ClassVar, TypeVar

from chain_sim.ethereum.chain.parts import ChainParts
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import (
    METHOD_NOT_FOUND,
    NodeRefused,
    NotServed,
)

T = TypeVar("T")

FindMirror = Callable[[str], ChainParts]
"""The node's chain as it is now; NotServed, which names what is wanted, of others."""


class NodePart:
    """A part of a chain, such as its clock.

    What is no request of its own is read by the part of that name in this process.
    """

    part: ClassVar[str]

    def __init__(self, endpoint: Endpoint, mirror: FindMirror) -> None:
        self._endpoint = endpoint
        self._ask = endpoint.ask
        self._mirror = mirror

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._read(name), name)

    def _read(self, name: str) -> Any:
        """The part in this process, for its attribute `name`."""
        return getattr(self._mirror(f"{self.part}.{name}"), self.part)

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


class NodeReader(NodePart):
    """See ChainReader."""

    part = "reader"


class NodeCalls(NodePart):
    """See Calls."""

    part = "calls"


class NodeFailures(NodePart):
    """See Failures."""

    part = "failures"


class NodeGas(NodePart):
    """See GasReports."""

    part = "gas"


class NodeExport(NodePart):
    """See ChainExport; files are written here."""

    part = "export"


class NodeArbOs(NodePart):
    """See ChainArbOs."""

    part = "arbos"
