"""Descriptions of what the interpreter can record of a run.

A module is translated for recording: its register code then has counting operations
too. A module translated without them runs no slower.
"""

from array import array
from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Tracing(IntEnum):
    """What the translated code records.

    BLOCKS is for instrumented modules: every injected charge, sized or not, is a site,
    and calls form a tree. Charges are recognised where they are written, or are in a
    `SiteList`. INSTRUCTIONS is for modules that are not instrumented: every
    instruction and every func entry is a site, but their costs are unknown, so the
    tree is the root alone. EDGES counts the edges of control flow, in cells that the
    instances of many modules share; COMPARISONS records the operands of comparisons
    too. BRANCHES is BLOCKS, where each edge of a branch is a site too.
    """

    OFF = 0
    BLOCKS = 1
    INSTRUCTIONS = 2
    EDGES = 3
    COMPARISONS = 4
    BRANCHES = 5


class SiteKind(IntEnum):
    """What is counted at a site."""

    CHARGE = 0
    SIZED = 1
    INSTRUCTION = 2
    ENTRY = 3
    EDGE = 4


class Site(NamedTuple):
    """A place in the code that counts how often control passes it.

    `func_number` is the func's place among those that the module defines; `position` is
    the offset of the charge or instruction in the translated body, 0 for an entry; of
    an EDGE, that of its branch. `units` is the amount of a charge, or of a sized charge
    per item; of an EDGE, its `EdgeKind`; else 0.
    """

    func_number: int
    position: int
    kind: SiteKind
    units: int


class SiteList:
    """Charges by func and position, packed: a module may have millions.

    Each is counted before the instruction at its position. They are in the order of
    their funcs, and there of their positions.
    """

    def __init__(self, sites: Iterable[Site]) -> None:
        self.func_numbers = array("I")
        self.positions = array("Q")
        self.kinds = array("B")
        self.units = array("Q")
        for site in sites:
            self.func_numbers.append(site.func_number)
            self.positions.append(site.position)
            self.kinds.append(site.kind)
            self.units.append(site.units)


class EdgeKind(IntEnum):
    """The kind of an edge of control flow.

    ENTRY is a func's entry. A `br_if` has TAKEN and NOT_TAKEN; an `if`, with or without
    an else, has IF_TRUE and IF_FALSE. BACK is a `br` to a loop's head, SWITCH one label
    of a `br_table`, INDIRECT a `call_indirect` to some funcs of its type.
    """

    ENTRY = 0
    TAKEN = 1
    NOT_TAKEN = 2
    IF_TRUE = 3
    IF_FALSE = 4
    BACK = 5
    SWITCH = 6
    INDIRECT = 7


class EdgeSite(NamedTuple):
    """An edge of a module.

    `func_number` is the func's place among those that the module defines; `position` is
    the offset of the edge's instruction in the translated body, 0 for an entry.
    """

    func_number: int
    position: int
    kind: EdgeKind


class ComparisonKind(IntEnum):
    """Two 32-bit or 64-bit numbers, or a `br_table`'s index and label count."""

    BITS_32 = 0
    BITS_64 = 1
    SWITCH = 2


class Comparison(NamedTuple):
    """Two numbers that code compared, unsigned.

    For a SWITCH, `left` is the index and `right` the number of labels before the
    default.
    """

    left: int
    right: int
    kind: ComparisonKind

    @property
    def bits(self) -> int:
        """The width of the numbers."""
        return 64 if self.kind is ComparisonKind.BITS_64 else 32


class CallNode(NamedTuple):
    """A func called along one path of funcs, however often.

    `parent` is the number of the caller's node. Node 0 is outside any func; its
    `parent` and `func_index` are None. `own_units` excludes what the func called.
    """

    parent: int | None
    func_index: int | None
    calls: int
    own_units: int


class TraceSnapshot(NamedTuple):
    """A trace at one moment; `counts` and `sizes` are in site order."""

    counts: "array[int]"
    sizes: "array[int]"
    nodes: tuple[CallNode, ...]
    current_node: int
    is_truncated: bool
