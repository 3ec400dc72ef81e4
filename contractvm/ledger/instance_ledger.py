"""Makes the report of an instance from its trace and the charges of its host."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from contractvm.errors import InternalError
from contractvm.hosts.amounts import Amount
from contractvm.hosts.interface import HostInterface
from contractvm.ledger.call_tree import ROOT, CallTree, Spending
from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.instance_report import HostCost, InstanceReport
from contractvm.ledger.line_costs import line_costs
from contractvm.ledger.module_counts import ModuleCounts
from contractvm.ledger.parts import FrameParts
from contractvm.ledger.quantities import (
    Quantities,
    add_quantities,
    amount_quantities,
    price_units,
)
from contractvm.ledger.report import KeyCost
from contractvm.wasm.engines.tracing import TraceSnapshot
from gas_schedule.schedule import GasSchedule

FORFEITED, NOT_PAID = "forfeited", "not paid"
CHAIN_GAS = "chain's gas"


class HostCharges(NamedTuple):
    """The calls of a host function from one place, and the units they took."""

    calls: int
    internal: int
    external: int


class InstanceCharges(NamedTuple):
    """What the host of an instance charged.

    `functions` are by node of the trace and name, `keys` by key of the state and name.
    """

    limit: int
    left: int
    functions: Mapping[tuple[int, str], HostCharges]
    keys: Mapping[tuple[bytes, str], HostCharges]


def explain_instance(
    module: ModuleCounts,
    trace: TraceSnapshot,
    charges: InstanceCharges,
    interface: HostInterface,
    schedule: GasSchedule,
    info: DebugInfo,
) -> InstanceReport:
    """The report; InternalError unless the parts add up to what was used.

    What was left to an instance that may not use it any more was forfeited.
    """
    groups = {entry.name: entry.group for entry in interface.functions}
    sites = {
        site: (count, size)
        for site, (count, size) in enumerate(
            zip(trace.counts, trace.sizes, strict=True)
        )
        if count
    }
    counted: Quantities = module.counted(sites)
    for amount in _amounts(charges, groups):
        add_quantities(counted, amount_quantities(amount))
    used = charges.limit - charges.left
    rest = used - price_units(counted.items(), schedule)
    if rest and charges.left:
        raise InternalError(f"a contract's gas report leaves {rest} units unexplained")
    value = FrameValue(charges.limit, 0, charges.left, max(-rest, 0), max(rest, 0))
    parts = FrameParts(interface, schedule, {}).lines(counted, value).parts()
    tree = CallTree(trace.nodes, tuple(_spendings(charges, rest)), info.names)
    external = sum(found.external for found in charges.functions.values())
    report = InstanceReport(
        limit_units=charges.limit,
        used_units=used,
        external_units=external,
        parts=parts,
        functions=tree.functions(),
        lines=(
            ()
            if info.lines is None
            else line_costs(module, sites, info.lines.line_at, schedule)
        ),
        stacks=tree.stacks(),
        host=tuple(_host_costs(charges)),
        keys=tuple(
            KeyCost(key, name, found.calls, found.internal + found.external)
            for (key, name), found in charges.keys.items()
        ),
        has_lines=info.lines is not None,
        debug_fault=info.fault,
    )
    if report.remainder or sum(stack.units for stack in report.stacks) != used:
        raise InternalError("a contract's gas report does not add up")
    return report


def _amounts(charges: InstanceCharges, groups: Mapping[str, str]) -> Iterator[Amount]:
    for (_, name), found in charges.functions.items():
        group = groups.get(name, "host")
        yield Amount(group, name, found.internal, name, times=found.calls)
        if found.external:
            line = f"{name}, {CHAIN_GAS}"
            yield Amount(group, line, found.external, name, times=found.calls)


def _spendings(charges: InstanceCharges, rest: int) -> Iterator[Spending]:
    for (node, name), found in charges.functions.items():
        yield Spending(node, name, found.internal + found.external)
    yield Spending(ROOT, FORFEITED if rest > 0 else NOT_PAID, rest)


def _host_costs(charges: InstanceCharges) -> Iterator[HostCost]:
    """Each function once, the most expensive first."""
    sums: dict[str, HostCharges] = {}
    for (_, name), found in charges.functions.items():
        before = sums.get(name, HostCharges(0, 0, 0))
        sums[name] = HostCharges(
            *(one + other for one, other in zip(before, found, strict=True))
        )
    for name, found in sorted(
        sums.items(), key=lambda row: (-row[1].internal - row[1].external, row[0])
    ):
        yield HostCost(name, *found)
