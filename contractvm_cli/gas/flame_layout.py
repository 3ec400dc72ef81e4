"""The layout of a flame graph: a tree of frames, each as wide as its units."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from chain_sim.ethereum.gas_report.report_stacks import Path, StackFrame

# Positions are counted in hundredths of a pixel: integers are the same everywhere.
PIXEL = 100
NARROWEST = PIXEL // 5
MAX_LEVELS = 120


@dataclass(slots=True)
class FlameNode:
    """A frame below its callers; `units` includes its callees'."""

    frame: StackFrame
    units: int = 0
    children: dict[StackFrame, "FlameNode"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Box:
    """A frame's place: left edge and width in PIXELs of a pixel, level 0 the root's."""

    frame: StackFrame
    units: int
    left: int
    width: int
    level: int


def charged_tree(root_frame: StackFrame, stacks: Mapping[Path, int]) -> FlameNode:
    """The stacks with a cost as a tree, each starting with `root_frame`."""
    root = FlameNode(root_frame)
    for path, units in stacks.items():
        if units > 0:
            root.units += units
            node = root
            for frame in path[1:]:
                node = node.children.setdefault(frame, FlameNode(frame))
                node.units += units
    return root


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


def costly_children(node: FlameNode) -> list[FlameNode]:
    """A node's callees, the most expensive first."""
    return sorted(
        node.children.values(), key=lambda child: (-child.units, child.frame.name)
    )
