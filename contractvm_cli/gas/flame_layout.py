"""The layout of a flame graph: a tree of frames, each as wide as its units."""

from collections.abc import Iterator
from dataclasses import dataclass

from chain_sim.ethereum.gas_report.report_stacks import StackFrame
from chain_sim.ethereum.gas_report.report_tree import FlameNode, costly_children

# Positions are counted in hundredths of a pixel: integers are the same everywhere.
PIXEL = 100
NARROWEST = PIXEL // 5
MAX_LEVELS = 120


@dataclass(frozen=True, slots=True)
class Box:
    """A frame's place: left edge and width in PIXELs of a pixel, level 0 the root's."""

    frame: StackFrame
    units: int
    left: int
    width: int
    level: int


def place_boxes(root: FlameNode, width: int) -> Iterator[Box]:
    """The boxes of a tree that is `width` wide, callers before callees.

    Callees are side by side from the left, the most expensive first. Boxes narrower
    than NARROWEST, or higher than MAX_LEVELS, are left out.
    """
    if not root.units:
        return
    waiting = [(root, 0, 0)]  # node, units to the left of it, level
    while waiting:
        node, before, level = waiting.pop()
        left = before * width // root.units
        right = (before + node.units) * width // root.units
        if right - left < NARROWEST or level >= MAX_LEVELS:
            continue
        yield Box(node.frame, node.units, left, right - left, level)
        for child in costly_children(node):
            waiting.append((child, before, level + 1))
            before += child.units
