"""Where calls and transactions failed, and what they did: found by running again."""

from collections.abc import Callable, Iterator

from msgspec import Struct

from chain_sim.ethereum.blocks.chain_point import Where as ChainWhere
from chain_sim.ethereum.chain.call_trace import CallTrace
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.cross_check import differing_results
from chain_sim.ethereum.execution.executor import EngineChoice, Executor
from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_hash,
)
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.ledger.debug_info import DebugInfo, FindDebugInfo
from contractvm.ledger.where import Where, describe_stop
from contractvm.runtime.original_stack import original_stack
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.code_stack import CodeStack, StoppedAt
from contractvm.wasm.engines.interface import Instance
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.module import Module


class StopObserver(MessageObserver):
    """Notes where the code of one message stopped, and in which account."""

    def __init__(self) -> None:
        self.code = b""
        self.address = b""
        self.stopped_at: StoppedAt | None = None
        self._instance: Instance | None = None

    def code_found(self, message: Message, code: bytes) -> None:
        """The code that will run."""
        self.code, self.address = code, message.recipient

    def module_unpacked(self, wasm: bytes) -> None:
        """The module that will run is not the account's code itself."""
        self.code = wasm

    def instance_made(self, instance: Instance) -> None:
        """The instance that will know."""
        self._instance = instance

    def code_ended(self) -> None:
        """Ask it, and let go of it."""
        if self._instance is not None:
            self.stopped_at = self._instance.stopped_at
            self._instance = None


class StopRecorder(TransactionObserver):
    """Observes the message that a transaction begins with."""

    def __init__(self) -> None:
        self.outermost = StopObserver()
        self.reason = ""
        self._open = 0

    def begin(self, message: Message) -> MessageObserver | None:  # noqa: ARG002
        """Of the messages inside, none is of interest."""
        self._open += 1
        return self.outermost if self._open == 1 else None

    def end(self, result: CallResult) -> None:
        """Why the outermost failed."""
        self._open -= 1
        if not self._open:
            self.reason = "reverted" if result.error is None else str(result.error)

    def stop_on(self, engine: Pipeline) -> "Stop | None":
        """Where the outermost stopped; None if no code was running."""
        seen = self.outermost
        if seen.stopped_at is None:
            return None
        module, stack = original_stack(engine, seen.code, seen.stopped_at)
        return Stop(seen.code, seen.address, self.reason, module, stack)


class Stop(Struct, frozen=True):
    """A stop on one engine: in which module, account and stack."""

    code: bytes
    address: bytes
    reason: str
    module: Module
    stack: CodeStack


Run = Callable[[Pipeline, StopRecorder], TransactionResult]


class Failures:
    """Finds where calls and transactions failed, and traces them; changes nothing.

    Each is run again on the interpreter, which keeps whole stacks. A chain on wasmtime,
    or one that checks both engines, runs it there too: InternalError if the results
    differ, or the frames that wasmtime keeps.
    """

    def __init__(self, reader: ChainReader, engines: EngineChoice) -> None:
        self._reader = reader
        self._engines = engines

    def of_call(  # noqa: PLR0913 (those of a call)
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: ChainWhere = None,
        find_info: FindDebugInfo = DebugInfo.of_code,
    ) -> Where | None:
        """Where Blockchain.call of the same parameters fails.

        None if it succeeds, or no code ran that could stop.
        """
        call = self._reader.place_call(
            to, data, sender=sender, value=value, gas_limit=gas_limit, at=at
        )

        def run(engine: Pipeline, recorder: StopRecorder) -> TransactionResult:
            executor = Executor(engine, call.open_state(WorldState))
            return executor.apply(call, recorder)

        return self._find(run, find_info)

    def trace_call(  # noqa: PLR0913 (those of a call)
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: ChainWhere = None,
        trace: CallTrace | None = None,
    ) -> tuple[TransactionResult, CallTrace]:
        """What a call of the same parameters does, recorded in `trace` if given.

        It runs on the interpreter, twice: InternalError if recording changes a result.
        """
        call = self._reader.place_call(
            to, data, sender=sender, value=value, gas_limit=gas_limit, at=at
        )
        engine, trace = next(self._pipelines()), trace or CallTrace()
        result = Executor(engine, call.open_state(WorldState)).apply(call, trace)
        Executor(engine, call.open_state(WorldState)).confirm(call, result)
        trace.find_offsets(engine)
        return result, trace

    def trace_transaction(
        self, tx_hash: HashLike, trace: CallTrace | None = None
    ) -> tuple[TransactionResult, CallTrace]:
        """What a transaction of the chain did, recorded in `trace` if given.

        Its block is run again. Raises UnknownTransaction, and ReplayDiffers if the run
        does not give what the block says.
        """
        block, index = self._reader.block_of(as_hash(tx_hash))
        stored, trace = self._reader.stored_block(block), trace or CallTrace()
        engine = next(self._pipelines())
        results = stored.run_again(engine, {index: trace})
        trace.find_offsets(engine)
        return results[index], trace

    def of_transaction(
        self, tx_hash: HashLike, find_info: FindDebugInfo = DebugInfo.of_code
    ) -> Where | None:
        """Where a transaction of the chain failed; None as for a call.

        Its block is run again. Raises UnknownTransaction, and ReplayDiffers if the run
        does not give what the block says.
        """
        block, index = self._reader.block_of(as_hash(tx_hash))
        stored = self._reader.stored_block(block)

        def run(engine: Pipeline, recorder: StopRecorder) -> TransactionResult:
            return stored.run_again(engine, {index: recorder})[index]

        return self._find(run, find_info)

    def _find(self, run: Run, find_info: FindDebugInfo) -> Where | None:
        found: Stop | None = None
        first: TransactionResult | None = None
        for engine in self._pipelines():
            recorder = StopRecorder()
            result = run(engine, recorder)
            stop = None if result.succeeded else recorder.stop_on(engine)
            if first is None:
                first, found = result, stop
            elif differing_results(first, result) or not is_same(found, stop):
                raise InternalError("the engines stopped at different places")
        if found is None:
            return None
        return describe_stop(
            (found.module, found.stack),
            found.code,
            find_info(found.code),
            found.reason,
            found.address,
        )

    def _pipelines(self) -> Iterator[Pipeline]:
        """The interpreter, then the other engine if the chain uses it."""
        chosen = [self._engines.engine, self._engines.second]
        engines = {each.engine_name: each for each in chosen if each is not None}
        interpreter = engines.pop(InterpreterEngine.name, None)
        yield interpreter or self._engines.engine.on(InterpreterEngine())
        yield from engines.values()


def is_same(whole: Stop | None, other: Stop | None) -> bool:
    """Whether both say the same, as far as the other engine keeps frames."""
    if whole is None or other is None:
        return whole is other
    kept = other.stack.positions
    return kept == whole.stack.positions[: len(kept)] and (
        other.stack.is_cut or len(kept) == len(whole.stack.positions)
    )
