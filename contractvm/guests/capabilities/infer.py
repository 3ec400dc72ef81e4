"""Inference: one function of the host from bytes to bytes, such as a model."""

from collections.abc import Callable, Sequence

from contractvm.guests.host_functions import HostFunctionSpec, host_function


class Infer:
    """A model that guests ask; `call` takes and returns bytes.

    Guests import `infer(input) -> output` from `capability:infer`; a call costs
    `charge` gas besides what its bytes cost. `call` has no effects.
    """

    def __init__(self, call: Callable[[bytes], bytes], *, charge: int = 10_000) -> None:
        self._call = call
        self._charge = charge

    def functions(self) -> Sequence[HostFunctionSpec]:
        """The function of `capability:infer`."""

        def infer(given: bytes) -> bytes:
            return self._call(given)

        return [host_function(infer, module="capability:infer", charge=self._charge)]

    def begin(self) -> None:
        """There is nothing to prepare."""

    def commit(self) -> None:
        """There are no effects."""

    def discard(self) -> None:
        """There are no effects."""
