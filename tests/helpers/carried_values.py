"""How many values each instruction carries, told from the nesting of the whole body.

It looks outwards from each instruction, and so shares no code with the planner, which
keeps a stack of labels.
"""

from contractvm.wasm.structure.module import Func, Module
from contractvm.wasm.structure.types import FuncType
from tests.helpers.metered_nodes import EMPTY, Node, read_nodes


def carried_values(module: Module, func: Func) -> dict[int, int]:
    """By position of the instruction in the body; those that carry none left out."""
    nodes = read_nodes(func.code)
    openings = enclosing(nodes)
    own_type = module.types[func.type_index]
    func_types = module.func_type_indices

    def block_type(opening: int) -> FuncType:
        if opening < 0:
            return FuncType((), own_type.results)
        number = nodes[opening].a
        if number < len(module.types):
            return module.types[number]
        # Which type it is does not matter here: there is one, or none.
        return FuncType((), () if number == EMPTY else ("i32",))  # type: ignore[arg-type]

    def to_label(index: int, label: int) -> int:
        opening = openings[index]
        for _ in range(label):
            opening = openings[opening]
        is_loop = opening >= 0 and nodes[opening].mnemonic == "loop"
        found = block_type(opening)
        return len(found.params if is_loop else found.results)

    def carried(index: int, node: Node) -> int:
        if node.labels:
            (count,) = {to_label(index, label) for label in node.labels}
            return count
        match node.mnemonic:
            case "return":
                return len(own_type.results)
            case "else" | "end":
                return len(block_type(openings[index]).results)
            case "block" | "loop" | "if":
                return len(block_type(index).params)
            case "call":
                return len(module.types[func_types[node.a]].params)
            case "call_indirect":
                return len(module.types[node.a].params)
        return 0

    counts = {node.position: carried(index, node) for index, node in enumerate(nodes)}
    return {position: count for position, count in counts.items() if count}


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
