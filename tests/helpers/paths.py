"""Proves a metered body right by walking its control flow, without the planner.

The instrumented body is read instruction by instruction and laid against the original:
what is not an injected sequence must be the original, one for one. Then every edge of
the control-flow graph is walked with the *balance*: charged minus the cost of what was
executed. The balance must be one number at each place, whatever path led there; at
least the next instruction's cost before it runs (prepaid); zero where a charge is made
(bounded: nothing but the rest of one block is ever paid ahead), at calls (visible) and
where the func ends (exact). As that holds on every edge, it holds on every path.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractvm.structure.instruction_reader import instructions
from contractvm.structure.module import Module
from contractvm.structure.opcodes import BY_OPCODE
from gas_schedule.schedule import GasSchedule
from tests.helpers.naive_metering import per_unit_costs

EMPTY = 2**64 - 64  # the empty block type, as the reader gives it


class PathFault(Exception):
    """The instrumented body breaks a guarantee; `rule` is its name."""

    def __init__(self, rule: str, position: int) -> None:
        super().__init__(f"{rule} at byte {position}")
        self.rule = rule
        self.position = position


@dataclass(frozen=True)
class Costs:
    """What the walk is checked against: costs by mnemonic, and the injected indices.

    `sized_chargers` maps the func indices of the injected chargers to their prices.
    """

    base: Mapping[str, int]
    per_unit: Mapping[str, int]
    entry: int
    gas_global: int
    height_global: int | None = None
    sized_chargers: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Node:
    """One original instruction, or one injected sequence (`kind` says which)."""

    kind: str  # "code", "charge", "sized", "stack entry", "stack exit", "wrapper"
    mnemonic: str
    a: int
    labels: tuple[int, ...]
    position: int
    amount: int = 0


def read_nodes(code: bytes) -> list[Node]:
    """The instructions of a body; a br_table's labels include its default."""
    nodes = []
    for opcode, a, b, start, end in instructions(code):
        mnemonic = BY_OPCODE[opcode].mnemonic
        labels: tuple[int, ...] = ()
        if mnemonic == "br_table":
            labels = read_labels(code[b:end], a + 1)
        elif mnemonic in ("br", "br_if"):
            labels = (a,)
        nodes.append(Node("code", mnemonic, a, labels, start))
    return nodes


def read_labels(data: bytes, count: int) -> tuple[int, ...]:
    labels, value, shift = [], 0, 0
    for byte in data:
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            labels.append(value)
            value = shift = 0
    if len(labels) != count:
        raise PathFault("labels", 0)
    return tuple(labels)


def shape(nodes: list[Node]) -> list[tuple[str, int]]:
    """Mnemonics and first immediates: what an injected sequence is recognised by."""
    return [(node.mnemonic, node.a) for node in nodes]


def fold_charges(nodes: list[Node], costs: Costs) -> list[Node]:
    """Put one node for each injected sequence; nothing else may touch the counters."""
    gas, height = costs.gas_global, costs.height_global
    trap_if = [("if", EMPTY), ("unreachable", 0), ("end", 0)]
    folded = []
    index = 0
    while index < len(nodes):
        window = shape(nodes[index : index + 10])
        amount = window[1][1] if len(window) > 1 else 0
        position = nodes[index].position
        charge = [
            *(("global.get", gas), ("i64.const", amount), ("i64.sub", 0)),
            *(("global.set", gas), ("global.get", gas), ("i64.const", 0)),
            *(("i64.lt_s", 0), *trap_if),
        ]
        change = [("global.get", height), ("i32.const", amount)]
        limit = window[5][1] if len(window) > 5 else 0
        entry = [
            *(*change, ("i32.add", 0), ("global.set", height)),
            *(("global.get", height), ("i32.const", limit), ("i32.gt_u", 0)),
            *trap_if,
        ]
        leave = [*change, ("i32.sub", 0), ("global.set", height)]
        node = nodes[index]
        if window == charge:
            folded.append(Node("charge", "", 0, (), position, amount))
            index += len(charge)
        elif window == entry:
            folded.append(Node("stack entry", "", limit, (), position, amount))
            index += len(entry)
        elif window[: len(leave)] == leave:
            folded.append(Node("stack exit", "", 0, (), position, amount))
            index += len(leave)
        elif node.mnemonic == "call" and node.a in costs.sized_chargers:
            price = costs.sized_chargers[node.a]
            folded.append(Node("sized", "", 0, (), position, price))
            index += 1
        else:
            if node.mnemonic.startswith("global.") and node.a in (gas, height):
                raise PathFault("a counter is touched outside a charge", position)
            folded.append(node)
            index += 1
    return folded


def mark_wrapper(nodes: list[Node]) -> list[Node]:
    """Tell the block around a stack-limited body, and the final end, from the code."""
    if not nodes or nodes[0].kind != "stack entry":
        if any(node.kind.startswith("stack") for node in nodes):
            raise PathFault("stack height changes inside the body", 0)
        return nodes
    block, leave, last = nodes[1], nodes[-2], nodes[-1]
    if (block.mnemonic, leave.kind, last.mnemonic) != ("block", "stack exit", "end"):
        raise PathFault("stack limit is not around the body", block.position)
    if leave.amount != nodes[0].amount:
        raise PathFault("stack height does not return", leave.position)
    if any(node.kind.startswith("stack") for node in nodes[2:-2]):
        raise PathFault("stack height changes inside the body", 0)
    opening = Node("wrapper", "block", 0, (), block.position)
    final = Node("wrapper", "end", 0, (), last.position)
    return [nodes[0], opening, *nodes[2:-1], final]


@dataclass(frozen=True)
class Nesting:
    """By node: the opening it stands in (-1: none), and its depth; ends by opening."""

    parents: list[int]
    depths: list[int]
    ends: dict[int, int]
    elses: dict[int, int]


def read_nesting(nodes: list[Node]) -> Nesting:
    nesting = Nesting([], [], {}, {})
    opened: list[int] = []
    for index, node in enumerate(nodes):
        nesting.parents.append(opened[-1] if opened else -1)
        nesting.depths.append(len(opened))
        if node.mnemonic in ("block", "loop", "if"):
            opened.append(index)
        elif node.mnemonic == "else":
            nesting.elses[opened[-1]] = index
        elif node.mnemonic == "end" and opened:
            nesting.ends[opened.pop()] = index
    return nesting


def same_instruction(original: Node, node: Node, body_depth: int) -> bool:
    """True if the node is the original, or a return that became a branch."""
    if original.mnemonic == "return" and node.mnemonic == "br":
        return node.a == body_depth
    return (original.mnemonic, original.a, original.labels) == (
        node.mnemonic,
        node.a,
        node.labels,
    )


class BodyWalk:
    """One walk over one instrumented body."""

    def __init__(self, original: bytes, instrumented: bytes, costs: Costs) -> None:
        self.costs = costs
        self.nodes = mark_wrapper(fold_charges(read_nodes(instrumented), costs))
        self.is_wrapped = self.nodes[0].kind == "stack entry"
        self.nesting = read_nesting(self.nodes)
        self.originals = self.align(read_nodes(original))
        self.balances: dict[int, int] = {}
        self.pending: list[tuple[int, int]] = []
        self.owes_entry = costs.entry

    def align(self, original: list[Node]) -> dict[int, str]:
        """Transparent: without the injections it is the original, one for one."""
        code = [index for index, node in enumerate(self.nodes) if node.kind == "code"]
        if len(code) != len(original):
            raise PathFault("not transparent: other length", 0)
        for index, expected in zip(code, original, strict=True):
            body_depth = self.nesting.depths[index] - self.is_wrapped
            if not same_instruction(expected, self.nodes[index], body_depth):
                raise PathFault("not transparent", self.nodes[index].position)
        pairs = zip(code, original, strict=True)
        return {index: expected.mnemonic for index, expected in pairs}

    def run(self) -> int:
        """Walk every edge; returns how many places control can reach."""
        self.go(0, 0)
        while self.pending:
            index, balance = self.pending.pop()
            self.visit(index, balance)
        for index, node in enumerate(self.nodes):
            if index not in self.balances and node.kind in ("charge", "sized"):
                raise PathFault("dead code is changed", node.position)
        return len(self.balances)

    def go(self, index: int, balance: int) -> None:
        if index == len(self.nodes):
            if balance:
                raise PathFault(f"not exact: {balance} at the end", 0)
        elif index not in self.balances:
            self.balances[index] = balance
            self.pending.append((index, balance))
        elif self.balances[index] != balance:
            raise PathFault("not exact: paths disagree", self.nodes[index].position)

    def visit(self, index: int, balance: int) -> None:
        node = self.nodes[index]
        if node.kind == "charge":
            if balance:
                raise PathFault(f"not bounded: {balance} ahead", node.position)
            if node.amount <= 0:
                raise PathFault("a charge of nothing", node.position)
            return self.go(index + 1, node.amount)
        if node.kind == "sized":
            sized = self.nodes[index + 1]
            if self.costs.per_unit.get(sized.mnemonic, 0) != node.amount:
                raise PathFault("not closed: wrong price", node.position)
            return self.go(index + 1, balance)
        if node.kind != "code":
            return self.go(index + 1, balance)
        return self.execute(index, balance)

    def execute(self, index: int, balance: int) -> None:
        node, mnemonic = self.nodes[index], self.originals[index]
        cost = self.costs.base[mnemonic] + self.owes_entry
        self.owes_entry = 0
        if balance < cost:
            raise PathFault(f"not prepaid: {mnemonic}", node.position)
        balance -= cost
        is_sized = self.costs.per_unit.get(mnemonic, 0) > 0
        if is_sized and self.nodes[index - 1].kind != "sized":
            raise PathFault(f"not closed: {mnemonic}", node.position)
        if mnemonic in ("call", "call_indirect") and balance:
            raise PathFault(f"not visible: {balance} ahead", node.position)
        for successor in self.successors(index, node):
            self.go(successor, balance)

    def successors(self, index: int, node: Node) -> list[int]:
        nesting = self.nesting
        targets = [self.target(index, label) for label in node.labels]
        if node.mnemonic == "br_if":
            targets.append(index + 1)
        elif node.mnemonic == "return":
            if self.is_wrapped:
                raise PathFault("return skips the stack exit", node.position)
            targets.append(len(self.nodes))
        elif node.mnemonic == "if":
            otherwise = nesting.elses.get(index, nesting.ends[index])
            targets += [index + 1, otherwise + 1]
        elif node.mnemonic == "else":
            targets.append(nesting.ends[nesting.parents[index]] + 1)
        elif node.mnemonic not in ("unreachable", "br", "br_table"):
            targets.append(index + 1)
        return targets

    def target(self, index: int, label: int) -> int:
        """Where a branch goes: behind a loop's opening, behind the end of the rest."""
        opened = self.nesting.parents[index]
        while label and opened >= 0:
            opened = self.nesting.parents[opened]
            label -= 1
        if opened < 0:
            return len(self.nodes)
        if self.nodes[opened].mnemonic == "loop":
            return opened + 1
        return self.nesting.ends[opened] + 1


def sized_chargers(original: Module, instrumented: Module) -> dict[int, int]:
    """The funcs that were appended, with the price that each multiplies by."""
    first = len(original.func_type_indices)
    added = instrumented.funcs[len(original.funcs) :]
    return {
        first + number: next(
            node.a for node in read_nodes(func.code) if node.mnemonic == "i64.const"
        )
        for number, func in enumerate(added)
    }


def check_module(original: Module, instrumented: Module, schedule: GasSchedule) -> int:
    """Raise PathFault unless every body keeps every guarantee; the places reached."""
    gas_global = len(original.global_types)
    added_globals = len(instrumented.globals) - len(original.globals)
    chargers = sized_chargers(original, instrumented)
    reached = 0
    for func, metered in zip(original.funcs, instrumented.funcs, strict=False):
        costs = Costs(
            base={name: cost.base for name, cost in schedule.instructions.items()},
            per_unit=per_unit_costs(schedule),
            entry=func.local_count * schedule.local,
            gas_global=gas_global,
            height_global=gas_global + 1 if added_globals == 2 else None,
            sized_chargers=chargers,
        )
        reached += check_body(func.code, metered.code, costs)
    return reached


def check_body(original: bytes, instrumented: bytes, costs: Costs) -> int:
    """Raise PathFault unless the body keeps every guarantee; the places reached."""
    return BodyWalk(original, instrumented, costs).run()
