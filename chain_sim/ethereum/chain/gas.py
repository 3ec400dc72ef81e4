"""Gas reports of a chain's calls and transactions."""

from chain_sim.ethereum.blocks.chain_point import Where
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.engine_choice import (
    confirming_engines,
    traced_engine,
)
from chain_sim.ethereum.execution.executor import EngineChoice
from chain_sim.ethereum.gas_report.chain_reports import (
    PLAIN_REPORT,
    ReportOptions,
    explain_recorded,
    record_transaction,
    title_of_call,
)
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_hash,
)
from contractvm.ledger.report import GasReport


class GasReports:
    """Explains the gas of calls and transactions, without changing the chain.

    Gas is recorded on the interpreter. A chain on wasmtime, or one that checks both
    engines, runs the same on both too, and raises EngineDifference as `call` does.
    """

    def __init__(self, reader: ChainReader, engines: EngineChoice) -> None:
        self._reader = reader
        self._engine = engines.engine
        self._confirming = confirming_engines(engines)

    def explain_call(  # noqa: PLR0913 (those of a call, and the report's options)
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: Where = None,
        options: ReportOptions = PLAIN_REPORT,
    ) -> GasReport:
        """The gas of Blockchain.call, by its parts; its parameters are the same.

        Raises what it does, and MustRunAgain.
        """
        call = self._reader.place_call(
            to, data, sender=sender, value=value, gas_limit=gas_limit, at=at
        )
        traced = traced_engine(self._engine)
        result, recording = record_transaction(call, traced, title_of_call(call.tx.to))
        if self._confirming is not None:
            self._confirming.executor(call.open_state).confirm(call, result)
        return explain_recorded(call, recording, self._engine, options)

    def explain_transaction(
        self, tx_hash: HashLike, options: ReportOptions = PLAIN_REPORT
    ) -> GasReport:
        """The gas that a transaction of the chain used, by its parts.

        Its block is run again. Raises UnknownTransaction, MustRunAgain, and
        ReplayDiffers if the run does not give what the block says.
        """
        tx_hash = as_hash(tx_hash)
        block, index = self._reader.block_of(tx_hash)
        stored = self._reader.stored_block(block)
        traced = traced_engine(self._engine)
        recording = Recording(traced.schedule, f"transaction 0x{tx_hash.hex()}")
        results = stored.run_again(traced, {index: recording})
        if self._confirming is not None:
            executor = self._confirming.executor(stored.open_state)
            for earlier in range(index):
                executor.apply(stored.placed(earlier))
            executor.confirm(stored.placed(index), results[index])
        repeatable = stored.repeatable(index, self._engine)
        return explain_recorded(repeatable, recording, self._engine, options)
