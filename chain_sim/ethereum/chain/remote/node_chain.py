"""A chain that a node has: the methods of Blockchain, each a request or a few."""

from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import BlockName, Where, as_place
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.remote import answers
from chain_sim.ethereum.chain.remote.errors import NodeRefused, NotServed
from chain_sim.ethereum.chain.remote.node_control import (
    NodeClock,
    NodeEdits,
    NodeNextBlock,
)
from chain_sim.ethereum.chain.remote.node_database import NodeDatabase
from chain_sim.ethereum.chain.remote.node_history import NodeBranches, NodeHistory
from chain_sim.ethereum.chain.remote.node_mining import NodeMining, NodePool
from chain_sim.ethereum.chain.remote.node_part import (
    NodeArbOs,
    NodeCalls,
    NodeExport,
    NodeFailures,
    NodeGas,
    NodeReader,
)
from chain_sim.ethereum.chain.remote.node_reads import (
    NodeState,
    block_parameter,
    call_message,
    read_block,
    read_transaction,
)
from chain_sim.ethereum.chain.remote.node_sending import NodeSending
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_hash,
)
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.progress import Progress, no_progress
from gas_schedule.arguments import as_int

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_mirror import NodeMirror


class NodeChain(NodeSending):
    """The chain of the node at `url`, by the methods of Blockchain.

    Each is a few requests over JSON-RPC, of `timeout` seconds at most; a transaction
    waits as long again for its block. Accounts with known keys sign here, others there.
    What no method answers is read from the node's database and run in this process.
    Nodes of others serve what is standard; the rest raises NotServed. Making one raises
    InvalidText for no URL, and NodeError where no node answers. `chain_id` is the
    node's number. `ask(method, *params, read=...)` makes any other request.
    """

    def __init__(self, url: str, timeout: float) -> None:
        super().__init__(url, timeout)
        endpoint, mirror = self._endpoint, self._looked
        self.branches = NodeBranches(endpoint, mirror, self.find_block)
        self.failures = NodeFailures(endpoint, mirror)
        self.history = NodeHistory(endpoint, mirror, self.branches)
        self.clock = NodeClock(endpoint, mirror)
        self.next_block = NodeNextBlock(endpoint, mirror)
        self.edits = NodeEdits(endpoint, mirror)
        self.mining = NodeMining(endpoint, mirror)
        self.pool = NodePool(endpoint, mirror)
        self.reader = NodeReader(endpoint, mirror)
        self.calls = NodeCalls(endpoint, mirror)
        self.gas = NodeGas(endpoint, mirror)
        self.export = NodeExport(endpoint, mirror)

    @cached_property
    def _mirror(self) -> "NodeMirror":
        from chain_sim.ethereum.chain.remote.node_mirror import (  # noqa: PLC0415 (few need it)
            NodeMirror,
        )

        return NodeMirror(self._endpoint, self.edits)

    def _looked(self, what: str) -> "NodeMirror":
        """The parts in this process, for `what`, as the chain is now."""
        if self._genesis is None:
            raise NotServed(self.url, what)
        return self._mirror.looked()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotServed(self.url, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing stays open between requests."""

    @property
    def database(self) -> NodeDatabase:
        """The node's database, for reading only; raises NotServed for others."""
        if self._genesis is None:
            raise NotServed(self.url, "database")
        return NodeDatabase(self._endpoint)

    @property
    def arbos(self) -> NodeArbOs:
        """ArbOS's programs and settings; raises WithoutArbOs."""
        self._looked("arbos").arbos  # noqa: B018 (raises WithoutArbOs)
        return NodeArbOs(self._endpoint, self._looked)

    # Blocks

    def mine(
        self, transactions: Sequence[Transaction] = (), *, timestamp: int | None = None
    ) -> Block:
        """See Blockchain.mine; without transactions, a block of what waits."""
        if transactions:
            return self.mining.mine_signed(transactions, timestamp).block
        times = () if timestamp is None else (as_int(timestamp, "timestamp"),)
        self.ask("evm_mine", *times, read=bool)
        return self.head

    def mine_blocks(
        self,
        count: int,
        *,
        interval: int | None = None,
        progress: Progress = no_progress,
    ) -> Block:
        """See Blockchain.mine_blocks; the first has what waits."""
        return self.mining.mine_empty(count, interval, progress)

    def prune(self, keep_blocks: int) -> None:
        """See Blockchain.prune."""
        blocks = format_quantity(as_int(keep_blocks, "keep_blocks", at_least=1))
        self.ask("contractvm_prune", blocks, read=bool)

    def call(
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: Where = None,
    ) -> TransactionResult:
        """See Blockchain.call.

        On a node of others it is a call of eth_simulateV1, and `units_left` is 0.
        """
        place = self.branches.place(at)
        message = call_message(to, data, sender, value, gas_limit)
        if self._genesis is None:
            calls, block = {"calls": [message]}, block_parameter(self.url, place)
            read = answers.simulated_result
            return self.ask(
                "eth_simulateV1", {"blockStateCalls": [calls]}, block, read=read
            )
        if place.tx is None:
            try:
                block = block_parameter(self.url, place)
                return self.ask("contractvm_call", message, block, read=answers.result)
            except NodeRefused:
                pass  # the chain's own error is raised below
        mirror = self._looked("call")
        return mirror.run(
            mirror.reader.place_call(
                to, data, sender=sender, value=value, gas_limit=gas_limit, at=place
            )
        )

    def estimate(
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
    ) -> int:
        """The smallest gas limit with which a message succeeds; raises NodeRefused."""
        message = call_message(to, data, sender, value, None)
        return self.ask("eth_estimateGas", message, read=answers.quantity)

    # Reading

    @property
    def head(self) -> Block:
        """The newest block."""
        return self.find_block()

    def block(self, which: int | HashLike) -> Block:
        """See Blockchain.block."""
        if self._genesis is not None:
            return self._looked("block").reader.block(which)
        return self.find_block(as_hash(which) if isinstance(which, str) else which)

    def find_block(self, which: BlockName = None) -> Block:
        """As `block`; the newest for None, or that of a branch, or UnknownBranch."""
        if isinstance(which, str):
            which = self.branches.place(which).block
        return read_block(self._endpoint, which)

    def transaction(self, tx_hash: HashLike) -> Transaction:
        """The transaction of a block; raises UnknownTransaction."""
        wanted = as_hash(tx_hash)
        name = format_data(wanted)
        if self.ask("eth_getTransactionByHash", name, read=waits):
            raise UnknownTransaction(wanted)
        return read_transaction(self._endpoint, wanted)

    def receipt(self, tx_hash: HashLike) -> TransactionReceipt:
        """See Blockchain.receipt.

        A node of others does not say what a contract returned, or why it failed.
        """
        try:
            return super().receipt(tx_hash)
        except NodeRefused:
            if self._genesis is None:
                raise
            return self._looked("receipt").reader.receipt(tx_hash)

    def state_at(
        self, which: Where = None, tx: int | None = None
    ) -> WorldState | NodeState:
        """See Blockchain.state_at; of nodes of others, the reads that are standard."""
        if self._genesis is not None:
            return self._looked("state_at").reader.state_at(which, tx)
        return NodeState(self._endpoint, as_place(which, tx))

    def balance(self, address: AddressLike) -> int:
        """In wei, at the head."""
        return NodeState(self._endpoint).get_balance(address)

    def nonce(self, address: AddressLike) -> int:
        """Transactions sent, or contracts created, at the head."""
        return NodeState(self._endpoint).get_nonce(address)

    def code(self, address: AddressLike) -> bytes:
        """The account's code at the head, empty if it has none."""
        return NodeState(self._endpoint).get_code(address)

    def storage(self, address: AddressLike, slot: int | HashLike) -> bytes:
        """The 32 bytes of a storage slot at the head."""
        return NodeState(self._endpoint).get_storage(address, slot)

    # Going back

    def snapshot(self) -> int:
        """See NodeBranches.snapshot."""
        return self.branches.snapshot()

    def revert(self, snapshot: int) -> Block:
        """See NodeBranches.revert."""
        return self.branches.revert(snapshot)


def waits(given: object) -> bool:
    """Whether a transaction is in no block yet."""
    return given is not None and answers.document(given)["blockHash"] is None
