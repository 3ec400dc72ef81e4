"""The parts of a node's chain in this process, over the node's database.

They read what no method of JSON-RPC answers, and run again what the chain has run.
"""

from functools import cached_property
from typing import Self

from chain_sim.ethereum.chain.arbos import ChainArbOs
from chain_sim.ethereum.chain.parts import ChainParts
from chain_sim.ethereum.chain.pool import ChainPool
from chain_sim.ethereum.chain.remote.answers import (
    Document,
    data,
    document,
    list_of,
    quantity,
    text,
)
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.node_control import NodeEdits
from chain_sim.ethereum.chain.remote.node_database import MomentDatabase
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.pool.block_filling import PoolOrder
from chain_sim.ethereum.pool.transaction_pool import PooledTransaction
from chain_sim.ethereum.primitives.transactions import (
    decode_transaction,
    sender_in_block,
)
from chain_sim.ethereum.state.world_state import WorldState


class NodeMirror(ChainParts):
    """A chain for reading: what writes is for the node, and raises DatabaseReadOnly.

    `edits` are the node's.
    """

    def __init__(self, endpoint: Endpoint, edits: NodeEdits) -> None:
        self._endpoint = endpoint
        self._moment = MomentDatabase(endpoint)
        self._node_edits = edits
        super().__init__(self._moment)

    def looked(self) -> Self:
        """The same with the head and the waiting transactions of now."""
        self._moment.look()
        self._head.reload()
        for part in ("pool", "calls"):
            self.__dict__.pop(part, None)
        return self

    @cached_property
    def pool(self) -> ChainPool:
        """A copy of what waits in the node."""
        pool = ChainPool(self._head, self.reader, self.mining)
        pool.order, waiting = self._endpoint.ask("contractvm_waiting", read=self._pool)
        pool.take_over(waiting)
        return pool

    @cached_property
    def arbos(self) -> ChainArbOs:
        """ArbOS, whose settings are edits of the node's chain."""
        edits = self._node_edits
        return ChainArbOs(self._head, edits, self.reader, self.engine)  # type: ignore[arg-type] # it has the same methods

    def run(self, call: RepeatableTransaction) -> TransactionResult:
        """The result of a placed call; nothing is kept."""
        return Executor(self.engine, call.open_state(WorldState)).call(call)

    def _pool(self, given: object) -> tuple[PoolOrder, list[PooledTransaction]]:
        found = document(given)
        rows = list_of(document)(found["transactions"])
        return PoolOrder(text(found["order"])), [self._waiting(row) for row in rows]

    def _waiting(self, row: Document) -> PooledTransaction:
        tx = decode_transaction(data(row["raw"]), self.fork.transaction_types)
        sender = sender_in_block(tx, self.genesis.chain_id)
        return PooledTransaction(tx, sender, tx.hash, quantity(row["arrival"]))
