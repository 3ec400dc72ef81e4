"""ArbOS on a chain: its programs, and what its owner would set."""

from chain_sim.ethereum.arbitrum.arbos_state import (
    ARBOS_ADDRESS,
    L1_BLOCK,
    MANAGERS,
    ArbOsState,
    manager_slot,
)
from chain_sim.ethereum.chain.edits import ChainEdits
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.chain.reading import ChainReader
from chain_sim.ethereum.execution.stylus_tracer import HostStep, StylusTracer
from chain_sim.ethereum.primitives.arguments import AddressLike, HashLike, as_address
from chain_sim.ethereum.primitives.errors import ChainError, EditOutOfRange
from chain_sim.ethereum.primitives.text import Hash32
from chain_sim.ethereum.primitives.transactions import MAX_UINT_64
from chain_sim.ethereum.state.edits import AccountEdit
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.stylus.parameters import StylusParameters
from contractvm.hosts.stylus.programs import ProgramRecord, ProgramUnusable
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.arguments import as_int


class WithoutArbOs(ChainError):
    """The chain's fork has no ArbOS."""

    def __init__(self, fork: str) -> None:
        super().__init__(f"a chain with the rules of {fork} has no ArbOS")
        self.fork = fork


class ChainArbOs:
    """What ArbOS keeps, at the head; its settings are edits of the chain's state.

    `parameters` are the chain's rules for programs.
    """

    def __init__(
        self, head: Head, edits: ChainEdits, reader: ChainReader, engine: Pipeline
    ) -> None:
        """Raises WithoutArbOs."""
        if head.fork.stylus is None:
            raise WithoutArbOs(head.fork.name)
        self.parameters: StylusParameters = head.fork.stylus
        self._head = head
        self._edits = edits
        self._reader = reader
        self._engine = engine

    def program(self, address: AddressLike) -> ProgramRecord:
        """The record of an account's code, that of zeros if it was never activated."""
        state = self._head.open_start(WorldState)
        return ArbOsState(state).program(state.get_code_hash(as_address(address)))

    def trace(self, tx_hash: HashLike) -> list[HostStep]:
        """The host functions that a transaction's programs called, with their ink.

        Its block is run again. Raises UnknownTransaction, BlockNotKept, and
        ReplayDiffers if the run does not give what the block says.
        """
        block, index = self._reader.block_of(tx_hash)
        tracer = StylusTracer()
        self._reader.stored_block(block).run_again(self._engine, {index: tracer})
        return tracer.steps

    def is_usable(self, address: AddressLike) -> bool:
        """Whether the next block can call the account's program."""
        record, now = self.program(address), self._head.next_context().timestamp
        try:
            record.check_callable(self.parameters, now)
        except ProgramUnusable:
            return False
        return True

    @property
    def l1_block_number(self) -> int:
        """The number of the parent chain's block, which programs see as theirs."""
        return ArbOsState(self._head.open_start(WorldState)).l1_block_number

    def set_l1_block_number(self, number: int) -> None:
        """At most 2^64 - 1: EditOutOfRange."""
        if not 0 <= as_int(number, "number") <= MAX_UINT_64:
            raise EditOutOfRange("L1 block number", MAX_UINT_64, number)
        self._edits.set_storage(ARBOS_ADDRESS, L1_BLOCK, _word(number))

    def add_cache_manager(self, address: AddressLike) -> None:
        """Let an account cache programs and evict them; one that may already stays."""
        manager = as_address(address)
        managers = ArbOsState(self._head.open_start(WorldState)).cache_managers()
        if manager in managers:
            return
        slots = {
            manager_slot(len(managers)): Hash32(manager.rjust(32, b"\0")),
            MANAGERS: _word(len(managers) + 1),
        }
        edit = AccountEdit(ARBOS_ADDRESS, slots=tuple(sorted(slots.items())))
        self._edits.apply([edit])


def _word(number: int) -> Hash32:
    return Hash32(number.to_bytes(32, "big"))
