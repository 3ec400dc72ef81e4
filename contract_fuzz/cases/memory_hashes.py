"""One hash of the memories that a transaction's contracts left."""

from hashlib import sha256
from typing import Any

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from contractvm.hosts.evm.interface import Message
from contractvm.wasm.engines.interface import Instance


class MemoryHashes(TransactionObserver):
    """Hashes each memory when its frame's code has ended."""

    def __init__(self, memory_export: str) -> None:
        self._memory_export = memory_export
        self._digests: list[bytes] = []

    def digest(self) -> bytes:
        """The hash of all memories' hashes, in the order in which their code ended."""
        return sha256(b"".join(self._digests)).digest()

    def begin(self, message: Message) -> "FrameMemory":  # noqa: ARG002
        """See TransactionObserver."""
        return FrameMemory(self._memory_export, self._digests)


class FrameMemory(MessageObserver):
    """Hashes the memory of one frame, if it gets one."""

    def __init__(self, memory_export: str, digests: list[bytes]) -> None:
        self._memory_export = memory_export
        self._digests = digests
        self._memory: Any = None

    def instance_made(self, instance: Instance) -> None:
        """See FrameObserver."""
        self._memory = instance.export(self._memory_export)

    def code_ended(self) -> None:
        """See FrameObserver."""
        if self._memory is not None:
            self._digests.append(self._memory.digest())
            self._memory = None
