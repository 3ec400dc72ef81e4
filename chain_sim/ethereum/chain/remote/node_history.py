"""Branches and earlier blocks of a chain that a node has."""

from collections.abc import Callable, Iterator

from msgspec import convert

from chain_sim.ethereum.blocks.block import ZERO_HASH, Block
from chain_sim.ethereum.blocks.branch_store import Branch
from chain_sim.ethereum.blocks.chain_point import (
    BlockName,
    ChainPoint,
    Where,
    as_place,
    require_branch_name,
)
from chain_sim.ethereum.blocks.history_errors import (
    BranchExists,
    BranchInUse,
    HistoryNotKept,
    UnknownBranch,
)
from chain_sim.ethereum.blocks.slot_history import SlotWrite
from chain_sim.ethereum.chain.branches import A_NAME
from chain_sim.ethereum.chain.remote.answers import (
    Document,
    boolean,
    data,
    document,
    hash32,
    list_of,
    optional,
    quantity,
    text,
)
from chain_sim.ethereum.chain.remote.answers import address as parse_address
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import NodeRefused
from chain_sim.ethereum.chain.remote.node_part import NodePart
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    HashLike,
    as_address,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import UnknownBlock, UnknownSnapshot
from chain_sim.ethereum.primitives.text import Hash32, format_data, format_quantity
from gas_schedule.arguments import as_int, as_text

FindBlock = Callable[[BlockName], Block]
NamedTips = dict[str, Hash32]


class NodeBranches(NodePart):
    """The branches of a node of ours; the first hundred by name."""

    part = "branches"

    def __init__(self, endpoint: Endpoint, find_block: FindBlock) -> None:
        super().__init__(endpoint)
        self.find_block = find_block

    @property
    def current(self) -> str | None:
        """The branch that the chain is on."""
        return self._read()[0]

    def all(self) -> tuple[Branch, ...]:
        """In order of their names."""
        current, tips = self._read()
        return tuple(
            Branch(name, self.find_block(tip), name == current)
            for name, tip in tips.items()
        )

    def create(self, name: str, at: BlockName = None) -> Branch:
        """Name a block; see Branches.create."""
        require_branch_name(as_text(name, "name", A_NAME))
        _, tips = self._read()
        if name in tips:
            raise BranchExists(name, self.find_block(tips[name]).header.number)
        tip = self.find_block(at)
        named = format_data(tip.hash)
        self._ask_own("create", "contractvm_createBranch", name, named, read=bool)
        return Branch(name, tip, is_current=False)

    def switch(self, name: str) -> Block:
        """Continue from a branch's newest block; raises UnknownBranch."""
        self._require(name)
        self._ask_own("switch", "contractvm_switchBranch", name, read=hash32)
        return self.find_block(None)

    def delete(self, name: str) -> Block:
        """Forget a name; see Branches.delete."""
        current, tip = self._require(name)
        if name == current:
            raise BranchInUse(name)
        self._ask_own("delete", "contractvm_deleteBranch", name, read=hash32)
        return self.find_block(tip)

    def _require(self, name: str) -> tuple[str | None, Hash32]:
        """The current branch, and the newest block of this one, or UnknownBranch."""
        current, tips = self._read()
        if as_text(name, "name", A_NAME) not in tips:
            raise UnknownBranch(name)
        return current, tips[name]

    def place(self, at: Where) -> ChainPoint:
        """The place, with a hash for a branch's name; raises UnknownBranch."""
        place = as_place(at)
        if not isinstance(place.block, str):
            return place
        _, tips = self._read()
        if place.block not in tips:
            raise UnknownBranch(place.block)
        return ChainPoint(tips[place.block], place.tx)

    def snapshot(self) -> int:
        """Remember the newest block; the number is for `revert`."""
        return self._ask("evm_snapshot", read=quantity)

    def revert(self, snapshot: int) -> Block:
        """Go back to a snapshot, and forget it and all later ones.

        Returns the newest block; raises UnknownSnapshot.
        """
        number = format_quantity(as_int(snapshot, "snapshot", at_least=0))
        if not self._ask("evm_revert", number, read=boolean):
            raise UnknownSnapshot(snapshot)
        return self.find_block(None)

    def rollback(self, count: int) -> Block:
        """Go back this many blocks; see Branches.rollback."""
        blocks = as_int(count, "count", at_least=0)
        self._ask("anvil_rollback", blocks, read=bool)
        return self.find_block(None)

    def _read(self) -> tuple[str | None, NamedTips]:
        return self._ask_own("all", "contractvm_listBranches", read=branches)


def branches(given: object) -> tuple[str | None, NamedTips]:
    """The current branch, and the newest block of each."""
    found: Document = document(given)
    rows = list_of(document)(found["branches"])
    tips = {text(row["name"]): hash32(row["hash"]) for row in rows}
    return optional(text)(found["current"]), tips


class NodeHistory(NodePart):
    """Earlier blocks, and changes of slots; each is a request or a few."""

    part = "history"

    def __init__(self, endpoint: Endpoint, branches: NodeBranches) -> None:
        super().__init__(endpoint)
        self._branches = branches
        self._find_block = branches.find_block

    def blocks(self, which: BlockName = None) -> Iterator[Block]:
        """See History.blocks."""
        block = self._find_block(which)
        yield block
        while block.header.parent_hash != ZERO_HASH:
            try:
                block = self._find_block(block.header.parent_hash)
            except (NodeRefused, UnknownBlock):
                return
            yield block

    def slot_writes(
        self,
        address: AddressLike,
        slot: int | HashLike,
        *,
        at: BlockName = None,
        exact: bool = True,
    ) -> Iterator[SlotWrite]:
        """The changes of a slot up to block `at`, the newest first.

        See History.slot_writes; a page of them is a request.
        """
        where = format_data(as_address(address))
        key = format_quantity(int.from_bytes(as_slot(slot), "big"))
        place = self._branches.place(at).block
        page: str | None = format_data(self._find_block(place).hash)
        while page is not None:
            writes, page, oldest = self._ask_own(
                "slot_writes",
                "contractvm_getBlame",
                *(where, key, page, exact),
                read=blame_page,
            )
            yield from writes
            if oldest is not None:
                raise HistoryNotKept(oldest)

    def blame(
        self,
        address: AddressLike,
        slot: int | HashLike,
        *,
        at: BlockName = None,
        exact: bool = True,
    ) -> SlotWrite | None:
        """The last change of a slot; None where it never changed."""
        return next(self.slot_writes(address, slot, at=at, exact=exact), None)


def blame_page(
    given: object,
) -> tuple[tuple[SlotWrite, ...], str | None, int | None]:
    """Changes of a slot, the block of the next page, the oldest block that is known."""
    found = document(given)
    writes = list_of(slot_write)(found["writes"])
    following = optional(hash32)(found["next"])
    page = None if following is None else format_data(following)
    return writes, page, convert(found["oldest"], int | None)


def slot_write(given: object) -> SlotWrite:
    """One change of a slot."""
    found = document(given)
    return SlotWrite(
        address=parse_address(found["address"]),
        key=data(found["slot"]),
        before=data(found["before"]),
        after=data(found["after"]),
        block_number=convert(found["blockNumber"], int),
        block_hash=hash32(found["blockHash"]),
        timestamp=convert(found["timestamp"], int),
        transaction_index=convert(found["transactionIndex"], int | None),
        transaction_hash=optional(hash32)(found["transactionHash"]),
        sender=optional(parse_address)(found["from"]),
    )
