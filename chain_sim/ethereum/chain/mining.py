"""Mining: blocks of given transactions, and runs of empty ones."""

from collections.abc import Callable, Iterable
from itertools import islice

from msgspec import structs

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.next_block import NOTHING_SET
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.block_building import (
    BlockBuilder,
    BuiltBlock,
    empty_blocks,
    require_time,
)
from chain_sim.ethereum.execution.executor import EngineChoice
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction, recover_sender
from contractvm.progress import Progress
from gas_schedule.arguments import as_int, as_list

SECONDS = "an int, in seconds"

Fill = Callable[[BlockBuilder], None]
"""Appends transactions to a block; what it raises ends the block."""


def fill_sent(tx: Transaction, sender: Address) -> Fill:
    """Appends one transaction whose sender is known."""

    def fill(builder: BlockBuilder) -> None:
        builder.append(tx, sender)

    return fill


class Mining:
    """Makes the chain's blocks; what raises makes none."""

    def __init__(self, head: Head, reader: ChainReader, engines: EngineChoice) -> None:
        self._head = head
        self._reader = reader
        self._engines = engines

    def build(self, fill: Fill, timestamp: int | None = None) -> BuiltBlock:
        """The next block, built and not written; raises what `fill` raises.

        `timestamp`, in seconds, defaults to the clock's: TimeNotAfterHead, TimeTooLate.
        """
        head, parent = self._head, self._head.block.header
        context = head.next_context()
        if timestamp is not None:
            require_time(parent, as_int(timestamp, "timestamp", SECONDS))
            context = structs.replace(context, timestamp=timestamp)
        executor = self._engines.executor(self._reader.opener())
        builder = BlockBuilder(executor, parent, context)
        fill(builder)
        return builder.seal()

    def mine(self, fill: Fill, timestamp: int | None = None) -> BuiltBlock:
        """As `build`, and the block becomes the head."""
        built = self.build(fill, timestamp)
        self._head.append(built)
        self._head.prune_after(1)
        return built

    def mine_signed(
        self, transactions: Iterable[Transaction], timestamp: int | None
    ) -> BuiltBlock:
        """A block of signed transactions.

        Raises InvalidTransaction for the first that may not run.
        """
        return self.mine(self.fill_signed(transactions), timestamp)

    def fill_signed(self, transactions: Iterable[Transaction]) -> Fill:
        """Appends signed transactions; raises InvalidTransaction for another."""
        chain_id = self._head.genesis.chain_id
        signed = as_list(transactions, "transactions", Transaction)

        def fill(builder: BlockBuilder) -> None:
            for tx in signed:
                builder.append(tx, recover_sender(tx, chain_id))

        return fill

    def mine_sent(
        self, tx: Transaction, sender: Address, timestamp: int | None = None
    ) -> BuiltBlock:
        """A block of one transaction whose sender is known: an impersonated one."""
        return self.mine(fill_sent(tx, sender), timestamp)

    def mine_empty(self, count: int, interval: int | None, progress: Progress) -> Block:
        """See Blockchain.mine_blocks."""
        head, header = self._head, self._head.block.header
        if interval is None:
            interval = head.interval
        as_int(count, "count", at_least=0), as_int(interval, "interval", SECONDS)
        set_time = head.next_block.timestamp
        first = header.timestamp + interval if set_time is None else set_time
        if count > 0:
            require_time(header, header.timestamp + interval)
            require_time(header, first + (count - 1) * interval)
        times = (first + number * interval for number in range(count))
        done = 0
        if count > 0 and head.next_block is not NOTHING_SET:
            self.mine(lambda _: None, next(times))
            done = 1
        while chunk := list(islice(times, head.blocks_per_batch)):
            head.append_empty(list(empty_blocks(head.block.header, head.fork, chunk)))
            done += len(chunk)
            progress("blocks", done, count)
            head.prune_after(len(chunk))
        return head.block
