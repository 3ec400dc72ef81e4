"""Edits of a chain's state outside of transactions, open until the next block."""

from collections.abc import Iterable

from msgspec import structs

from chain_sim.ethereum.blocks.next_block import EditedState
from chain_sim.ethereum.chain.head import Head
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_address,
    as_data,
    as_hash,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import EditOutOfRange
from chain_sim.ethereum.primitives.transactions import MAX_NONCE, MAX_UINT_256
from chain_sim.ethereum.state.edits import AccountEdit, Edits, merged, settle_edits
from chain_sim.ethereum.state.world_state import WorldState
from gas_schedule.arguments import as_int, as_list


class ChainEdits:
    """Changes the state that the next block starts from; makes no block itself.

    Edits are kept in the database, and are in what is read at the head. The next block
    begins with them and keeps them; a revert or another branch drops those that are in
    no block yet. They are no transactions: nobody pays for them, and no receipt has
    them.
    """

    def __init__(self, head: Head) -> None:
        self._head = head

    @property
    def open(self) -> Edits:
        """The edits that are in no block yet, one of each account."""
        edited = self._head.next_block.edited
        return () if edited is None else edited.edits

    def set_balance(self, address: AddressLike, balance: int) -> None:
        """In wei; raises EditOutOfRange."""
        as_int(balance, "balance", "an int, in wei")
        self.apply([AccountEdit(as_address(address), balance=balance)])

    def add_balance(self, address: AddressLike, amount: int) -> None:
        """In wei; raises EditOutOfRange where the sum does not fit."""
        account = as_address(address)
        before = self._head.open_start(WorldState).get_balance(account)
        self.set_balance(account, before + as_int(amount, "amount", "an int, in wei"))

    def set_nonce(self, address: AddressLike, nonce: int) -> None:
        """Higher or lower than it was; raises EditOutOfRange."""
        self.apply([AccountEdit(as_address(address), nonce=as_int(nonce, "nonce"))])

    def set_code(self, address: AddressLike, code: DataLike) -> None:
        """Any bytes; what is no contract is refused when it is called."""
        self.apply([AccountEdit(as_address(address), code=as_data(code, "code"))])

    def set_storage(
        self, address: AddressLike, slot: int | HashLike, value: HashLike
    ) -> None:
        """Write the 32 bytes of a slot."""
        slots = ((as_slot(slot), as_hash(value, "value")),)
        self.apply([AccountEdit(as_address(address), slots=slots)])

    def apply(self, edits: Iterable[AccountEdit]) -> None:
        """Several edits as one change; raises EditOutOfRange and then does none."""
        new = as_list(list(edits), "edits", AccountEdit)
        for edit in new:
            require_in_range(edit)
        head = self._head
        state = head.open_start(WorldState)
        settle_edits(state, new)
        root, entries = state.commit()
        edited = None
        if root != head.block.header.state_root:
            edited = EditedState(root, merged(self.open, new))
        changed = structs.replace(head.next_block, edited=edited)
        head.set_next(changed, entries)


def require_in_range(edit: AccountEdit) -> None:
    """Raise EditOutOfRange for a number that an account cannot have."""
    for field, value, maximum in (
        ("balance", edit.balance, MAX_UINT_256),
        ("nonce", edit.nonce, MAX_NONCE),
    ):
        if value is not None and not 0 <= value <= maximum:
            raise EditOutOfRange(field, maximum, value)
