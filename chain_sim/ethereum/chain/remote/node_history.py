"""Branches and earlier blocks of a chain that a node has."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from msgspec import convert

from chain_sim.ethereum.blocks.block import ZERO_HASH, Block
from chain_sim.ethereum.blocks.branch_store import Branch
from chain_sim.ethereum.blocks.chain_point import (
    BlockName,
    ChainPoint,
    Where,
    as_place,
)
from chain_sim.ethereum.blocks.history_errors import BranchInUse, HistoryNotKept
from chain_sim.ethereum.blocks.slot_history import SlotWrite
from chain_sim.ethereum.chain.branches import A_NAME
from chain_sim.ethereum.chain.remote.answers import address as parse_address
from chain_sim.ethereum.chain.remote.answers import (
    boolean,
    data,
    document,
    hash32,
    list_of,
    optional,
    quantity,
)
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import METHOD_NOT_FOUND, NodeRefused
from chain_sim.ethereum.chain.remote.node_part import FindMirror, NodePart
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    HashLike,
    as_address,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import UnknownBlock, UnknownSnapshot
from chain_sim.ethereum.primitives.text import format_data, format_quantity
from contractvm.progress import Progress, no_progress
from gas_schedule.arguments import as_int, as_text

FindBlock = Callable[[BlockName], Block]
T = TypeVar("T")


class NodeBranches(NodePart):
    """The branches and snapshots of a node: see Branches.

    Nodes of others have snapshots alone, which their own numbers name.
    """

    part = "branches"

    def __init__(
        self, endpoint: Endpoint, mirror: FindMirror, find_block: FindBlock
    ) -> None:
        super().__init__(endpoint, mirror)
        self.find_block = find_block

    def create(self, name: str, at: BlockName = None) -> Branch:
        """Name a block; see Branches.create."""
        branch: Branch = self._read("create").checked(name, at)
        tip = format_data(branch.tip.hash)
        self._ask("contractvm_createBranch", name, tip, read=bool)
        return branch

    def switch(self, name: str) -> Block:
        """Continue from a branch's newest block; see Branches.switch."""
        tip = self._tip("switch", name)
        self._ask("contractvm_switchBranch", name, read=hash32)
        return tip

    def delete(self, name: str) -> Block:
        """Forget a name; see Branches.delete."""
        tip = self._tip("delete", name)
        if name == self.current:
            raise BranchInUse(name)
        self._ask("contractvm_deleteBranch", name, read=hash32)
        return tip

    def _tip(self, what: str, name: str) -> Block:
        """The newest block of a branch; raises UnknownBranch."""
        mirror = self._mirror(f"{self.part}.{what}")
        return mirror.reader.find_block(as_text(name, "name", A_NAME))

    def place(self, at: Where) -> ChainPoint:
        """The place, with a hash for a branch's name; raises UnknownBranch."""
        place = as_place(at)
        if not isinstance(place.block, str):
            return place
        tip = self._mirror("branches").reader.find_block(place.block)
        return ChainPoint(tip.hash, place.tx)

    def snapshot(self) -> int:
        """Remember the newest block; the number is for `revert`."""
        return self._ask_either("contractvm_snapshot", "evm_snapshot", read=quantity)

    def revert(self, snapshot: int) -> Block:
        """Go back to a snapshot; nodes of others forget it and all later ones.

        Returns the newest block; raises UnknownSnapshot.
        """
        number = self._number(snapshot)
        if not self._ask_either(
            "contractvm_revert", "evm_revert", number, read=boolean
        ):
            raise UnknownSnapshot(snapshot)
        return self.find_block(None)

    def forget_since(self, snapshot: int) -> None:
        """See Branches.forget_since."""
        self._read("forget_since").snapshot_block(snapshot)
        self._ask("contractvm_forgetSnapshots", self._number(snapshot), read=bool)

    def rollback(self, count: int) -> Block:
        """Go back this many blocks; see Branches.rollback."""
        blocks = as_int(count, "count", at_least=0)
        try:
            self._ask("anvil_rollback", blocks, read=bool)
        except NodeRefused:
            reader = self._mirror("branches.rollback").reader
            number = reader.head.block.header.number - blocks
            reader.require_state(reader.find_block(number))
            raise
        return self.find_block(None)

    def _number(self, snapshot: int) -> str:
        number = as_int(snapshot, "snapshot", "the number that snapshot() returned")
        if not 0 <= number < 1 << 64:
            raise UnknownSnapshot(number)
        return format_quantity(number)

    def _ask_either(
        self, own: str, standard: str, *params: object, read: Callable[[Any], T]
    ) -> T:
        """The answer of a node of ours, or of others."""
        try:
            return self._ask(own, *params, read=read)
        except NodeRefused as error:
            if error.code != METHOD_NOT_FOUND:
                raise
            return self._ask(standard, *params, read=read)


class NodeHistory(NodePart):
    """Earlier blocks, and changes of slots; each is a request or a few."""

    part = "history"

    def __init__(
        self, endpoint: Endpoint, mirror: FindMirror, branches: NodeBranches
    ) -> None:
        super().__init__(endpoint, mirror)
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
        progress: Progress = no_progress,
    ) -> Iterator[SlotWrite]:
        """The changes of a slot up to block `at`, the newest first.

        See History.slot_writes; a page of them is a request.
        """
        where = format_data(as_address(address))
        key = format_quantity(int.from_bytes(as_slot(slot), "big"))
        place = self._branches.place(at).block
        tip = self._find_block(place)
        page: str | None = format_data(tip.hash)
        while page is not None:
            writes, page, oldest = self._ask_own(
                "slot_writes",
                "contractvm_getBlame",
                *(where, key, page, exact),
                read=blame_page,
            )
            yield from writes
            if writes:
                newest = tip.header.number
                progress("blocks", newest - writes[-1].block_number, newest)
            if oldest is not None:
                raise HistoryNotKept(oldest)

    def blame(
        self,
        address: AddressLike,
        slot: int | HashLike,
        *,
        at: BlockName = None,
        exact: bool = True,
        progress: Progress = no_progress,
    ) -> SlotWrite | None:
        """The last change of a slot; None where it never changed."""
        writes = self.slot_writes(address, slot, at=at, exact=exact, progress=progress)
        return next(writes, None)


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
