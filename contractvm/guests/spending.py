"""Reports of what a guest spent: units by func, host function, line and stack."""

from collections.abc import Iterator
from dataclasses import dataclass

from contractvm.errors import InternalError
from contractvm.ledger.call_tree import ROOT, CallTree, Spending
from contractvm.ledger.line_costs import LineAt, line_costs
from contractvm.ledger.module_counts import ModuleCounts
from contractvm.ledger.report import FunctionCost, LineCost, Stack
from contractvm.ledger.source_lines import read_lines
from contractvm.runtime.pipeline import PreparedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.name_section import func_names
from contractvm.wasm.engines.tracing import CallNode, TraceSnapshot
from gas_schedule.schedule import GasSchedule

MAKING = "making an instance"
NO_CALLS = (CallNode(None, None, 0, 0),)


@dataclass(frozen=True, slots=True)
class GuestReport:
    """Every unit of an instance, from its making to the end of a call.

    The units of `stacks` add up to `used_units`. `functions` are the guest's funcs, the
    most expensive first; `host_functions` has the units that each was charged, by name;
    `lines` are those of instructions that ran, where the module has debug information.
    `is_cut` says that the deepest calls count with a caller.
    """

    used_units: int
    units_per_gas: int
    making_units: int
    functions: tuple[FunctionCost, ...]
    host_functions: dict[str, int]
    lines: tuple[LineCost, ...]
    stacks: tuple[Stack, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Spent:
    """What a traced instance had spent when a call ended.

    `charged` has what host functions were charged, by the node of the call tree and by
    name. `snapshot` is None where no instance was made: then making it took all. The
    charge at the node `unpaid[0]` was `unpaid[1]` units more than was left.
    """

    wasm: bytes
    prepared: PreparedModule
    schedule: GasSchedule
    used: int
    snapshot: TraceSnapshot | None
    charged: dict[tuple[int, str], int]
    unpaid: tuple[int, int]

    def report(self) -> GuestReport:
        """Explain all of it; quick for any module but one with debug information."""
        module = decode_module(self.wasm)
        trace = self.snapshot
        nodes = NO_CALLS if trace is None else trace.nodes
        tree = CallTree(nodes, tuple(self._spendings()), func_names(module))
        stacks = tree.stacks()
        explained = sum(stack.units for stack in stacks)
        if explained != self.used:
            raise InternalError(f"the stacks have {explained} of {self.used} units")
        by_name: dict[str, int] = {}
        for (_, name), units in self.charged.items():
            by_name[name] = by_name.get(name, 0) + units
        lines = read_lines(module).lines
        return GuestReport(
            used_units=self.used,
            units_per_gas=self.schedule.units_per_gas,
            making_units=self._making_units,
            functions=tree.functions(),
            host_functions=by_name,
            lines=() if lines is None else self._lines(lines.line_at),
            stacks=stacks,
            is_cut=tree.is_cut or (trace is not None and trace.is_truncated),
        )

    @property
    def _making_units(self) -> int:
        return self.used if self.snapshot is None else self.prepared.initial_units

    def _spendings(self) -> Iterator[Spending]:
        yield Spending(ROOT, MAKING, self._making_units)
        for (node, name), units in self.charged.items():
            yield Spending(node, name, units)
        node, units = self.unpaid
        yield Spending(node, "", -units)

    def _lines(self, line_at: LineAt) -> tuple[LineCost, ...]:
        if self.snapshot is None:
            return ()
        passed = zip(self.snapshot.counts, self.snapshot.sizes, strict=True)
        sites = {number: site for number, site in enumerate(passed) if site[0]}
        return line_costs(ModuleCounts(self.prepared), sites, line_at, self.schedule)
