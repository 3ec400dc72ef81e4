"""Capabilities: resources of the host that a run may use."""

from collections.abc import Sequence
from typing import Protocol

from contractvm.guests.host_functions import HostFunctionSpec


class Capability(Protocol):
    """A resource whose changes are kept only if the run that made them succeeds.

    Its functions are imported from a module `capability:NAME`. They see the changes of
    their own run. One object serves one run at a time.
    """

    def functions(self) -> Sequence[HostFunctionSpec]:
        """The host functions that give access."""

    def begin(self) -> None:
        """Get ready for a run."""

    def commit(self) -> None:
        """Keep the changes: the run has succeeded."""

    def discard(self) -> None:
        """Forget the changes."""
