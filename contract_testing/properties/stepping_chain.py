"""A chain whose clock can be moved on by an empty block."""

from msgspec import structs

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.execution.block_building import build_block, context_after


class SteppingChain(Blockchain):
    """The local chain, with a way to let time pass."""

    def wait(self, seconds: int) -> Block:
        """Make an empty block that comes `seconds` after the head."""
        parent = self._head.header
        context = context_after(parent, self._store.hash_at)
        built = build_block(
            self._applying(),
            self.state_at(),
            parent,
            structs.replace(context, timestamp=parent.timestamp + seconds),
            (),
            self.genesis.chain_id,
        )
        self._write(built)
        return built.block
