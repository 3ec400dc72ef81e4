"""Simulated blocks (eth_simulateV1): calls one after another, and nothing is kept."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from chain_sim.ethereum.blocks.block import Block, Header
from chain_sim.ethereum.chain.call_request import BlockOverrides, CallRequest
from chain_sim.ethereum.execution.block_building import (
    BlockContent,
    context_after,
    header_after,
    receipt_of,
)
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.edits import apply_edits
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.node.calls import (
    Edits,
    parse_block_overrides,
    parse_state_overrides,
    request_of,
    revert_text,
)
from chain_sim.node.documents import Document, block_document, log_documents
from chain_sim.node.errors import EXECUTION_REVERTED, TRANSACTION_REJECTED
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind
from chain_sim.node.transaction_object import (
    TransactionObject,
    parse_transaction_object,
)
from chain_sim.node.values import BlockChoice, kind_of, parse_object
from chain_sim.node.views import opener_at
from contractvm.hosts.evm.interface import CallStatus

MAX_BLOCKS = 256
MAX_CALLS = 1_000
IGNORED = {"traceTransfers", "validation", "returnFullTransactions"}


class SimulatedBlock(Struct, frozen=True):
    """What one block is to have."""

    calls: tuple[TransactionObject, ...]
    edits: Edits = ()
    overrides: BlockOverrides = BlockOverrides()


def parse_simulation(given: object) -> tuple[SimulatedBlock, ...]:
    """`{blockStateCalls: [{blockOverrides, stateOverrides, calls}]}`."""
    found = parse_object(given)
    refuse_others(found, {"blockStateCalls", *IGNORED})
    return tuple(map(_parse_block, _list(found, "blockStateCalls", MAX_BLOCKS)))


def _parse_block(given: object) -> SimulatedBlock:
    found = parse_object(given)
    refuse_others(found, {"calls", "stateOverrides", "blockOverrides"})
    calls = _list(found, "calls", MAX_CALLS)
    return SimulatedBlock(
        tuple(map(parse_transaction_object, calls)),
        parse_state_overrides(found.get("stateOverrides") or {}),
        parse_block_overrides(found.get("blockOverrides") or {}),
    )


def _list(found: Mapping[str, object], name: str, most: int) -> list[Any]:
    given = found.get(name, [])
    if not isinstance(given, list):
        raise InvalidValue(f"{name} is a list, not {kind_of(given)}")
    if len(given) > most:
        raise InvalidValue(f"{name} has {len(given)} elements, more than {most}")
    return given


def refuse_others(found: Mapping[str, object], known: set[str]) -> None:
    """Raise InvalidValue for a member that is not known."""
    rest = found.keys() - known
    if rest:
        raise InvalidValue(f"unknown member {min(rest)!r:.40}")


class Simulation:
    """A run of blocks on the state after one of the chain's."""

    def __init__(self, node: Node, start: BlockChoice) -> None:
        self._node = node
        self._parent: Header = node.block(start).header
        state = opener_at(node, start)(WorldState)
        self._executor = Executor(node.chain.engine, state)

    def run(self, wanted: SimulatedBlock) -> Document:
        """The next block, with what its calls returned."""
        state = self._executor.state
        context = self._context(wanted)
        apply_edits(state, wanted.edits)
        pairs: list[tuple[Transaction, TransactionResult]] = []
        receipts = []
        used = 0
        for call in wanted.calls:
            placed = self._placed(call, context, used)
            result = self._executor.apply(placed)
            used += result.gas_used
            pairs.append((placed.tx, result))
            receipts.append(receipt_of(result, used, placed.tx.type))
        transactions = tuple(tx for tx, _ in pairs)
        content = BlockContent(state.compute_root(), transactions, tuple(receipts))
        header = header_after(self._parent, context, content)
        block, self._parent = Block(header, transactions), header
        logs = [document for _, document in log_documents(block, receipts)]
        document = block_document(
            block, [format_data(tx.hash) for tx in block.transactions]
        )
        document["calls"] = []
        for _, result in pairs:
            own, logs = logs[: len(result.logs)], logs[len(result.logs) :]
            document["calls"].append(call_document(result, own))
        return document

    def _context(self, wanted: SimulatedBlock) -> BlockContext:
        parent, hashes = self._parent, self._node.store.hash_at
        return wanted.overrides.applied(
            context_after(parent, hashes, self._node.chain.fork)
        )

    def _placed(
        self, call: TransactionObject, context: BlockContext, used: int
    ) -> PlacedTransaction:
        request: CallRequest = request_of(self._node, call)
        nonce = self._executor.state.get_nonce(request.sender)
        left = context.gas_limit - used
        limit = left if request.gas_limit is None else min(request.gas_limit, left)
        tx = request.transaction(nonce, self._node.chain.genesis.chain_id)
        return PlacedTransaction(
            structs.replace(tx, gas_limit=limit),
            request.sender,
            context,
            used,
            charged_base_fee=False,
        )


def call_document(result: TransactionResult, logs: list[Document]) -> Document:
    """How one call ended."""
    document: Document = {
        "returnData": format_data(result.output),
        "logs": logs,
        "gasUsed": format_quantity(result.gas_used),
        "status": format_quantity(int(result.succeeded)),
    }
    if result.status is CallStatus.REVERTED:
        document["error"] = {
            "code": EXECUTION_REVERTED,
            "message": f"execution reverted{revert_text(result.output)}",
            "data": format_data(result.output),
        }
    elif not result.succeeded:
        document["error"] = {"code": TRANSACTION_REJECTED, "message": result.error}
    return document


SIMULATION = Kind("simulated blocks", parse_simulation)
