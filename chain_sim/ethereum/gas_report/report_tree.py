"""A gas report's stacks as one tree of frames: what a flame graph shows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from chain_sim.ethereum.gas_report.report_stacks import Path, StackFrame


@dataclass(slots=True)
class FlameNode:
    """A frame below its callers; `units` includes its callees'."""

    frame: StackFrame
    units: int = 0
    children: dict[StackFrame, "FlameNode"] = field(default_factory=dict)


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


def costly_children(node: FlameNode) -> list[FlameNode]:
    """A node's callees, the most expensive first."""
    return sorted(
        node.children.values(), key=lambda child: (-child.units, child.frame.name)
    )
