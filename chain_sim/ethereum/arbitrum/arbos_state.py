"""ArbOS's own state: slots of one account, so that a chain's root commits to it.

The layout is this project's, not Nitro's: roots are not comparable.
"""

from chain_sim.ethereum.arbitrum.addresses import ARBOS_CODE, ARBOS_PRECOMPILES
from chain_sim.ethereum.primitives.text import Address, Hash32, keccak256
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.stylus.activation import DataPricer
from contractvm.hosts.stylus.costs import DataPricing
from contractvm.hosts.stylus.programs import ProgramRecord, RecentPrograms

ARBOS_ADDRESS = Address(bytes.fromhex("a4b05fffffffffffffffffffffffffffffffffff"))
ARBOS_NONCE = 1  # so that the account is never empty
ADDRESS_BYTES = 20
WORD_BYTES = 32
ZERO_WORD = bytes(WORD_BYTES)
# Bytes of a number in the pricer's word.
NUMBER_BYTES = 8


def begin_arbos(state: WorldState, chain_id: int) -> None:
    """Write what a new chain has of ArbOS: its account, and its contracts' code."""
    ArbOsState(state).set_chain_id(chain_id)
    for address in ARBOS_PRECOMPILES:
        state.set_code(address, ARBOS_CODE)


def slot_of(*parts: bytes) -> Hash32:
    """The key of a value's slot."""
    return keccak256(b"\0".join((b"contractvm ArbOS", *parts)))


CHAIN_ID = slot_of(b"chain id")
L1_BLOCK = slot_of(b"L1 block number")
DEMAND = slot_of(b"data demand")
MANAGERS = slot_of(b"cache managers")
RECENT = slot_of(b"recent programs")


class ArbOsState:
    """ArbOS's values in a world state; those never written are zero."""

    def __init__(self, state: WorldState) -> None:
        self._state = state

    def _word(self, key: Hash32) -> bytes:
        return self._state.get_storage(ARBOS_ADDRESS, key)

    def _put(self, key: Hash32, word: bytes) -> None:
        if self._state.get_nonce(ARBOS_ADDRESS) == 0:
            self._state.set_nonce(ARBOS_ADDRESS, ARBOS_NONCE)
        self._state.set_storage(ARBOS_ADDRESS, key, word)

    @property
    def chain_id(self) -> int:
        """The number of the chain."""
        return int.from_bytes(self._word(CHAIN_ID), "big")

    def set_chain_id(self, number: int) -> None:
        """Set the number of the chain, once, at its start."""
        self._put(CHAIN_ID, number.to_bytes(WORD_BYTES, "big"))

    @property
    def l1_block_number(self) -> int:
        """The number of the parent chain's block."""
        return int.from_bytes(self._word(L1_BLOCK), "big")

    def set_l1_block_number(self, number: int) -> None:
        """Set the number that programs see."""
        self._put(L1_BLOCK, number.to_bytes(WORD_BYTES, "big"))

    def program(self, code_hash: bytes) -> ProgramRecord:
        """The record of a code hash."""
        return ProgramRecord.unpacked(self._word(slot_of(b"program", code_hash)))

    def set_program(self, code_hash: bytes, record: ProgramRecord) -> None:
        """Keep the record of a code hash."""
        self._put(slot_of(b"program", code_hash), record.packed())

    def cache_manager(self, address: bytes) -> bool:
        """Whether an account may cache programs and evict them."""
        return address in self.cache_managers()

    def cache_managers(self) -> tuple[bytes, ...]:
        """The accounts that may cache programs and evict them."""
        count = int.from_bytes(self._word(MANAGERS), "big")
        slots = [self._word(manager_slot(index)) for index in range(count)]
        return tuple(slot[-ADDRESS_BYTES:] for slot in slots)

    def add_cache_manager(self, address: bytes) -> None:
        """Let an account cache programs and evict them."""
        count = len(self.cache_managers())
        self._put(manager_slot(count), address.rjust(WORD_BYTES, b"\0"))
        self._put(MANAGERS, (count + 1).to_bytes(WORD_BYTES, "big"))

    def data_pricer(self, pricing: DataPricing) -> DataPricer:
        """The state of the data fee, that of a fresh chain if nothing was activated."""
        word = self._word(DEMAND)
        fresh = DataPricer.fresh(pricing)
        if word == ZERO_WORD:
            return fresh
        demand = int.from_bytes(word[:NUMBER_BYTES], "big")
        last_update = int.from_bytes(word[NUMBER_BYTES : 2 * NUMBER_BYTES], "big")
        return fresh.at(demand, last_update)

    def set_data_pricer(self, pricer: DataPricer) -> None:
        """Keep demand and time."""
        numbers = (pricer.demand, pricer.last_update)
        packed = b"".join(number.to_bytes(NUMBER_BYTES, "big") for number in numbers)
        self._put(DEMAND, packed.ljust(WORD_BYTES, b"\0"))

    def recent_programs(self, block_number: int, capacity: int) -> RecentPrograms:
        """The programs that earlier transactions of the block called."""
        head = self._word(RECENT)
        number, count = head[:NUMBER_BYTES], head[NUMBER_BYTES : 2 * NUMBER_BYTES]
        if int.from_bytes(number, "big") != block_number:
            return RecentPrograms(capacity)
        found = [
            self._word(_recent_slot(index))
            for index in range(int.from_bytes(count, "big"))
        ]
        return RecentPrograms(capacity, found)

    def set_recent_programs(self, block_number: int, recent: RecentPrograms) -> None:
        """Keep them for the block's next transaction."""
        code_hashes = recent.code_hashes
        numbers = (block_number, len(code_hashes))
        packed = b"".join(number.to_bytes(NUMBER_BYTES, "big") for number in numbers)
        self._put(RECENT, packed.ljust(WORD_BYTES, b"\0"))
        for index, code_hash in enumerate(code_hashes):
            self._put(_recent_slot(index), code_hash)

    def forget_recent_programs(self) -> None:
        """Start as at a block's first transaction."""
        self._put(RECENT, ZERO_WORD)


def _recent_slot(index: int) -> Hash32:
    return slot_of(b"recent program", index.to_bytes(NUMBER_BYTES, "big"))


def manager_slot(index: int) -> Hash32:
    """The key of the slot that holds a cache manager."""
    return slot_of(b"cache manager", index.to_bytes(NUMBER_BYTES, "big"))
