"""The node: a chain, the keys it signs with, and what its clients wait for."""

from collections.abc import Callable, Mapping

from msgspec import Struct

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.block_store import BlockStore
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.primitives.errors import (
    BlockNotKept,
    UnknownBlock,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.node.errors import RESOURCE_NOT_FOUND, RpcError, invalid_params
from chain_sim.node.events.filters import Filters
from chain_sim.node.events.pending_log import PendingLog
from chain_sim.node.events.subscriptions import Subscriptions
from chain_sim.node.explorer.explorer import explorer_of
from chain_sim.node.values import BlockChoice
from contractvm.wasm.engines.stop_flag import StopFlag

HEAD_TAGS = ("latest", "safe", "finalized")


class NodeOptions(Struct, frozen=True):
    """Choices of a node that are not the chain's.

    `call_gas_limit` bounds calls and estimates; None is the block's gas limit. `order`
    is that of waiting transactions, "fees" or "fifo". `now` is the time of blocks in
    seconds; None leaves it to the chain's logical clock.
    """

    call_gas_limit: int | None = None
    has_receipt_details: bool = False
    order: str = "fees"
    automines: bool = True
    interval_seconds: float | None = None
    block_time_step: int = 1
    now: Callable[[], int] | None = None
    auto_impersonates: bool = False


DEFAULT_OPTIONS = NodeOptions()


class Node:
    """What the functions of the table work on; all that writes is on one thread."""

    def __init__(
        self,
        chain: Blockchain,
        keys: Mapping[Address, bytes],
        options: NodeOptions = DEFAULT_OPTIONS,
    ) -> None:
        self.chain = chain
        self.keys = keys
        self.options = options
        self.reader = chain.reader
        self.explorer = explorer_of(chain)
        self.interval_seconds = options.interval_seconds
        self._stop_flag = StopFlag()
        chain.engine.stop_flag = self._stop_flag
        self.pending_log = PendingLog()
        self.filters = Filters(self.store, self.pending_log)
        self.subscriptions = Subscriptions(
            self.store, self.pending_log, chain.head.hash
        )

    @property
    def store(self) -> BlockStore:
        """Blocks and receipts of every branch."""
        return self.reader.head.store

    @property
    def head_number(self) -> int:
        """The number of the newest block."""
        return self.chain.head.header.number

    @property
    def first_number(self) -> int:
        """The number of the first block."""
        loaded = self.chain.genesis.loaded
        return 0 if loaded is None else loaded.number

    def interrupt(self, reason: str) -> None:
        """End the run of a contract, and every later one, from any thread.

        The request of it fails; the chain stays as it is.
        """
        self._stop_flag.set(reason)

    def tick(self) -> None:
        """Make the block that interval mining is due to make."""
        self.chain.mine()

    def next_nonce(self, address: Address) -> int:
        """The nonce of the account's next transaction."""
        return self.chain.nonce(address)

    def accept(self, tx: Transaction, sender: Address) -> None:
        """Take a transaction, whose block is made at once.

        Raises InvalidTransaction, and then nothing has changed.
        """
        self.chain.submit(tx)
        self.pending_log.append(tx, sender)

    def find_block(self, choice: BlockChoice) -> Block | None:
        """The block that is meant; None where there is none.

        `pending` is the head here.
        """
        try:
            return self.block(choice)
        except RpcError:
            return None

    def block(self, choice: BlockChoice) -> Block:
        """The block that is meant; `pending` is the head here. Raises RpcError."""
        if choice.hash is not None:
            return self._block_with_hash(choice)
        number = choice.number
        if number is None:
            if choice.tag != "earliest":
                return self.chain.head
            number = self.first_number
        try:
            return self.reader.block(number)
        except UnknownBlock as error:
            raise invalid_params(
                f"block height is {self.head_number} but requested was {number}"
            ) from error
        except BlockNotKept as error:
            raise not_kept(number) from error

    def state(self, choice: BlockChoice) -> WorldState:
        """The state after the block that is meant; raises RpcError."""
        block = self.block(choice)
        try:
            return self.chain.state_at(block.hash)
        except BlockNotKept as error:
            raise not_kept(block.header.number) from error

    def _block_with_hash(self, choice: BlockChoice) -> Block:
        try:
            if choice.must_be_canonical:
                return self.reader.block(choice.hash or b"")
            return self.reader.find_block(choice.hash)
        except UnknownBlock as error:
            raise RpcError(RESOURCE_NOT_FOUND, "Resource not found") from error


def not_kept(number: int) -> RpcError:
    """The state of a block was pruned."""
    return RpcError(RESOURCE_NOT_FOUND, f"state of block {number} is not kept")
