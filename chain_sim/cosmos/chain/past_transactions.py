"""Transactions of blocks that a chain keeps: run again, traced, and explained."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from msgspec import msgpack

from chain_sim.cosmos.chain.block_ledger import BlockLedger, block_after, seconds_late
from chain_sim.cosmos.chain.sent_messages import SentMessage, run_sent
from chain_sim.cosmos.chain.transactions import (
    TransactionOutcome,
    run_explained,
    run_transaction,
)
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.errors import InvalidChainArgument
from chain_sim.cosmos.gas_ledger import NO_LEDGER, GasLedger, GasNode
from chain_sim.cosmos.state.ordered_state import OrderedState
from chain_sim.cosmos.wasm.module import WasmModule

MakeContext = Callable[[OrderedState, BlockInfo, int | None, GasLedger], Context]


@dataclass(frozen=True, slots=True)
class PastTransaction:
    """A message that a block keeps, and what it did, which can be explained.

    Its block came `seconds` later than usual.
    """

    sent: SentMessage
    seconds: int
    outcome: TransactionOutcome


def kept_message(blocks: BlockLedger, height: int) -> SentMessage | None:
    """The message that a block keeps."""
    kept = blocks.message(height)
    return None if kept is None else msgpack.decode(kept, type=SentMessage)


def run_past(
    blocks: BlockLedger, height: int, wasm: WasmModule, make_context: MakeContext
) -> PastTransaction:
    """The transaction of a block, run again on the state that it met.

    Raises InvalidChainArgument where no message is kept, or where the state after it
    is not the block's, and NotSimulated.
    """
    header, sent = blocks.header(height), kept_message(blocks, height)
    if sent is None:
        raise InvalidChainArgument(f"block {height} keeps no message to a contract")
    before = blocks.header(height - 1)
    seconds = seconds_late(before, header)
    block = block_after(before.height, before.time, blocks.config.chain_id, seconds)
    entries = blocks.entries_at(before.height)

    def context(state: OrderedState, ledger: GasLedger) -> Context:
        return make_context(state, block, sent.gas_limit, ledger)

    state = OrderedState(entries)
    outcome, _ = run_transaction(
        context(state, NO_LEDGER), lambda inner: run_sent(inner, wasm, sent)
    )
    if outcome.error is not None or state.entries() != blocks.entries_at(height):
        raise InvalidChainArgument(
            f"block {height} does not come about in the same way now: are its handlers"
            " there, and is this the version that made it?"
        )

    def explain() -> GasNode:
        again = context(OrderedState(entries), GasLedger("transaction"))
        return run_explained(outcome, again, lambda inner: run_sent(inner, wasm, sent))

    return PastTransaction(sent, seconds, replace(outcome, explain=explain))
