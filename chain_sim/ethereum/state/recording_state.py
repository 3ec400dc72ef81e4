"""World state that records what was read from it."""

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.primitives.text import EMPTY_TRIE_ROOT, Address, Hash32
from chain_sim.ethereum.state.account import Account
from chain_sim.ethereum.state.reads import StateReads
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.trie.node_cache import NodeCache


class RecordingState(WorldState):
    """A world state that records the part of the prestate that one transaction reads.

    Reading is slower. A slot first read after its account's storage was cleared is
    recorded as zero.
    """

    def __init__(
        self,
        database: KeyValueStore,
        root: Hash32 = EMPTY_TRIE_ROOT,
        cache: NodeCache | None = None,
        reads: StateReads | None = None,
    ) -> None:
        super().__init__(database, root, cache, reads)
        self.begin_recording()

    def begin_recording(self) -> None:
        """Forget what was read; the present state becomes the prestate."""
        self._accounts_before: dict[Address, Account | None] = {}
        self._slots_before: dict[Address, dict[bytes, bytes]] = {}

    def accounts_before(self) -> dict[Address, Account]:
        """The accounts that were read and existed, in order of addresses."""
        return {
            address: account
            for address, account in sorted(self._accounts_before.items())
            if account is not None
        }

    def addresses_read(self) -> tuple[Address, ...]:
        """The addresses whose accounts were read, in order, of nobody's too."""
        return tuple(sorted(self._accounts_before))

    def slots_before(self, address: Address) -> dict[bytes, bytes]:
        """The account's slots that were read, in order of keys."""
        return dict(sorted(self._slots_before.get(address, {}).items()))

    def code_of(self, account: Account) -> bytes:
        """The code that an account had in the prestate."""
        return self._entries.get_code(account.code_hash)

    def account_exists(self, address: Address) -> bool:
        """See WorldState."""
        self._note_account(address)
        return super().account_exists(address)

    def get_storage(self, address: Address, key: bytes) -> bytes:
        """See WorldState."""
        value = super().get_storage(address, key)
        self._note_account(address)
        self._slots_before.setdefault(address, {}).setdefault(key, value)
        return value

    def set_storage(self, address: Address, key: bytes, value: bytes) -> None:
        """See WorldState."""
        self.get_storage(address, key)
        super().set_storage(address, key, value)

    def _account(self, address: Address) -> Account:
        self._note_account(address)
        return super()._account(address)

    def _note_account(self, address: Address) -> None:
        if address not in self._accounts_before:
            self._accounts_before[address] = self._overlay.get_account(address)
