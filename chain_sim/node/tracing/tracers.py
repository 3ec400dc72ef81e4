"""Tracers by name, and running the transactions that they trace."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, Generic, TypeVar

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.chain.call_request import NO_OVERRIDES, BlockOverrides
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.frame_observer import TransactionObserver
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.execution.stylus_tracer import StylusTracer
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.state.recording_state import RecordingState
from chain_sim.node.calls import BLOCK_OVERRIDES, STATE_OVERRIDES, Edits
from chain_sim.node.errors import invalid_params
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, parse_within
from chain_sim.node.tracing.call_documents import CallConfig, GasView, call_document
from chain_sim.node.tracing.call_tree import CallNode, CallTracer, is_creation
from chain_sim.node.tracing.host_calls import HostCallTracer
from chain_sim.node.tracing.prestate import PrestateConfig, prestate
from chain_sim.node.values import parse_boolean, parse_object, text_of

TRACERS = ("callTracer", "prestateTracer", "4byteTracer", "noopTracer", "stylusTracer")
CALL, PRESTATE, FOUR_BYTE, NOOP, STYLUS = TRACERS
Tracer = CallTracer | HostCallTracer | StylusTracer
T = TypeVar("T", bound=TransactionObserver)
NO_STEPS = (
    "there are no EVM steps; use callTracer, prestateTracer, 4byteTracer or"
    " stylusTracer"
)


class TraceOptions(Struct, frozen=True):
    """The tracer, and its own options; without a tracer it is refused.

    `edits` and `overrides` are of the state and the block of a call.
    """

    tracer: str = ""
    call: CallConfig = CallConfig()
    prestate: PrestateConfig = PrestateConfig()
    edits: Edits = ()
    overrides: BlockOverrides = NO_OVERRIDES


def parse_trace_options(given: object) -> TraceOptions:
    """`{tracer, tracerConfig, stateOverrides, blockOverrides}`; others are ignored."""
    found = parse_object(given)
    if found.get("tracer") is None:
        return TraceOptions()
    tracer = text_of(found["tracer"], "a tracer")
    if tracer not in TRACERS:
        raise InvalidValue(f"no tracer {tracer!r:.40}: there are {', '.join(TRACERS)}")
    config = parse_object(found.get("tracerConfig") or {})

    def flag(name: str) -> bool:
        return parse_boolean(config.get(name) or False)

    def overrides(name: str, kind: Kind, default: Any) -> Any:
        given = found.get(name)
        return default if given is None else parse_within(name, kind.parse, given)

    return TraceOptions(
        tracer,
        CallConfig(flag("onlyTopCall"), flag("withLog")),
        PrestateConfig(
            flag("diffMode"), not flag("disableCode"), not flag("disableStorage")
        ),
        overrides("stateOverrides", STATE_OVERRIDES, ()),
        overrides("blockOverrides", BLOCK_OVERRIDES, NO_OVERRIDES),
    )


TRACE_OPTIONS = Kind("trace options", parse_trace_options)


class Traced(Struct, Generic[T], frozen=True):
    """A transaction that has run under a tracer."""

    tracer: T
    gas: GasView
    result: TransactionResult
    state: RecordingState


def trace_block(
    node: Node, block: Block, make_tracer: Callable[[], T]
) -> Iterator[Traced[T]]:
    """The transactions of a block, run again, in order, each under a new tracer.

    Each result is compared with the block's receipts: ReplayDiffers.
    """
    if not block.transactions:
        return
    stored, engine = node.reader.stored_block(block), node.chain.engine
    state = stored.open_state(RecordingState)
    tracers = [make_tracer() for _ in stored.receipts]
    run = stored.run(Executor(engine, state), dict(enumerate(tracers)))
    log_index = 0
    for tracer in tracers:
        state.begin_recording()
        result = next(run)
        add_logs(tracer, result, log_index)
        log_index += len(result.logs)
        gas = GasView(engine.schedule.units_per_gas, result.gas_used)
        yield Traced(tracer, gas, result, state)


def trace_transaction(
    node: Node, block: Block, index: int, make_tracer: Callable[[], T]
) -> Traced[T]:
    """One transaction of a block, after those before it."""
    return next(islice(trace_block(node, block, make_tracer), index, None))


def tree_of_transaction(node: Node, block: Block, index: int) -> CallTracer:
    """The messages of one transaction of a block."""
    return trace_transaction(node, block, index, CallTracer).tracer


def trace_call(
    node: Node, placed: RepeatableTransaction, make_tracer: Callable[[], T]
) -> Traced[T]:
    """A call; raises InvalidTransaction."""
    engine, tracer = node.chain.engine, make_tracer()
    state = placed.open_state(RecordingState)
    state.begin_recording()
    result = Executor(engine, state).apply(placed, tracer)
    add_logs(tracer, result, 0)
    gas = GasView(engine.schedule.units_per_gas, result.gas_used)
    return Traced(tracer, gas, result, state)


def add_logs(
    tracer: TransactionObserver, result: TransactionResult, first_index: int
) -> None:
    """Give a tree of calls the transaction's logs, known at its end."""
    if isinstance(tracer, CallTracer):
        tracer.add_logs(result.logs, first_index)


def tracer_maker(node: Node, options: TraceOptions) -> Callable[[], Tracer]:
    """What makes the tracer for a transaction."""
    if options.tracer != STYLUS:
        return CallTracer
    return HostCallTracer if node.chain.fork.stylus is None else StylusTracer


def require_tracer(options: TraceOptions) -> None:
    """Raise RpcError where no tracer is named."""
    if not options.tracer:
        raise invalid_params(NO_STEPS)


def traced_document(traced: Traced[Tracer], options: TraceOptions) -> object:
    """What the tracer says."""
    tracer = traced.tracer
    if isinstance(tracer, HostCallTracer):
        return tracer.entries
    if isinstance(tracer, StylusTracer):
        return [step.document("0x") for step in tracer.steps]
    if options.tracer == CALL:
        return call_document(tracer.root, traced.gas, options.call)
    if options.tracer == PRESTATE:
        return prestate(traced.state, options.prestate)
    return selector_counts(tracer.root) if options.tracer == FOUR_BYTE else {}


def selector_counts(tree: CallNode) -> Mapping[str, int]:
    """How often each function was called with so many bytes of arguments."""
    counts: dict[str, int] = {}
    for node in tree.walk():
        data = node.message.data
        if len(data) >= 4 and not is_creation(node) and not node.is_precompile:
            name = f"{format_data(data[:4])}-{len(data) - 4}"
            counts[name] = counts.get(name, 0) + 1
    return counts
