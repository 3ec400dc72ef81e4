"""How many values each instruction carries, told from the nesting of the whole body.

It looks outwards from each instruction, and so shares no code with the planner, which
keeps a stack of labels.
"""

from contractvm.wasm.structure.module import Func, Module
from tests.helpers.metered_nodes import EMPTY, Node, read_nodes


def carried_values(module: Module, func: Func) -> dict[int, int]:
    """By position of the instruction in the body; those that carry none left out."""
    body = Body(module, func)
    counts = {
        node.position: body.carried(index) for index, node in enumerate(body.nodes)
    }
    return {position: count for position, count in counts.items() if count}


class Body:
    """A body and the nesting of its instructions."""

    def __init__(self, module: Module, func: Func) -> None:
        self.types = module.types
        self.func_types = module.func_type_indices
        self.results = len(module.types[func.type_index].results)
        self.nodes = read_nodes(func.code)
        self.openings = enclosing(self.nodes)

    def carried(self, index: int) -> int:
        node = self.nodes[index]
        if node.labels:
            (count,) = {self.to_label(index, label) for label in node.labels}
            return count
        if node.mnemonic == "return":
            return self.results
        if node.mnemonic in ("else", "end"):
            return self.block(self.openings[index])[1]
        if node.mnemonic in ("block", "loop", "if"):
            return self.block(index)[0]
        if node.mnemonic in ("call", "call_indirect"):
            is_direct = node.mnemonic == "call"
            number = self.func_types[node.a] if is_direct else node.a
            return len(self.types[number].params)
        return 0

    def block(self, opening: int) -> tuple[int, int]:
        """The params and results of what is opened there; the body's without one."""
        if opening < 0:
            return 0, self.results
        number = self.nodes[opening].a
        if number < len(self.types):
            return len(self.types[number].params), len(self.types[number].results)
        return 0, int(number != EMPTY)

    def to_label(self, index: int, label: int) -> int:
        opening = self.openings[index]
        for _ in range(label):
            opening = self.openings[opening]
        is_loop = opening >= 0 and self.nodes[opening].mnemonic == "loop"
        params, results = self.block(opening)
        return params if is_loop else results


def enclosing(nodes: list[Node]) -> list[int]:
    """For each node, the one that opens the block around it, -1 for the body."""
    found, opened = [], [-1]
    for index, node in enumerate(nodes):
        found.append(opened[-1])
        if node.mnemonic in ("block", "loop", "if"):
            opened.append(index)
        elif node.mnemonic == "end":
            opened.pop()
    return found
