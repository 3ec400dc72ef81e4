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
    knows what they cost, so the tree is the root alone.
    """

    OFF = 0
    BLOCKS = 1
    INSTRUCTIONS = 2


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
