"""The parts of a local chain, of which few are needed by most.

Those that a start of the command line can do without are imported when they are used.
"""

from functools import cached_property
from typing import TYPE_CHECKING

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.blocks.genesis_block import settle_genesis
from chain_sim.ethereum.chain.branches import Branches
from chain_sim.ethereum.chain.clock import Clock
from chain_sim.ethereum.chain.edits import ChainEdits
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.chain.history import History
from chain_sim.ethereum.chain.mining import Mining
from chain_sim.ethereum.chain.next_block_settings import NextBlockSettings
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.forks import Fork
from chain_sim.ethereum.primitives import database_keys as keys
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from gas_schedule.arguments import as_kind

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.arbos import ChainArbOs
    from chain_sim.ethereum.chain.calls import Calls
    from chain_sim.ethereum.chain.export import ChainExport
    from chain_sim.ethereum.chain.failures import Failures
    from chain_sim.ethereum.chain.gas import GasReports
    from chain_sim.ethereum.chain.pool import ChainPool


class ChainParts:
    """What a chain consists of; see Blockchain."""

    def __init__(
        self,
        database: KeyValueStore,
        genesis: GenesisConfig | None = None,
        *,
        fork: str | None = None,
        fees: str | None = None,
        engine: str = DEFAULT_ENGINE,
        cross_check: bool = False,
    ) -> None:
        """Continue the chain in `database`, or create one there.

        `genesis` defaults to the stored one, or to the developer chain's with the rules
        of `fork` ("arbitrum", or Byzantium's) and the fee market `fees`: "eip1559", or
        None for none. `engine` is "interpreter" or "wasmtime"; results are the same.
        With `cross_check` all runs on both: if they differ, EngineDifference is raised
        and nothing is kept. Raises UnknownEngine, UnknownFork, UnknownFeeMarket, and
        GenesisMismatch where the database holds a chain with another genesis.
        """
        if genesis is not None:
            as_kind(genesis, "genesis", GenesisConfig)
        settled = settle_genesis(database.get(keys.GENESIS_KEY), genesis, fork, fees)
        self._engines = engine_for(settled, engine, cross_check=cross_check)
        self.engine = self._engines.engine
        self._head = Head(database, settled)
        self.reader = ChainReader(self._head, self.engine)
        self.clock = Clock(self._head)
        self.next_block = NextBlockSettings(self._head)
        self.mining = Mining(self._head, self.reader, self._engines)
        self.edits = ChainEdits(self._head)
        self.branches = Branches(self._head, self.reader)
        self.history = History(self.reader)

    @property
    def genesis(self) -> GenesisConfig:
        """What the chain starts from."""
        return self._head.genesis

    @property
    def fork(self) -> Fork:
        """The version of Ethereum's rules that the genesis names."""
        return self._head.fork

    @property
    def database(self) -> KeyValueStore:
        """The chain's database, for reading only: other writes may break it."""
        return self._head.database

    @property
    def head(self) -> Block:
        """The newest block."""
        return self._head.block

    @cached_property
    def pool(self) -> "ChainPool":
        """Transactions that wait for a block."""
        from chain_sim.ethereum.chain.pool import ChainPool  # noqa: PLC0415 (few need it)

        return ChainPool(self._head, self.reader, self.mining)

    @cached_property
    def calls(self) -> "Calls":
        """Calls in the context of any block."""
        from chain_sim.ethereum.chain.calls import Calls  # noqa: PLC0415 (few need it)

        return Calls(self.reader, self._engines, self.pool)

    @cached_property
    def gas(self) -> "GasReports":
        """Gas reports of calls and transactions."""
        from chain_sim.ethereum.chain.gas import GasReports  # noqa: PLC0415 (few need it)

        return GasReports(self.reader, self._engines)

    @cached_property
    def failures(self) -> "Failures":
        """Where calls and transactions failed."""
        from chain_sim.ethereum.chain.failures import Failures  # noqa: PLC0415 (few need it)

        return Failures(self.reader, self._engines)

    @cached_property
    def arbos(self) -> "ChainArbOs":
        """ArbOS's programs and settings; raises WithoutArbOs."""
        from chain_sim.ethereum.chain.arbos import ChainArbOs  # noqa: PLC0415 (few need it)

        return ChainArbOs(self._head, self.edits, self.reader, self.engine)

    @cached_property
    def export(self) -> "ChainExport":
        """Dumps, and captured transactions."""
        from chain_sim.ethereum.chain.export import ChainExport  # noqa: PLC0415 (few need it)

        return ChainExport(self.reader)
