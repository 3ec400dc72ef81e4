"""Runs of a case's blocks: one transaction after another, with a root after each."""

from collections.abc import Callable, Iterable, Iterator

from chain_sim.ethereum.capture.case import CapturedOutcome, CaseBlock
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import (
    BlockHashes,
    PlacedTransaction,
)
from chain_sim.ethereum.forks import Fork


def run_blocks(
    executor: Executor,
    blocks: Iterable[CaseBlock],
    hashes_for: Callable[[CaseBlock], BlockHashes],
    fork: Fork,
) -> Iterator[CapturedOutcome]:
    """The outcomes, one by one; raises what the executor raises.

    The root is computed after every transaction: it may need nodes that a root computed
    later would not.
    """
    for block in blocks:
        context = block.context(hashes_for(block), fork)
        gas_used = 0
        for sent in block.transactions:
            placed = PlacedTransaction(sent.transaction, sent.sender, context, gas_used)
            result = executor.apply(placed)
            gas_used += result.gas_used
            yield CapturedOutcome(result, executor.state.compute_root())
