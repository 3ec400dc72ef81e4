"""Sites of an instrumented body in terms of the original one.

The engine records how often control passes a site. It needs to know nothing of the code
that a metering writes: a charge's site is the instruction that comes after it, and an
edge within a charge is none of the contract's.
"""

from collections.abc import Iterable, Iterator
from heapq import merge

from msgspec import Struct

from contractvm.metering.marks import BodyMarks
from contractvm.metering.metered_blocks import FuncBlocks, ModuleBlocks
from contractvm.wasm.engines.tracing import EdgeKind, Site, SiteKind, SiteList


def charge_sites(blocks: ModuleBlocks, marks: BodyMarks) -> SiteList:
    """The sites of every charge, by func and position in the instrumented body.

    A charge is counted only once it was paid.
    """
    return SiteList(
        site
        for number, func in enumerate(blocks.funcs)
        for site in _func_sites(number, func, marks)
    )


def _func_sites(number: int, func: FuncBlocks, marks: BodyMarks) -> Iterator[Site]:
    charges = (
        (block.charged_at, SiteKind.CHARGE, block.units) for block in func.blocks
    )
    sized = (
        (position, SiteKind.SIZED, units)
        for (position, _), units in zip(func.sized, func.sized_units, strict=True)
    )
    for position, kind, units in merge(charges, sized):
        yield Site(number, marks.rewritten(number, position), kind, units)


class BranchEdge(Struct, frozen=True):
    """An edge of an `if`, `br_if` or `br_table`, counted at a site of a trace.

    `position` is that of the instruction in the original body. `index` is 0 for the
    edge that is taken where the condition is not zero, and 1 for the other; of a
    `br_table`, the place of its label among its different ones.
    """

    site: int
    func_number: int
    position: int
    index: int


SECOND = frozenset({EdgeKind.IF_FALSE, EdgeKind.NOT_TAKEN})


def branch_edges(
    sites: Iterable[Site], marks: BodyMarks, func_count: int
) -> Iterator[BranchEdge]:
    """The edges of the original module's branches among the sites of a trace."""
    targets: dict[tuple[int, int], int] = {}
    for number, site in enumerate(sites):
        if site.kind is not SiteKind.EDGE or site.func_number >= func_count:
            continue
        position = marks.copied(site.func_number, site.position)
        if position is None:
            continue
        kind = EdgeKind(site.units)
        index = int(kind in SECOND)
        if kind is EdgeKind.SWITCH:
            place = site.func_number, position
            index = targets.get(place, 0)
            targets[place] = index + 1
        yield BranchEdge(number, site.func_number, position, index)
