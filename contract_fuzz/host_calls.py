"""Which host functions a transaction called, in order, with their lengths."""

from chain_sim.explanation import Replay
from chain_sim.state_transition import apply_transaction
from contract_fuzz.memory_hashes import FrameMemory, MemoryHashes
from contractvm.engine import MeteredEngine
from contractvm.engines.interface import Instance
from contractvm.host.interface import Message

MAX_CALLS = 100_000


class HostCalls(MemoryHashes):
    """A recorder that lists the calls of all frames, the first MAX_CALLS."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[str] = []

    def begin(self, message: Message) -> "FrameMemory":  # noqa: ARG002
        """See TransactionRecorder."""
        return FrameCalls(self.calls)


class FrameCalls(FrameMemory):
    """Lists the calls of one frame."""

    def __init__(self, calls: list[str]) -> None:
        super().__init__([])
        self._calls = calls

    def instance_made(self, instance: Instance) -> None:
        """See FrameRecorder; its memory is of no interest."""

    def host_call(self, name: str, length: int) -> None:
        """See FrameRecorder."""
        if len(self._calls) < MAX_CALLS:
            self._calls.append(f"{name} ({length} bytes)" if length else name)


def host_calls_of(replay: Replay, engine: MeteredEngine) -> list[str]:
    """The calls of a transaction on an engine; raises InvalidTransaction."""
    recorder = HostCalls()
    apply_transaction(
        replay.open_state(),
        engine,
        replay.tx,
        replay.sender,
        replay.context,
        recorder=recorder,
    )
    return recorder.calls
