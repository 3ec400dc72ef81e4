"""Sums over a gas report with its sub-calls: by group, by func, by source line."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contractvm.ledger.report import (
    CallReport,
    FunctionCost,
    GasReport,
    LineCost,
    Part,
)

GROUPS = (
    "transaction",
    "calldata",
    "start",
    "memory",
    "locals",
    "instructions",
    "host",
    "storage",
    "value",
    "precompile",
    "deposit",
    "failure",
    "refund",
    "rounding",
)
STIPENDS = "stipends, paid by nobody"


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """The parts of one group, the most expensive first, and their sum."""

    group: str
    parts: tuple[Part, ...]
    units: int


def every_call(report: GasReport) -> Iterator[CallReport]:
    """All message calls of a report, each before its sub-calls."""
    waiting = [report.call]
    while waiting:
        call = waiting.pop()
        yield call
        waiting.extend(reversed(call.calls))


def group_totals(report: GasReport) -> tuple[GroupTotal, ...]:
    """Every part of the transaction and of all its calls, added up by group.

    A stipend is gas that a callee has and its caller does not pay, so the groups add
    up to the gas used only after subtracting stipends, a part of "value".
    """
    sums: dict[tuple[str, str], list[int]] = {}
    for part in _all_parts(report):
        total = sums.setdefault((part.group, part.name), [0, 0])
        total[0] += part.count
        total[1] += part.units
    groups: dict[str, list[Part]] = {}
    for (group, name), (count, units) in sums.items():
        groups.setdefault(group, []).append(Part(group, name, count, units))
    ranks = {group: rank for rank, group in enumerate(GROUPS)}
    return tuple(
        GroupTotal(group, costly_first(groups[group]), _units_of(groups[group]))
        for group in sorted(groups, key=lambda group: ranks.get(group, len(ranks)))
    )


def _all_parts(report: GasReport) -> Iterator[Part]:
    yield from report.parts
    for call in every_call(report):
        yield from call.parts
        stipends = [sub_call.stipend_units for sub_call in call.calls]
        if any(stipends):
            given = sum(1 for units in stipends if units)
            yield Part("value", STIPENDS, given, -sum(stipends))


def costly_first(parts: Iterable[Part]) -> tuple[Part, ...]:
    """Parts by their cost, the highest first; what was given back comes last."""
    return tuple(sorted(parts, key=lambda part: (-part.units, part.name)))


def _units_of(parts: Iterable[Part]) -> int:
    return sum(part.units for part in parts)


@dataclass(frozen=True, slots=True)
class ContractFunction:
    """A func of one contract, over all calls of that contract."""

    contract: bytes
    cost: FunctionCost


def function_totals(report: GasReport) -> tuple[ContractFunction, ...]:
    """The funcs of every contract that ran, the highest inclusive cost first.

    If a contract is called again below itself, the inner call's units are already in
    the inclusive units of the funcs above it.
    """
    sums: dict[tuple[bytes, int], FunctionCost] = {}
    waiting: list[tuple[CallReport, frozenset[bytes]]] = [(report.call, frozenset())]
    while waiting:
        call, above = waiting.pop()
        is_inside = call.code_address in above
        for cost in call.functions:
            key = (call.code_address, cost.func_index)
            sums[key] = _add_function(sums.get(key), cost, is_inside)
        below = above | {call.code_address}
        waiting.extend((sub_call, below) for sub_call in reversed(call.calls))
    listed = [ContractFunction(key[0], cost) for key, cost in sums.items()]
    return tuple(
        sorted(
            listed,
            key=lambda entry: (
                -entry.cost.inclusive_units,
                entry.contract,
                entry.cost.func_index,
            ),
        )
    )


def _add_function(
    total: FunctionCost | None, cost: FunctionCost, is_inside: bool
) -> FunctionCost:
    inclusive = 0 if is_inside else cost.inclusive_units
    calls, own = cost.calls, cost.own_units
    if total is not None:
        calls += total.calls
        own += total.own_units
        inclusive += total.inclusive_units
    return FunctionCost(cost.func_index, cost.name, calls, own, inclusive)


def line_totals(report: GasReport) -> tuple[LineCost, ...]:
    """Source lines over all calls, the most expensive first."""
    sums: dict[tuple[str, int], list[int]] = {}
    for call in every_call(report):
        for line in call.lines:
            total = sums.setdefault((line.file, line.line), [0, 0])
            total[0] += line.executions
            total[1] += line.units
    listed = [LineCost(*place, *counted) for place, counted in sums.items()]
    return tuple(sorted(listed, key=lambda line: (-line.units, line.file, line.line)))


def used_units(report: GasReport) -> int:
    """What the transaction pays, in units: the sum of all groups."""
    return report.gas_used * report.units_per_gas
