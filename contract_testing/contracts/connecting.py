"""How contract objects use what a user gives them as a chain."""

from typing import Any

from chain_sim.ethereum.chain.blockchain import Blockchain
from contract_testing.contracts.connection import ChainConnection, Connection


def connection_of(chain: Any) -> Connection:
    """A Blockchain, a node's chain, or what is a Connection itself."""
    if isinstance(chain, Blockchain):
        return ChainConnection(chain)
    from chain_sim.ethereum.chain.remote.node_chain import (  # noqa: PLC0415 (few need it)
        NodeChain,
    )

    if isinstance(chain, NodeChain):
        from contract_testing.contracts.node_connection import (  # noqa: PLC0415 (few need it)
            NodeConnection,
        )

        return NodeConnection(chain)
    found: Connection = chain
    return found
