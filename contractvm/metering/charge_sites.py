"""Sites: where in an instrumented body each charge has been paid.

The engine records how often control passes a site. It needs to know nothing of the code
that a metering writes: a site is the instruction that comes after it.
"""

from collections.abc import Iterator
from heapq import merge

from contractvm.metering.marks import BodyMarks
from contractvm.metering.metered_blocks import FuncBlocks, ModuleBlocks
from contractvm.wasm.engines.tracing import Site, SiteKind, SiteList


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
