"""Branches and earlier blocks of a chain that a node has."""

from collections.abc import Callable, Iterator

from chain_sim.ethereum.blocks.block import ZERO_HASH, Block
from chain_sim.ethereum.blocks.branch_store import Branch
from chain_sim.ethereum.blocks.chain_point import BlockName, ChainPoint, Where, as_place
from chain_sim.ethereum.blocks.history_errors import UnknownBranch
from chain_sim.ethereum.chain.remote.answers import (
    Document,
    document,
    hash32,
    list_of,
    optional,
    text,
)
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import NodeRefused, NotServed
from chain_sim.ethereum.primitives.errors import UnknownBlock
from chain_sim.ethereum.primitives.text import Hash32

FindBlock = Callable[[BlockName], Block]
NamedTips = dict[str, Hash32]


class NodeBranches:
    """The branches of a node of ours; the first hundred by name."""

    def __init__(self, endpoint: Endpoint, find_block: FindBlock) -> None:
        self._endpoint = endpoint
        self._find_block = find_block

    @property
    def current(self) -> str | None:
        """The branch that the chain is on."""
        return self._read()[0]

    def all(self) -> tuple[Branch, ...]:
        """In order of their names."""
        current, tips = self._read()
        return tuple(
            Branch(name, self._find_block(tip), name == current)
            for name, tip in tips.items()
        )

    def place(self, at: Where) -> ChainPoint:
        """The place, with a hash for a branch's name; raises UnknownBranch."""
        place = as_place(at)
        if not isinstance(place.block, str):
            return place
        _, tips = self._read()
        if place.block not in tips:
            raise UnknownBranch(place.block)
        return ChainPoint(tips[place.block], place.tx)

    def _read(self) -> tuple[str | None, NamedTips]:
        try:
            return self._endpoint.ask("contractvm_listBranches", read=branches)
        except NodeRefused as error:
            raise NotServed(self._endpoint.url, "branches") from error


def branches(given: object) -> tuple[str | None, NamedTips]:
    """The current branch, and the newest block of each."""
    found: Document = document(given)
    rows = list_of(document)(found["branches"])
    tips = {text(row["name"]): hash32(row["hash"]) for row in rows}
    return optional(text)(found["current"]), tips


class NodeHistory:
    """Earlier blocks; each is a request or a few."""

    def __init__(self, find_block: FindBlock) -> None:
        self._find_block = find_block

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
