"""Tracers by name, and running the transactions that they trace."""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.execution.engine_choice import traced_engine
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.execution.stored_block import StoredBlock
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.node.documents import Document
from chain_sim.node.errors import invalid_params
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind
from chain_sim.node.tracing.call_documents import CallConfig, GasView, call_document
from chain_sim.node.tracing.call_tree import CallNode, CallTracer, is_creation
from chain_sim.node.tracing.host_calls import HostCallTracer
from chain_sim.node.tracing.prestate import PrestateConfig, prestate
from chain_sim.node.values import parse_boolean, parse_object, text_of

TRACERS = ("callTracer", "prestateTracer", "4byteTracer", "noopTracer", "stylusTracer")
CALL, PRESTATE, FOUR_BYTE, NOOP, STYLUS = TRACERS
NO_STEPS = (
    "there are no EVM steps; use callTracer, prestateTracer, 4byteTracer or"
    " stylusTracer"
)


class TraceOptions(Struct, frozen=True):
    """The tracer, and its own options; without a tracer it is refused."""

    tracer: str = ""
    call: CallConfig = CallConfig()
    prestate: PrestateConfig = PrestateConfig()


def parse_trace_options(given: object) -> TraceOptions:
    """`{tracer, tracerConfig}`; other members are passed over."""
    found = parse_object(given)
    if found.get("tracer") is None:
        return TraceOptions()
    tracer = text_of(found["tracer"], "a tracer")
    if tracer not in TRACERS:
        raise InvalidValue(f"no tracer {tracer!r:.40}: there are {', '.join(TRACERS)}")
    config = parse_object(found.get("tracerConfig") or {})

    def flag(name: str) -> bool:
        return parse_boolean(config.get(name) or False)

    return TraceOptions(
        tracer,
        CallConfig(flag("onlyTopCall"), flag("withLog")),
        PrestateConfig(
            flag("diffMode"), not flag("disableCode"), not flag("disableStorage")
        ),
    )


TRACE_OPTIONS = Kind("trace options", parse_trace_options)


class Traced(Struct, frozen=True):
    """A transaction that has run under a tracer."""

    tree: CallNode
    gas: GasView
    result: TransactionResult
    state: RecordingState
    host_calls: list[Document]


class BlockTrace:
    """Runs a block's transactions again, one after another, under tracers.

    Each result is compared with the block's receipts: ReplayDiffers.
    """

    def __init__(self, node: Node, stored: StoredBlock) -> None:
        self._engine = engine = traced_engine(node.chain.engine)
        self._units_per_gas = engine.schedule.units_per_gas
        self._state = stored.open_state(RecordingState)
        self._executor = Executor(engine, self._state)
        self._recorders = {index: CallTracer() for index in range(len(stored.receipts))}
        self._run = stored.run(self._executor, self._recorders)
        self._log_index = 0

    def each(self) -> Iterator[Traced]:
        """The transactions, in order."""
        for index in range(len(self._recorders)):
            host_calls = HostCallTracer()
            self._engine.filter_imports = host_calls.filter_imports
            self._state.begin_recording()
            result = next(self._run)
            tracer = self._recorders[index]
            tracer.add_logs(result.logs, self._log_index)
            self._log_index += len(result.logs)
            yield Traced(
                tracer.root,
                GasView(self._units_per_gas, result.gas_used),
                result,
                self._state,
                host_calls.entries,
            )


def trace_block(node: Node, block: Block) -> Iterator[Traced]:
    """The transactions of a block, run again, in order."""
    if not block.transactions:
        return iter(())
    return BlockTrace(node, node.reader.stored_block(block)).each()


def trace_transaction(node: Node, block: Block, index: int) -> Traced:
    """One transaction of a block, after those before it."""
    traced = trace_block(node, block)
    for _ in range(index):
        next(traced)
    return next(traced)


def trace_call(node: Node, placed: RepeatableTransaction) -> Traced:
    """A call; raises InvalidTransaction."""
    host_calls, tracer = HostCallTracer(), CallTracer()
    engine = traced_engine(node.chain.engine)
    engine.filter_imports = host_calls.filter_imports
    state = placed.open_state(RecordingState)
    state.begin_recording()
    result = Executor(engine, state).apply(placed, tracer)
    tracer.add_logs(result.logs)
    gas = GasView(engine.schedule.units_per_gas, result.gas_used)
    return Traced(tracer.root, gas, result, state, host_calls.entries)


def require_tracer(options: TraceOptions) -> None:
    """Raise RpcError where no tracer is named."""
    if not options.tracer:
        raise invalid_params(NO_STEPS)


def traced_document(traced: Traced, options: TraceOptions) -> object:
    """What the tracer says."""
    if options.tracer == CALL:
        return call_document(traced.tree, traced.gas, options.call)
    if options.tracer == PRESTATE:
        return prestate(traced.state, options.prestate)
    if options.tracer == FOUR_BYTE:
        return selector_counts(traced.tree)
    return traced.host_calls if options.tracer == STYLUS else {}


def selector_counts(tree: CallNode) -> Mapping[str, int]:
    """How often each function was called with so many bytes of arguments."""
    counts: dict[str, int] = {}
    for node in tree.walk():
        data = node.message.data
        if len(data) >= 4 and not is_creation(node) and not node.is_precompile:
            name = f"{format_data(data[:4])}-{len(data) - 4}"
            counts[name] = counts.get(name, 0) + 1
    return counts
