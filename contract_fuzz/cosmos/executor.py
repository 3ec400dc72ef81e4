"""The executor of messages: hundreds of cases a second, nothing kept."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from chain_sim.cosmos.chain.block_ledger import block_after
from chain_sim.cosmos.chain.sent_messages import MessageRuns
from chain_sim.cosmos.context import BlockInfo
from chain_sim.cosmos.errors import NotSimulated
from chain_sim.cosmos.gas_ledger import GasLedger, GasNode
from chain_sim.cosmos.releases import find_rules
from chain_sim.cosmos.state.multiset_hash import MultisetHash
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.handler_scripts import load_handlers
from chain_sim.cosmos.wasm.machine import CODE_BYTES
from contract_fuzz.cosmos.cases import (
    CosmosOutcome,
    CosmosPosition,
    CosmosStart,
    CosmosTransaction,
)
from contract_fuzz.cosmos.outcomes import outcome_of, refused
from contract_fuzz.errors import PositionDiffers
from contractvm.errors import InvalidModule, MalformedModule
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, make_engine
from contractvm.wasm.engines.tracing import Comparison
from contractvm.wasm.interpreter.covering_engine import CoveringInterpreter
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.engine import BranchInterpreter
from gas_schedule.loader import load_schedule

MAX_OPEN = 64
T = TypeVar("T")


class OpenPosition:
    """A position with its state in memory, which every run leaves unchanged."""

    __slots__ = ("height", "position", "state", "time", "total")

    def __init__(
        self, position: CosmosPosition, state: OrderedState, total: MultisetHash
    ) -> None:
        self.position = position
        self.state = state
        self.total = total
        self.height, self.time = position.height, position.time


class CosmosExecutor:
    """Runs the cases of one start state, within one process.

    Positions may come from another executor of the same start state. Only the
    interpreter has coverage.
    """

    def __init__(
        self,
        start: CosmosStart,
        engine: str = DEFAULT_ENGINE,
        *,
        has_coverage: bool = True,
    ) -> None:
        self.start = start
        self._rules = find_rules(start.chain.release)
        self._handlers = load_handlers(start.handlers)
        self._counts = EdgeCounts()
        self._plain = self._runs_on(make_engine(engine))
        self._covered = self._plain
        if has_coverage:
            covering = CoveringInterpreter(self._counts)
            self._register(covering)
            self._covered = self._runs_on(covering)
        chain = start.chain
        total = MultisetHash.from_bytes(chain.total)
        self.begin = CosmosPosition(total.root, chain.height, chain.time)
        self._open: OrderedDict[bytes, OpenPosition] = OrderedDict()

    # Runs

    def run(
        self,
        position: CosmosPosition,
        transaction: CosmosTransaction,
        *,
        compare: bool = False,  # noqa: ARG002 (nothing asks for comparisons)
    ) -> CosmosOutcome:
        """See Executor."""
        return self.run_sequence(position, [transaction])[0]

    def run_sequence(
        self, position: CosmosPosition, transactions: Sequence[CosmosTransaction]
    ) -> tuple[CosmosOutcome, ...]:
        """See Executor."""
        return self._walk(
            position, transactions, self._covered, lambda outcome, _: outcome
        )

    def run_to_root(
        self, position: CosmosPosition, transactions: Sequence[CosmosTransaction]
    ) -> tuple[tuple[CosmosOutcome, ...], bytes]:
        """See Executor."""
        outcomes = self.run_sequence(position, transactions)
        return outcomes, self.advance(position, transactions).root

    def observe_with_block(
        self, position: CosmosPosition, transactions: Sequence[CosmosTransaction]
    ) -> tuple[tuple[CosmosOutcome, ...], bytes, bytes]:
        """See Executor."""
        outcomes = self.run_sequence(position, transactions)
        after = self.advance(position, transactions)
        return outcomes, after.root, after.block_hash

    def explained(
        self,
        position: CosmosPosition,
        transaction: CosmosTransaction,
        traced: MessageRuns,
    ) -> GasNode:
        """The ledger of a transaction's gas, of a run that is `traced`.

        Raises InternalError unless that run does and costs the same.
        """
        opened = self._at(position)
        state, sent = opened.state, self.start.sent(transaction)
        block = block_after(
            opened.height,
            opened.time,
            self.start.chain.chain_id,
            transaction.seconds,
        )
        begin = state.mark()
        try:
            outcome = self._plain.run(state, block, sent)
            state.roll_back(begin)
            return traced.explain(state, block, sent, outcome)
        finally:
            state.roll_back(begin)

    def look(
        self,
        position: CosmosPosition,
        transactions: Sequence[CosmosTransaction],
        look: Callable[[CosmosOutcome, "StateView"], T],
    ) -> tuple[T, ...]:
        """What `look` sees after each transaction, in the coverage of none."""
        return self._walk(position, transactions, self._plain, look)

    def ledgers(self, transactions: Sequence[CosmosTransaction]) -> Iterator[GasNode]:
        """What contracts executed in each, one after the other from the start."""
        chain = self.start.chain
        runs = MessageRuns(
            self._rules,
            chain.prefix,
            BranchInterpreter(),
            self._handlers,
            is_traced=True,
        )
        state = OrderedState(chain.entries)
        height, time = chain.height, chain.time
        for transaction in transactions:
            block = block_after(height, time, chain.chain_id, transaction.seconds)
            ledger = GasLedger("message")
            try:
                outcome = runs.run(state, block, self.start.sent(transaction), ledger)
            except NotSimulated:
                continue
            if outcome.error is None and transaction.entry != "query":
                height, time = block.height, block.time
            yield ledger.root

    def look_at(self, position: CosmosPosition) -> "StateView":
        """The state at a position, until the next run."""
        opened = self._at(position)
        block = BlockInfo(opened.height, opened.time, self.start.chain.chain_id)
        return StateView(self._plain, opened.state, block)

    def _walk(
        self,
        position: CosmosPosition,
        transactions: Sequence[CosmosTransaction],
        runs: MessageRuns,
        look: Callable[[CosmosOutcome, "StateView"], T],
    ) -> tuple[T, ...]:
        opened = self._at(position)
        self._counts.reset()
        state, chain_id = opened.state, self.start.chain.chain_id
        height, time = opened.height, opened.time
        begin = state.mark()
        found: list[T] = []
        try:
            for transaction in transactions:
                block = block_after(height, time, chain_id, transaction.seconds)
                outcome = self._apply(runs, state, block, transaction)
                if outcome.succeeded and transaction.entry != "query":
                    height, time = block.height, block.time
                view = StateView(self._plain, state, BlockInfo(height, time, chain_id))
                found.append(look(outcome, view))
        finally:
            state.roll_back(begin)
        return tuple(found)

    def _apply(
        self,
        runs: MessageRuns,
        state: OrderedState,
        block: BlockInfo,
        transaction: CosmosTransaction,
    ) -> CosmosOutcome:
        mark = state.mark()
        try:
            outcome = runs.run(state, block, self.start.sent(transaction))
        except NotSimulated as reason:
            return refused(reason)
        return outcome_of(outcome, state.changes_since(mark))

    # Positions

    def advance(
        self, position: CosmosPosition, transactions: Sequence[CosmosTransaction]
    ) -> CosmosPosition:
        """See Executor; a transaction that failed makes no block."""
        opened = self._at(position)
        if not transactions:
            return position
        state = OrderedState(opened.state.entries())
        total = MultisetHash.from_bytes(opened.total.to_bytes())
        made = OpenPosition(opened.position, state, total)
        for transaction in transactions:
            self._advance(made, transaction)
        if made.position.transactions != opened.position.transactions:
            self._keep(made)
        return made.position

    def _advance(self, opened: OpenPosition, transaction: CosmosTransaction) -> None:
        chain_id = self.start.chain.chain_id
        block = block_after(opened.height, opened.time, chain_id, transaction.seconds)
        outcome = self._apply(self._plain, opened.state, block, transaction)
        changes = opened.state.seal()
        if not outcome.succeeded or transaction.entry == "query":
            return
        opened.total.apply(changes)
        opened.height, opened.time = block.height, block.time
        opened.position = CosmosPosition(
            opened.total.root,
            block.height,
            block.time,
            (*opened.position.transactions, transaction),
        )

    def _at(self, position: CosmosPosition) -> OpenPosition:
        """The position with its state; raises PositionDiffers."""
        opened = self._open.get(position.block_hash)
        if opened is not None:
            self._open.move_to_end(position.block_hash)
            return opened
        chain = self.start.chain
        opened = OpenPosition(
            self.begin,
            OrderedState(chain.entries),
            MultisetHash.from_bytes(chain.total),
        )
        for transaction in position.transactions:
            self._advance(opened, transaction)
        if opened.position.block_hash != position.block_hash:
            raise PositionDiffers(position, opened.position)
        self._keep(opened)
        return opened

    def _keep(self, opened: OpenPosition) -> None:
        self._open[opened.position.block_hash] = opened
        if len(self._open) > MAX_OPEN:
            self._open.popitem(last=False)

    # Coverage of the last run

    @property
    def edge_counts(self) -> memoryview:
        """See Executor."""
        return self._counts.counts

    @property
    def edge_total(self) -> int:
        """See Executor."""
        return len(self._counts)

    @property
    def last_edge(self) -> int:
        """See Executor."""
        return self._counts.last

    def describe_edge(self, edge: int) -> None:  # noqa: ARG002 (see Executor)
        """See Executor; edges are not placed in contracts' modules."""
        return

    def failure_place(
        self,
        position: CosmosPosition,  # noqa: ARG002 (see Executor)
        transaction: CosmosTransaction,  # noqa: ARG002
    ) -> str:
        """See Executor; a panic says itself where it was."""
        return ""

    def comparisons(self) -> list[Comparison]:
        """See Executor; there are none."""
        return []

    @classmethod
    def plain(cls, start: CosmosStart) -> "CosmosExecutor":
        """See Executor."""
        return cls(start, has_coverage=False)

    def simplest_calls(self) -> list[CosmosTransaction]:
        """See Executor: a message without content to each contract."""
        return [
            CosmosTransaction("execute", "{}", contract)
            for contract in range(len(self.start.contracts))
        ]

    def twin(self, engine: str = DEFAULT_ENGINE) -> "CosmosExecutor":
        """See Executor."""
        return CosmosExecutor(self.start, engine, has_coverage=False)

    def _runs_on(self, engine: object) -> MessageRuns:
        prefix, handlers = self.start.chain.prefix, self._handlers
        return MessageRuns(self._rules, prefix, engine, handlers)  # type: ignore[arg-type] # an Engine

    def _register(self, engine: CoveringInterpreter) -> None:
        """Give every code of the start cells of its own, in the order of checksums."""
        schedule = load_schedule(self._rules.release.schedule)
        pipeline = INTERFACE.pipeline(engine, schedule)
        for key, code in sorted(self.start.chain.entries.items()):
            if key.startswith(CODE_BYTES):
                try:
                    pipeline.prepare(code)
                except (MalformedModule, InvalidModule):
                    continue
        self._counts.seal()


class StateView:
    """A state as invariants see it; queries run on the interpreter and leave it."""

    def __init__(
        self, runs: MessageRuns, state: OrderedState, block: BlockInfo
    ) -> None:
        self.runs = runs
        self.state = state
        self.block = block
