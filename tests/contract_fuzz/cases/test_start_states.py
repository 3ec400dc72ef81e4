"""Start states at the head of a chain: the hashes of the newest 256 blocks."""

import pytest

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_fuzz.cases.start_states import start_from_chain


@pytest.mark.parametrize(("height", "first"), [(3, 0), (255, 0), (256, 1), (300, 45)])
def test_block_hashes_are_those_that_the_next_block_reads(
    height: int, first: int
) -> None:
    chain = Blockchain.in_memory()
    for _ in range(height):
        chain.mine()
    start = start_from_chain(chain, [])
    assert start.block_hashes == tuple(
        chain.reader.block_hash(number) for number in range(first, height + 1)
    )
    assert len(start.block_hashes) == min(height + 1, 256)
    assert start.block_hashes[-1] == chain.head.hash
