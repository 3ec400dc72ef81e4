"""The tree of calls inside a contract: units by func, and by stack of funcs.

The tree of calls inside one instance has a node for each stack of funcs that was ever
active. Deep recursion makes deep trees: nothing here recurses, and a stack is cut where
it would be too long to show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contractvm.ledger.report import FunctionCost, Stack
from contractvm.wasm.engines.tracing import CallNode

ROOT = 0
# Stacks are cut at the greatest of these depths that keeps a report small.
DEPTHS = (256, 128, 64, 32, 16, 8)
MAX_STACK_NAMES = 1_000_000


@dataclass(frozen=True, slots=True)
class Spending:
    """Units spent at a node on top of its instructions: by what, and how much.

    `is_sub_call` units are the callee's, which has a report of its own.
    """

    node: int
    name: str
    units: int
    is_sub_call: bool = False


class CallTree:
    """The nodes of one instance, with the units spent at them."""

    def __init__(
        self,
        nodes: Sequence[CallNode],
        spendings: Sequence[Spending],
        names: Mapping[int, str],
    ) -> None:
        self._nodes = nodes
        self._parents = [node.parent or ROOT for node in nodes]
        self._spendings = spendings
        self._names = names
        self._own = [node.own_units for node in nodes]
        self._all = list(self._own)
        for spending in spendings:
            self._all[spending.node] += spending.units
            if not spending.is_sub_call:
                self._own[spending.node] += spending.units
        self._is_cut = False
        self._shown = self._choose_shown()

    def functions(self) -> tuple[FunctionCost, ...]:
        """The funcs that ran, the most expensive first."""
        own: dict[int, int] = {}
        calls: dict[int, int] = {}
        for node, units in zip(self._nodes, self._own, strict=True):
            if node.func_index is not None:
                own[node.func_index] = own.get(node.func_index, 0) + units
                calls[node.func_index] = calls.get(node.func_index, 0) + node.calls
        inclusive = self._inclusive_units()
        costs = [
            FunctionCost(
                func_index,
                self._name(func_index),
                calls[func_index],
                units,
                inclusive[func_index],
            )
            for func_index, units in own.items()
        ]
        return tuple(
            sorted(costs, key=lambda cost: (-cost.inclusive_units, cost.func_index))
        )

    def _inclusive_units(self) -> dict[int, int]:
        """Units by func with its callees; a func below itself is not counted again."""
        totals = list(self._all)
        for number in range(len(self._nodes) - 1, ROOT, -1):
            totals[self._parents[number]] += totals[number]
        inclusive: dict[int, int] = {}
        for number in self._outermost():
            func_index = self._nodes[number].func_index
            if func_index is not None:
                inclusive[func_index] = inclusive.get(func_index, 0) + totals[number]
        return inclusive

    def _outermost(self) -> list[int]:
        """The nodes that have no node of the same func above them."""
        children: list[list[int]] = [[] for _ in self._nodes]
        for number in range(1, len(self._nodes)):
            children[self._parents[number]].append(number)
        found: list[int] = []
        active: dict[int | None, int] = {}
        # A node is pushed twice: ~number is the way out of it.
        waiting = [ROOT]
        while waiting:
            number = waiting.pop()
            func_index = self._nodes[number if number >= 0 else ~number].func_index
            if number < 0:
                active[func_index] -= 1
                continue
            if not active.get(func_index):
                found.append(number)
            active[func_index] = active.get(func_index, 0) + 1
            waiting.append(~number)
            waiting.extend(children[number])
        return found

    def _name(self, func_index: int) -> str:
        return self._names.get(func_index, f"func[{func_index}]")

    def path(self, number: int) -> tuple[str, ...]:
        """The names on the stack at a node, outermost first, cut where it is deep."""
        names: list[str] = []
        number = self._shown[number]
        while number != ROOT:
            node = self._nodes[number]
            if node.func_index is not None:
                names.append(self._name(node.func_index))
            number = self._parents[number]
        return tuple(reversed(names))

    def stacks(self) -> tuple[Stack, ...]:
        """Units by stack, those of sub-calls left out; each stack is listed once."""
        spent: dict[tuple[int, str], int] = {}
        for number, node in enumerate(self._nodes):
            place = (self._shown[number], "")
            spent[place] = spent.get(place, 0) + node.own_units
        for spending in self._spendings:
            if not spending.is_sub_call:
                place = (self._shown[spending.node], spending.name)
                spent[place] = spent.get(place, 0) + spending.units
        found: dict[tuple[str, ...], int] = {}
        for (number, name), units in spent.items():
            if units:
                frames = self.path(number) + ((name,) if name else ())
                found[frames] = found.get(frames, 0) + units
        return tuple(Stack(frames, units) for frames, units in found.items())

    @property
    def is_cut(self) -> bool:
        """Whether some stacks are deeper than what is shown."""
        return self._is_cut

    def _choose_shown(self) -> list[int]:
        """For each node itself, or its ancestor at the depth where stacks are cut."""
        depths = [0] * len(self._nodes)
        for number in range(1, len(self._nodes)):
            depths[number] = depths[self._parents[number]] + 1
        for cut in DEPTHS:
            if sum(depth for depth in depths if depth <= cut) <= MAX_STACK_NAMES:
                break
        shown = list(range(len(self._nodes)))
        for number, depth in enumerate(depths):
            if depth > cut:
                shown[number] = shown[self._parents[number]]
        self._is_cut = max(depths) > cut
        return shown
