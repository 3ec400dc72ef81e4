"""The run of a case's blocks: one transaction after another, with a root after each."""

from collections.abc import Callable, Iterable, Iterator

from chain_sim.ethereum.capture.case import CaseBlock, Outcome
from chain_sim.ethereum.execution.cross_check import ApplyTransaction
from chain_sim.ethereum.execution.state_transition import BlockHashes
from chain_sim.ethereum.state.world_state import WorldState


def run_blocks(
    apply: ApplyTransaction,
    state: WorldState,
    blocks: Iterable[CaseBlock],
    hashes_for: Callable[[CaseBlock], BlockHashes],
) -> Iterator[Outcome]:
    """The outcomes, as they come; what `apply` raises is raised.

    The root is computed after every transaction, whoever runs: it may need nodes that
    a root computed later would not.
    """
    for block in blocks:
        context = block.context(hashes_for(block))
        gas_left = block.gas_limit
        for sent in block.transactions:
            result = apply(state, sent.transaction, sent.sender, context, gas_left)
            gas_left -= result.gas_used
            yield Outcome(result, state.compute_root())
