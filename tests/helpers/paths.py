"""Proof that a metered body is right, by walking its control flow without the planner.

The instrumented body is read instruction by instruction and compared with the original:
what is not an injected sequence must be the original, one for one. Then every edge of
the control-flow graph is walked with the *balance*: charged minus the cost of what was
executed. The balance must be one number at each place, whatever path led there; at
least the next instruction's cost before it runs (prepaid); zero where a charge is made
(bounded: nothing but the rest of one block is ever paid ahead), at calls (visible) and
where the func ends (exact). As that holds on every edge, it holds on every path.
"""

from dataclasses import dataclass

from contractvm.metering.names import GAS_STATUS_EXPORT, STACK_HEIGHT_EXPORT
from contractvm.metering.rules import STANDARD_METERING, Metering
from contractvm.wasm.structure.module import Func, Module
from contractvm.wasm.structure.types import ValType
from gas_schedule.schedule import GasSchedule
from tests.helpers.carried_values import carried_values
from tests.helpers.metered_nodes import (
    Costs,
    Node,
    OtherRule,
    PathFault,
    check_frames,
    check_loads,
    fold_injected,
    mark_wrapper,
    read_nodes,
)
from tests.helpers.naive_metering import per_unit_costs


@dataclass(frozen=True)
class Nesting:
    """By node: the opening that contains it (-1: none), its depth; ends by opening."""

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
        nodes = check_loads(fold_injected(read_nodes(instrumented), costs), costs)
        has_frame = nodes[0].kind == "stack entry"
        self.is_wrapped = has_frame and costs.other is None
        if costs.other is None:
            nodes = mark_wrapper(nodes)
        elif has_frame:
            check_frames(nodes)
        self.nodes = nodes
        self.nesting = read_nesting(self.nodes)
        original_nodes = read_nodes(original)
        self.originals = self.align(original_nodes)
        self.positions = {
            index: node.position
            for index, node in zip(self.originals, original_nodes, strict=True)
        }
        self.balances: dict[int, int] = {}
        self.pending: list[tuple[int, int]] = []
        self.owes_entry = costs.entry

    def align(self, original: list[Node]) -> dict[int, str]:
        """Transparent: without the injected code it is the original, one for one."""
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
        """Walk every edge; returns the number of reachable places."""
        self.go(0, 0)
        while self.pending:
            index, balance = self.pending.pop()
            self.visit(index, balance)
        for index, node in enumerate(self.nodes if self.costs.other is None else ()):
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
            is_late = self.costs.other is not None and self.costs.other.is_charged_last
            if balance > 0 or (balance and not is_late):
                raise PathFault(f"not bounded: {balance} ahead", node.position)
            if node.amount <= 0:
                raise PathFault("a charge of nothing", node.position)
            return self.go(index + 1, balance + node.amount)
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
        other = self.costs.other
        cost = self.costs.base[mnemonic] + self.owes_entry
        self.owes_entry = 0
        cost += self.costs.carried.get(self.positions[index], 0)
        if other is not None:
            cost += other.extra(node)
        if other is not None and other.is_charged_last:
            if mnemonic in other.enders and balance != cost:
                raise PathFault(f"not paid at its end: {mnemonic}", node.position)
        elif balance < cost:
            raise PathFault(f"not prepaid: {mnemonic}", node.position)
        balance -= cost
        is_sized = self.costs.per_unit.get(mnemonic, 0) > 0
        if is_sized and self.nodes[index - 1].kind != "sized":
            raise PathFault(f"not closed: {mnemonic}", node.position)
        is_hooked = self.nodes[index - 1].kind == "hook"
        if other is not None and is_hooked != (
            mnemonic == "memory.grow" and other.hook_func is not None
        ):
            raise PathFault(f"not hooked: {mnemonic}", node.position)
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
        """The target of a branch: after a loop's opening, after the end of others."""
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
    """The appended funcs, with the price that each multiplies by."""
    first = len(original.func_type_indices)
    added = instrumented.funcs[len(original.funcs) :]
    return {
        first + number: next(
            node.a for node in read_nodes(func.code) if node.mnemonic == "i64.const"
        )
        for number, func in enumerate(added)
    }


def gas_local(original: Module, func: Func, metered: Func) -> int | None:
    """The index of the one i64 that the metered func may have as its last local."""
    if metered.local_groups == func.local_groups:
        return None
    *others, (last_count, last_type) = metered.local_groups
    without = (*others, (last_count - 1, last_type)) if last_count > 1 else (*others,)
    if last_type != ValType.I64 or without != func.local_groups:
        raise PathFault("not transparent: other locals", 0)
    return len(original.types[func.type_index].params) + func.local_count


def other_rule(
    original: Module, instrumented: Module, schedule: GasSchedule, metering: Metering
) -> OtherRule | None:
    """How the metering differs from the standard one, which compares at the end."""
    exports = {export.name: export.index for export in instrumented.exports}
    if GAS_STATUS_EXPORT not in exports:
        return None
    blocks = metering.blocks
    growable = [
        memory
        for memory in original.memory_types
        if memory.limits.minimum != memory.limits.maximum
    ]
    return OtherRule(
        enders=blocks.ends,
        header=blocks.header,
        is_charged_last=blocks.is_charged_last,
        per_entry=schedule.instructions["br_table"].per_entry,
        per_param=schedule.instructions["call_indirect"].per_param,
        param_counts=tuple(len(entry.params) for entry in original.types),
        status_global=exports[GAS_STATUS_EXPORT],
        scratch_global=(
            len(instrumented.global_types) - 1 if metering.has_scratch else None
        ),
        # The modules of the tests import nothing else.
        hook_func=0 if metering.grow_hook and growable else None,
    )


def check_module(
    original: Module,
    instrumented: Module,
    schedule: GasSchedule,
    metering: Metering = STANDARD_METERING,
) -> int:
    """The places reached; PathFault unless every body keeps every guarantee."""
    gas_global = len(original.global_types)
    exports = {export.name: export.index for export in instrumented.exports}
    other = other_rule(original, instrumented, schedule, metering)
    chargers = sized_chargers(original, instrumented)
    per_unit = per_unit_costs(schedule)
    reached = 0
    for func, metered in zip(original.funcs, instrumented.funcs, strict=False):
        charged_locals = max(func.local_count - metering.blocks.free_locals, 0)
        costs = Costs(
            base={name: cost.base for name, cost in schedule.instructions.items()},
            per_unit=per_unit,
            entry=charged_locals * schedule.local,
            gas_global=gas_global,
            gas_local=gas_local(original, func, metered),
            height_global=exports.get(STACK_HEIGHT_EXPORT),
            sized_chargers=chargers,
            other=other,
            carried={
                position: count * schedule.carried_value
                for position, count in carried_values(original, func).items()
            },
        )
        reached += check_body(func.code, metered.code, costs)
    return reached


def check_body(original: bytes, instrumented: bytes, costs: Costs) -> int:
    """The places reached; PathFault unless the body keeps every guarantee."""
    return BodyWalk(original, instrumented, costs).run()
