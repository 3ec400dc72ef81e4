"""Export of a chain, or of one of its transactions, to files."""

import os

from chain_sim.ethereum.capture.case import Case, rules_of
from chain_sim.ethereum.capture.making import StoredTransaction
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.dumps.dump import DumpWriter, write_dump
from chain_sim.ethereum.primitives.arguments import HashLike
from contractvm.progress import Progress, no_progress
from gas_schedule.arguments import as_path


class ChainExport:
    """Writes dumps, and captures transactions."""

    def __init__(self, reader: ChainReader) -> None:
        self._reader = reader

    def dump(
        self,
        path: str | os.PathLike[str],
        *,
        is_hex: bool = False,
        progress: Progress = no_progress,
    ) -> None:
        """Write the state at the head, blocks and receipts to one file.

        It has the form of anvil's `state.json`; with `is_hex` zipped and as text, as
        `anvil_loadState` takes it. A failure leaves what was at `path`.
        """
        head = self._reader.head
        writer = DumpWriter(head.database, head.genesis, head.block, progress)
        write_dump(as_path(path), writer, is_hex=is_hex)

    def capture(self, tx_hash: HashLike) -> Case:
        """A transaction of the chain, with everything needed to replay it.

        The transactions before it in its block are in the case, too. Raises
        UnknownTransaction, BlockNotKept where the state before the block is gone, and
        ReplayDiffers.
        """
        reader, genesis = self._reader, self._reader.head.genesis
        block, index = reader.block_of(tx_hash)
        captured = StoredTransaction(
            block,
            index,
            reader.receipts(block),
            reader.start_root(block),
            reader.head.database,
        )
        return captured.capture(
            rules_of(genesis),
            reader.engine.engine_name,
            reader.head.store.hash_at,
        )
