"""A chain that a node has, as contract objects use it."""

from typing import Any

from chain_sim.ethereum.chain.remote.node_chain import NodeChain
from contract_testing.contracts.connection import ChainConnection


class NodeConnection(ChainConnection):
    """The chain of a node of ours, by the same methods; others raise NotServed."""

    chain: Any

    def __init__(self, chain: NodeChain) -> None:
        super().__init__(chain)  # type: ignore[arg-type] # it has the same methods

    @property
    def chain_id(self) -> int:
        """See Connection."""
        return int(self.chain.chain_id)

    def is_constructor(self, address: bytes) -> bool:
        """See Connection."""
        called = self.chain.call(address)
        return called.succeeded and self.is_code(called.output)
