"""Gas reports of a chain's calls and transactions: run again, with the books kept.

A replay runs on a state of its own and keeps nothing. Of a transaction in a block it
must give just what the block says, or nothing is reported.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from msgspec import structs

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.execution.cross_check import COMPARED, ApplyTransaction
from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.execution.state_transition import (
    BlockContext,
    TransactionResult,
    apply_transaction,
)
from chain_sim.ethereum.gas_report.explanation import explain, reprice
from chain_sim.ethereum.gas_report.frame_report import FindLines, lines_of_code
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.gas_report.required_gas import search_required
from chain_sim.ethereum.primitives.errors import IntrinsicGasTooLow, ReplayDiffers
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.errors import InternalError
from contractvm.ledger.report import GasReport
from contractvm.runtime.pipeline import MeteredEngine
from gas_schedule.schedule import GasSchedule


@dataclass(frozen=True, slots=True)
class Replay:
    """A transaction that can be run again and again, each time from the same state.

    `open_state` gives that state, a new object each time; `gas_before` is what earlier
    transactions of its block used.
    """

    tx: Transaction
    sender: Address
    context: BlockContext
    open_state: Callable[[], WorldState]
    gas_before: int = 0

    @property
    def gas_available(self) -> int:
        """What the block has left for it."""
        return self.context.gas_limit - self.gas_before

    def run(
        self, engine: MeteredEngine, gas_limit: int | None = None
    ) -> TransactionResult:
        """What it gives, with another gas limit if wished.

        Raises InvalidTransaction.
        """
        limit = self.tx.gas_limit if gas_limit is None else gas_limit
        tx = structs.replace(self.tx, gas_limit=limit)
        return self.run_on(self.open_state(), engine, tx)

    def record(
        self, engine: MeteredEngine, title: str
    ) -> tuple[TransactionResult, Recording]:
        """What it gives, and the books of it."""
        recording = Recording(engine.schedule, title)
        return self.run_on(self.open_state(), engine, self.tx, recording), recording

    def confirm(self, recorded: TransactionResult, apply: ApplyTransaction) -> None:
        """Run it by `apply`; raises InternalError unless that gives what was recorded.

        Raises what `apply` raises: EngineDifference, where it compares engines.
        """
        found = apply(
            self.open_state(), self.tx, self.sender, self.context, self.gas_available
        )
        for field in COMPARED:
            if getattr(found, field) != getattr(recorded, field):
                raise InternalError(f"a recorded run differs in {field}")

    def run_on(
        self,
        state: WorldState,
        engine: MeteredEngine,
        tx: Transaction,
        recorder: Recording | None = None,
    ) -> TransactionResult:
        """What `tx` gives in its place on `state`, which it changes."""
        return apply_transaction(
            state,
            engine,
            tx,
            self.sender,
            self.context,
            self.gas_available,
            recorder=recorder,
        )


def title_of_call(to: Address | None) -> str:
    """The title of a call's report."""
    return "call that creates a contract" if to is None else f"call of 0x{to.hex()}"


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block of the chain; `open_state` gives its parent's state, each time anew."""

    block: Block
    context: BlockContext
    receipts: tuple[TransactionReceipt, ...]
    open_state: Callable[[], WorldState]

    def replay(self, index: int, engine: MeteredEngine) -> Replay:
        """The transaction with this index, from the state that it met."""

        def open_state() -> WorldState:
            state = self.open_state()
            for number in range(index):
                earlier = self.replay(number, engine)
                earlier.run_on(state, engine, earlier.tx)
            return state

        receipt = self.receipts[index]
        return Replay(
            tx=self.block.transactions[index],
            sender=receipt.sender,
            context=self.context,
            open_state=open_state,
            gas_before=receipt.cumulative_gas_used - receipt.gas_used,
        )

    def walk(self, state: WorldState, engine: MeteredEngine) -> Iterator[int]:
        """Run the transactions on the parent's `state`, one at a step; their indexes.

        Each result is held against the receipt, and the last root against the header:
        ReplayDiffers.
        """
        last = len(self.receipts) - 1
        for index, receipt in enumerate(self.receipts):
            replay = self.replay(index, engine)
            compare(receipt, replay.run_on(state, engine, replay.tx))
            if index == last:
                root = state.compute_root()
                expect("state root", self.block.header.state_root, root)
            yield index

    def record(self, index: int, engine: MeteredEngine) -> Recording:
        """The books of a transaction; the whole block is run, and held against itself.

        Raises ReplayDiffers.
        """
        recordings = []
        state = self.open_state()
        for number, receipt in enumerate(self.receipts):
            title = f"transaction 0x{receipt.transaction_hash.hex()}"
            recording = Recording(engine.schedule, title)
            replay = self.replay(number, engine)
            compare(receipt, replay.run_on(state, engine, replay.tx, recording))
            recordings.append(recording)
        expect("state root", self.block.header.state_root, state.compute_root())
        return recordings[index]

    def confirm(
        self, index: int, engine: MeteredEngine, apply: ApplyTransaction
    ) -> None:
        """Run the block up to a transaction by `apply`; raises ReplayDiffers.

        And what `apply` raises: EngineDifference, where it compares engines.
        """
        state = self.open_state()
        for number, receipt in enumerate(self.receipts[: index + 1]):
            replay = self.replay(number, engine)
            result = apply(
                state, replay.tx, replay.sender, self.context, replay.gas_available
            )
            compare(receipt, result)


def compare(stored: TransactionReceipt, result: TransactionResult) -> None:
    """Raise ReplayDiffers for the first field that is not what the chain has."""
    expect("status", stored.succeeded, result.succeeded)
    expect("gas used", stored.gas_used, result.gas_used)
    expect("logs", stored.logs, result.logs)
    expect("output", stored.output, result.output)
    expect("error", stored.error, result.error)


def expect(field: str, stored: object, found: object) -> None:
    """Raise ReplayDiffers unless a replay gave what is stored."""
    if stored != found:
        raise ReplayDiffers(field, stored, found)


@dataclass(frozen=True, slots=True)
class ReportTerms:
    """What a report is to have; see Blockchain.explain_call."""

    find_required: bool = False
    schedule: GasSchedule | None = None
    rerun: bool = False
    find_lines: FindLines = lines_of_code


def explain_replay(
    replay: Replay,
    recording: Recording,
    engine: MeteredEngine,
    terms: "ReportTerms",
) -> GasReport:
    """The report of a replay that was recorded, priced under the terms' schedule.

    The required gas is found by running, so it is searched under the schedule that ran
    and not under one that only prices.
    """
    if terms.schedule is not None:
        if not terms.rerun:
            return reprice(recording, terms.schedule, terms.find_lines)
        engine = traced_engine(engine, terms.schedule)
        recording = replay.record(engine, recording.title)[1]
    report = explain(recording, terms.find_lines)
    if not terms.find_required:
        return report
    found = search_required(
        partial(succeeds_with, replay, engine),
        lowest=report.gas_used,
        gas_limit=report.gas_limit,
        greatest=greatest_limit(replay),
    )
    figures = replace(report.figures, required=found.gas_limit)
    return replace(report, figures=figures, notes=(*report.notes, *found.notes))


def succeeds_with(replay: Replay, engine: MeteredEngine, gas_limit: int) -> bool:
    """Whether the transaction succeeds with this gas limit."""
    try:
        return replay.run(engine, gas_limit).succeeded
    except IntrinsicGasTooLow:
        return False


def greatest_limit(replay: Replay) -> int:
    """The most gas that the block has left and the sender can pay for."""
    tx = replay.tx
    if not tx.gas_price:
        return replay.gas_available
    ether = replay.open_state().get_balance(replay.sender) - tx.value
    return min(replay.gas_available, ether // tx.gas_price)
