"""The chain as the programs of one transaction see it."""

from chain_sim.ethereum.arbitrum.addresses import SYSTEM_ADDRESSES
from chain_sim.ethereum.arbitrum.arbos_state import ArbOsState
from chain_sim.ethereum.primitives.errors import CodeNotAllowed
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.transaction_host import TransactionHost
from contractvm.errors import InternalError
from contractvm.hosts.stylus.page_prices import OpenPages
from contractvm.hosts.stylus.parameters import HAS_RECENT_PROGRAMS, StylusParameters
from contractvm.hosts.stylus.program_code import is_storable
from contractvm.hosts.stylus.programs import ProgramRecord

NO_HASH = bytes(32)
ZERO_WORD = bytes(32)


class ArbitrumHost(TransactionHost):
    """A transaction's chain with warm accounts and slots, transient storage, ArbOS.

    What is warm and transient is undone with a frame; pages and recent programs are
    not.
    """

    def begin(self, tx: Transaction) -> None:
        """Start with what EIP-2929 and 2930 say is warm, and with nothing else."""
        self._warm_accounts: dict[bytes, None] = dict.fromkeys(
            (
                self.transaction.origin,
                self.block.coinbase,
                *([] if tx.to is None else [tx.to]),
                *SYSTEM_ADDRESSES,
                *(address for address, _ in tx.access_list),
            )
        )
        self._warm_slots: dict[tuple[bytes, bytes], None] = dict.fromkeys(
            (bytes(address), bytes(key))
            for address, keys in tx.access_list
            for key in keys
        )
        self._transient: dict[tuple[bytes, bytes], bytes] = {}
        self._originals: dict[tuple[bytes, bytes], bytes] = {}
        self.open_frames: dict[bytes, int] = {}
        self.pages = OpenPages()
        self.arbos = ArbOsState(self.state)
        capacity = 0
        if self.parameters.arbos >= HAS_RECENT_PROGRAMS:
            capacity = self.parameters.block_cache_size
        self.recent_programs = self.arbos.recent_programs(self.block.number, capacity)

    def end(self) -> None:
        """Keep what later transactions of the block need, whatever this one's end."""
        if self.recent_programs.code_hashes:
            self.arbos.set_recent_programs(self.block.number, self.recent_programs)

    @property
    def parameters(self) -> StylusParameters:
        """The chain's rules for programs."""
        if self.fork.stylus is None:
            raise InternalError(f"the fork {self.fork.name} has no programs")
        return self.fork.stylus

    @property
    def chain_id(self) -> int:
        """The number of the chain."""
        return self.arbos.chain_id

    @property
    def base_fee(self) -> int:
        """The block's base fee, in wei."""
        return self.block.base_fee

    @property
    def l1_block_number(self) -> int:
        """The number of the parent chain's block."""
        return self.arbos.l1_block_number

    def program(self, code_hash: bytes) -> ProgramRecord:
        """The record of a code hash."""
        return self.arbos.program(code_hash)

    def code_hash(self, address: bytes) -> bytes:
        """The hash of the account's code, 32 zeros if the account does not exist."""
        account = Address(address)
        if self.state.is_empty(account):
            return NO_HASH
        return self.state.get_code_hash(account)

    def access_account(self, address: bytes) -> bool:
        """Make an account warm; whether it was cold."""
        if address in self._warm_accounts:
            return False
        self.state.put_until_rollback(self._warm_accounts, address, None)
        return True

    def access_slot(self, address: bytes, key: bytes) -> bool:
        """Make a slot warm; whether it was cold."""
        if (address, key) in self._warm_slots:
            return False
        self.state.put_until_rollback(self._warm_slots, (address, key), None)
        return True

    def original_storage(self, address: bytes, key: bytes) -> bytes:
        """The slot's 32 bytes when the transaction began."""
        found = self._originals.get((address, key))
        return self.load_storage(address, key) if found is None else found

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        """Write the slot's 32 bytes."""
        place = (address, key)
        if place not in self._originals:
            self._originals[place] = self.load_storage(address, key)
        super().store_storage(address, key, value)

    def load_transient(self, address: bytes, key: bytes) -> bytes:
        """The transient slot's 32 bytes."""
        return self._transient.get((address, key), ZERO_WORD)

    def store_transient(self, address: bytes, key: bytes, value: bytes) -> None:
        """Write the transient slot's 32 bytes."""
        self.state.put_until_rollback(self._transient, (address, key), value)

    def meet_new_account(self, address: Address) -> None:
        """Make the account of a new contract warm."""
        self.access_account(address)

    def check_new_code(self, code: bytes) -> None:
        """Raise CodeNotAllowed for what begins with EF and is no program."""
        if not is_storable(code, self.parameters):
            raise CodeNotAllowed(code[:3])
