"""Recording of coverage: each transaction and call of a chain is run again, counted."""

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.gas_report.gas_recording import FrameRecord, Recording
from chain_sim.ethereum.state.world_state import WorldState
from contract_testing.contracts.book import Book
from contract_testing.coverage.counts import AllCounts, Counts, section_hash
from contractvm.hosts.evm.interface import CREATE
from contractvm.ledger.module_counts import ModuleCounts, SiteCounts
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import BranchInterpreter

# The custom section that source lines are in.
LINES = b".debug_line"


class RunCounter:
    """Counts what runs by the rules of an engine, and leaves no trace of it.

    `counts` are by hash of the code section; `book` has the debug builds.
    """

    def __init__(self, engine: Pipeline, book: Book) -> None:
        self.counts: AllCounts = {}
        self._book = book
        self._engine = engine.on(BranchInterpreter(), is_traced=True)

    def call(self, call: RepeatableTransaction) -> None:
        """Count a call, or a transaction that is not on a chain."""
        recording = Recording(self._engine.schedule)
        Executor(self._engine, call.open_state(WorldState)).apply(call, recording)
        self._take(recording)

    def _take(self, recording: Recording) -> None:
        for frame in recording.frames:
            if frame.module is not None:
                self._take_frame(frame)

    def _take_frame(self, frame: FrameRecord) -> None:
        if frame.module is None:
            return
        build = self._book.build_of(frame.code)
        if frame.message.kind is CREATE and LINES not in build:
            # Init code that was made around a contract is nobody's source.
            return
        count_module(self.counts, (frame.code, build), frame.module, frame.sites)


class CoverageRecorder(RunCounter):
    """Counts what runs on a chain."""

    def __init__(self, chain: Blockchain, book: Book) -> None:
        super().__init__(chain.engine, book)
        self._chain = chain

    def transaction(self, tx_hash: bytes) -> None:
        """Count a transaction of the chain."""
        block, index = self._chain.reader.block_of(tx_hash)
        recording = Recording(self._engine.schedule)
        stored = self._chain.reader.stored_block(block)
        stored.run_again(self._engine, {index: recording})
        self._take(recording)


def count_module(
    all_counts: AllCounts,
    builds: tuple[bytes, bytes],
    module: ModuleCounts,
    sites: SiteCounts,
) -> None:
    """Add what ran of a module, of which there is a debug build, or itself again."""
    code, build = builds
    counts = all_counts.setdefault(section_hash(code), Counts(build))
    if build != code:
        # A debug build may become known later.
        counts.module = build
    counts.add(module.executions(sites))
    counts.add_edges(dict(module.branches(sites)))
