"""The call graph of a module, and its cycles."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from contractvm.analysis.references import referenced_funcs
from contractvm.errors import InternalError
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from contractvm.wasm.structure.types import FuncType

CALL, CALL_INDIRECT = (BY_MNEMONIC[name].opcode for name in ("call", "call_indirect"))


@dataclass(frozen=True, slots=True)
class CallGraph:
    """The calls: a node for each func, by index, and after them one for each type.

    A call by reference goes to the node of its type, which goes to every func of that
    type that can be called by reference. `sites` has the first call of each edge.
    """

    func_count: int
    callees: tuple[tuple[int, ...], ...]
    sites: dict[tuple[int, int], tuple[int, int]]  # position, opcode


def call_graph(module: Module) -> CallGraph:
    """The calls of a valid module."""
    func_types = module.func_type_indices
    func_count = module.func_count
    type_nodes: dict[FuncType, int] = {}
    nodes = [
        type_nodes.setdefault(entry, func_count + len(type_nodes))
        for entry in module.types
    ]
    callees: list[dict[int, None]] = [{} for _ in range(func_count + len(type_nodes))]
    sites: dict[tuple[int, int], tuple[int, int]] = {}
    first_index = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first_index):
        for opcode, first, _, position, _ in instructions(func.code):
            if opcode not in (CALL, CALL_INDIRECT):
                continue
            callee = first if opcode == CALL else nodes[first]
            callees[func_index][callee] = None
            sites.setdefault((func_index, callee), (position, opcode))
    for func_index in sorted(referenced_funcs(module)):
        callees[nodes[func_types[func_index]]][func_index] = None
    return CallGraph(func_count, tuple(tuple(entry) for entry in callees), sites)


class _Components:
    """Tarjan's algorithm, with a list for the path instead of recursion."""

    def __init__(self, graph: CallGraph) -> None:
        self.found: list[list[int]] = []
        self._callees = graph.callees
        self._order: dict[int, int] = {}
        self._lowest: dict[int, int] = {}
        self._open: list[int] = []
        self._places: dict[int, int] = {}  # of the open nodes

    def visit(self, root: int) -> None:
        """Find the components that can be reached from `root`."""
        if root in self._order:
            return
        path = [self._enter(root)]
        while path:
            node, rest = path[-1]
            callee = next(rest, None)
            if callee is None:
                path.pop()
                self._leave(node)
                if path:
                    self._lower(path[-1][0], self._lowest[node])
            elif callee not in self._order:
                path.append(self._enter(callee))
            elif callee in self._places:
                self._lower(node, self._order[callee])

    def _enter(self, node: int) -> tuple[int, Iterator[int]]:
        self._order[node] = self._lowest[node] = len(self._order)
        self._places[node] = len(self._open)
        self._open.append(node)
        return node, iter(self._callees[node])

    def _lower(self, node: int, order: int) -> None:
        self._lowest[node] = min(self._lowest[node], order)

    def _leave(self, node: int) -> None:
        if self._lowest[node] == self._order[node]:
            place = self._places[node]
            self.found.append(self._open[place:])
            for closed in self._open[place:]:
                del self._places[closed]
            del self._open[place:]


def components(graph: CallGraph) -> list[list[int]]:
    """The strongly connected components, callees before their callers."""
    search = _Components(graph)
    for node in range(len(graph.callees)):
        search.visit(node)
    return search.found


def is_cycle(graph: CallGraph, component: list[int]) -> bool:
    """Whether a func of the component may end up calling itself."""
    return len(component) > 1 or component[0] in graph.callees[component[0]]


def shortest_cycle(graph: CallGraph, component: list[int]) -> list[int]:
    """The nodes of a shortest path from the first func back to it, itself first.

    `component` is a cycle; every cycle has a func in it, since types call funcs only.
    """
    inside = set(component)
    start = min(component)
    before: dict[int, int] = {}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        for callee in graph.callees[node]:
            if callee == start:
                return _way(before, start, node)
            if callee in inside and callee not in before:
                before[callee] = node
                waiting.append(callee)
    raise InternalError("a component without a cycle")


def _way(before: dict[int, int], start: int, node: int) -> list[int]:
    way = [node]
    while node != start:
        node = before[node]
        way.append(node)
    return way[::-1]
