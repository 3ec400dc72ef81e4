"""Checks of call depth: cycles among funcs, or the greatest height without one."""

from collections.abc import Iterator

from contractvm.analysis.call_graph import (
    CallGraph,
    call_graph,
    components,
    is_cycle,
    shortest_cycle,
)
from contractvm.analysis.findings import CheckFinding, CodePlace, FindingKind, Severity
from contractvm.analysis.options import CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.analysis.references import referenced_funcs, shares_references
from contractvm.metering.names import FRAME_HEIGHT
from contractvm.wasm.structure.module import ExternKind, Module

SHOWN_FUNCS = 6


def find_recursion(
    module: Module,
    operand_heights: tuple[int, ...],
    places: ModulePlaces,
    options: CheckOptions,
) -> Iterator[CheckFinding]:
    """One finding for each cycle of calls; without any, the greatest stack height.

    Heights are counted as instrumentation counts them, for calls inside the module.
    """
    graph = call_graph(module)
    found = components(graph)
    cycles = [entry for entry in found if is_cycle(graph, entry)]
    for cycle in sorted(cycles, key=min):
        yield _recursion(graph, cycle, places, options)
    if not cycles:
        height = greatest_height(module, operand_heights, graph, found)
        yield _height(height, options)


def greatest_height(
    module: Module,
    operand_heights: tuple[int, ...],
    graph: CallGraph,
    order: list[list[int]],
) -> int:
    """The greatest stack height that any call from outside can lead to.

    `order` has the components of a graph without cycles, callees first.
    """
    imported = len(module.imports_of(ExternKind.FUNC))
    heights = [0] * len(graph.callees)
    for (node,) in order:
        below = max((heights[callee] for callee in graph.callees[node]), default=0)
        own = 0
        if imported <= node < graph.func_count:
            func = module.funcs[node - imported]
            params = len(module.types[func.type_index].params)
            operands = operand_heights[node - imported]
            own = params + func.local_count + operands + FRAME_HEIGHT
        heights[node] = own + below
    return max((heights[node] for node in _entries(module)), default=0)


def _entries(module: Module) -> list[int]:
    """The funcs that can be called from outside."""
    entries = [
        export.index for export in module.exports if export.kind is ExternKind.FUNC
    ]
    if module.start is not None:
        entries.append(module.start)
    if shares_references(module):
        entries += sorted(referenced_funcs(module))
    return entries


def _recursion(
    graph: CallGraph, cycle: list[int], places: ModulePlaces, options: CheckOptions
) -> CheckFinding:
    way = shortest_cycle(graph, cycle)
    funcs = [node for node in way if node < graph.func_count]
    names = [places.names[func_index] for func_index in [*funcs, funcs[0]]]
    if len(names) > SHOWN_FUNCS:
        names = [*names[: SHOWN_FUNCS - 1], "...", names[-1]]
    callee = way[1] if len(way) > 1 else way[0]
    position, opcode = graph.sites[way[0], callee]
    others = sum(node < graph.func_count for node in cycle) - len(funcs)
    more = f" (and {others} more funcs in cycles with them)" if others else ""
    return CheckFinding(
        FindingKind.RECURSION,
        Severity.CLOSED_BY_INSTRUMENTATION,
        places.instruction(way[0], position, opcode),
        f"calls can go round: {' > '.join(names)}{more}; where a native stack ends is"
        " another depth on every engine",
        f"nothing: the counted height stops all engines at {options.max_stack_height}",
    )


def _height(height: int, options: CheckOptions) -> CheckFinding:
    limit = options.max_stack_height
    is_below = height <= limit
    return CheckFinding(
        FindingKind.STACK_HEIGHT,
        Severity.INFORMATION if is_below else Severity.CLOSED_BY_INSTRUMENTATION,
        CodePlace(),
        f"no recursion: the stack height is at most {height}, of {limit} allowed",
        "nothing" if is_below else "nothing: all engines stop at the same call",
    )
