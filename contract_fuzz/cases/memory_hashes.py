"""What a transaction's contracts left in their memories, as one hash."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from chain_sim.ethereum.execution.settlement import Settlement
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.hosts.ewasm.functions import MEMORY_EXPORT
from contractvm.runtime.pipeline import PreparedModule
from contractvm.wasm.engines.interface import Instance


class MemoryHashes:
    """A recorder that only looks at memories, when the code of a frame has ended."""

    def __init__(self) -> None:
        self.settlement: Settlement | None = None
        self._digests: list[bytes] = []

    def digest(self) -> bytes:
        """The hash of all memories' hashes, in the order in which their code ended."""
        return sha256(b"".join(self._digests)).digest()

    def begin(self, message: Message) -> "FrameMemory":  # noqa: ARG002
        """See TransactionRecorder."""
        return FrameMemory(self._digests)

    def end(self, result: CallResult) -> None:
        """See TransactionRecorder."""


class FrameMemory:
    """Looks at the memory of one frame, if it comes to have one."""

    def __init__(self, digests: list[bytes]) -> None:
        self._digests = digests
        self._memory: Any = None

    def instance_made(self, instance: Instance) -> None:
        """See FrameRecorder."""
        self._memory = instance.export(MEMORY_EXPORT)

    def code_ended(self) -> None:
        """See FrameRecorder."""
        if self._memory is not None:
            self._digests.append(self._memory.digest())
            self._memory = None

    # All else is of no interest.

    def module_prepared(self, prepared: PreparedModule) -> None:
        """See FrameRecorder."""

    def host_call(self, name: str, length: int) -> None:
        """See FrameRecorder."""

    def host_amount(self, name: str, amount: str, count: int) -> None:
        """See FrameRecorder."""

    def gas_named(self, name: str, gas: int) -> None:
        """See FrameRecorder."""

    def charge_failed(self) -> None:
        """See FrameRecorder."""

    def slot_stored(self, effect: str) -> None:
        """See FrameRecorder."""

    def gas_forwarded(
        self, name: str, gas: int | None, has_stipend: bool, units_left: int
    ) -> None:
        """See FrameRecorder."""

    def code_found(self, message: Message, code: bytes) -> None:
        """See MessageRecorder."""

    def precompile_priced(
        self, name: str, price: Callable[[Mapping[str, int]], int]
    ) -> None:
        """See MessageRecorder."""

    def code_returned(self, code: bytes) -> None:
        """See MessageRecorder."""

    def deposit_charged(self) -> None:
        """See MessageRecorder."""
