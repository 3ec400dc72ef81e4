"""What can be recorded of a run on the interpreter, and the form in which it is read.

Recording is a way of translating a module: counting operations stand in the register
code beside the others. A module that is translated without them runs as ever.
"""

from array import array
from enum import IntEnum
from typing import NamedTuple


class Tracing(IntEnum):
    """What the translated code records.

    BLOCKS is for instrumented modules: every injected charge and every injected sized
    charge is a site, and calls make a tree. INSTRUCTIONS is for modules as they were
    written: every instruction is a site, and the entry of every func, but nothing
    knows what they cost, so the tree is the root alone. EDGES counts the edges of
    control flow, in cells that the instances of many modules share; with COMPARISONS
    the operands of comparisons are noted, too.
    """

    OFF = 0
    BLOCKS = 1
    INSTRUCTIONS = 2
    EDGES = 3
    COMPARISONS = 4


class SiteKind(IntEnum):
    """What is counted at a site."""

    CHARGE = 0
    SIZED = 1
    INSTRUCTION = 2
    ENTRY = 3


class Site(NamedTuple):
    """A place in the code that counts how often control passes it.

    `func_number` is the func's place among those that the module defines, `position`
    the offset in the body that was translated: of the charge, of the instruction, 0
    for an entry. `units` is what a charge takes, or a sized charge for each; else 0.
    """

    func_number: int
    position: int
    kind: SiteKind
    units: int


class EdgeKind(IntEnum):
    """What an edge of control flow is.

    ENTRY is of a func. A `br_if` has TAKEN and NOT_TAKEN, an `if` with an else or
    without IF_TRUE and IF_FALSE. BACK is of a `br` to a loop's head, SWITCH of one
    label of a `br_table`, INDIRECT of a `call_indirect` to some funcs of its type.
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

    `func_number` is the func's place among those that the module defines, `position`
    the offset of its instruction in the body that was translated, 0 for an entry.
    """

    func_number: int
    position: int
    kind: EdgeKind


class ComparisonKind(IntEnum):
    """What met: two 32-bit or 64-bit numbers, or a `br_table`'s and its label count."""

    BITS_32 = 0
    BITS_64 = 1
    SWITCH = 2


class Comparison(NamedTuple):
    """Two numbers that code compared, unsigned.

    Of a SWITCH the left one is the index, the right one the number of labels before
    the default.
    """

    left: int
    right: int
    kind: ComparisonKind

    @property
    def bits(self) -> int:
        """The width of the numbers."""
        return 64 if self.kind is ComparisonKind.BITS_64 else 32


class CallNode(NamedTuple):
    """A func as it was called along one path of funcs, however often.

    `parent` is the number of the caller's node. Node 0 stands for what is outside of
    any func; its `parent` and `func_index` are None. `own_units` are those booked
    while the node was the current one: without what it called.
    """

    parent: int | None
    func_index: int | None
    calls: int
    own_units: int


class TraceSnapshot(NamedTuple):
    """A trace at one moment; `counts` and `sizes` are in the order of the sites."""

    counts: "array[int]"
    sizes: "array[int]"
    nodes: tuple[CallNode, ...]
    current_node: int
    is_truncated: bool
