"""Two gas reports of one run, under two schedules, side by side."""

from math import lcm

from chain_sim.ethereum.gas_report.report_document import Document, report_document
from chain_sim.ethereum.gas_report.report_totals import GROUPS, group_totals, used_units
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import GasReport
from contractvm_cli.gas.amounts import GasAmounts
from contractvm_cli.gas.terminal import MODES, status_text
from contractvm_cli.output import print_facts
from contractvm_cli.tables import (
    NUMBER,
    SECTION,
    TEXT,
    Side,
    print_items,
    print_table,
)

# Group: units under the first schedule, and under the second.
Row = tuple[str, int, int]


def print_comparison(before: GasReport, after: GasReport) -> None:
    """The figures by mode, then gas by group, each under both and the difference."""
    print_facts(
        {
            "gas of": before.title,
            "status": both_texts(status_text(before.call), status_text(after.call)),
            "as run": f"{before.schedule} {format_data(before.schedule_hash)}",
            "repriced": f"{after.schedule} {format_data(after.schedule_hash)}",
        }
    )
    print_items("")
    print_figures(before, after)
    print_items("")
    print_groups(before, after)
    notes = dict.fromkeys((*before.notes, *after.notes))
    if notes:
        print_items("", *[f"note: {note}" for note in notes])


def both_texts(before: str, after: str) -> str:
    """One text if both are the same."""
    return before if before == after else f"{before}; repriced: {after}"


def column_names(before: GasReport, after: GasReport) -> tuple[str, str]:
    """The schedules' names, distinguished if equal."""
    if before.schedule == after.schedule:
        return f"{before.schedule} as run", f"{after.schedule} repriced"
    return before.schedule, after.schedule


def columns(first: str, before: GasReport, after: GasReport) -> dict[str, Side]:
    """What the rows are of, then a column for each schedule and one of differences."""
    return {
        first: TEXT,
        **dict.fromkeys((*column_names(before, after), "difference"), NUMBER),
    }


def print_figures(before: GasReport, after: GasReport) -> None:
    """The gas by mode."""
    figures = [
        (mode, getattr(before.figures, mode), getattr(after.figures, mode))
        for mode in MODES
    ]
    print_table(
        columns("mode", before, after),
        [
            (mode, f"{old:,}", f"{new:,}", f"{new - old:+,}")
            for mode, old, new in figures
            if old is not None and new is not None
        ],
    )


def print_groups(before: GasReport, after: GasReport) -> None:
    """The gas by group, and in total."""
    groups = group_rows(before, after)
    old_gas = GasAmounts(before.units_per_gas, (row[1] for row in groups))
    new_gas = GasAmounts(after.units_per_gas, (row[2] for row in groups))
    common = lcm(before.units_per_gas, after.units_per_gas)
    gas = GasAmounts(common, (difference(before, after, row) for row in groups))

    def cells(row: Row) -> tuple[str, ...]:
        change = difference(before, after, row)
        sign = "+" if change >= 0 else ""
        return row[0], old_gas(row[1]), new_gas(row[2]), sign + gas(change)

    total = ("total", used_units(before), used_units(after))
    print_table(
        columns("group", before, after), [*map(cells, groups), SECTION, cells(total)]
    )


def group_rows(before: GasReport, after: GasReport) -> list[Row]:
    """The groups of either report."""
    old = {total.group: total.units for total in group_totals(before)}
    new = {total.group: total.units for total in group_totals(after)}
    return [
        (group, old.get(group, 0), new.get(group, 0))
        for group in GROUPS
        if group in old or group in new
    ]


def difference(before: GasReport, after: GasReport, row: Row) -> int:
    """The difference in units that both schedules' units divide into."""
    common = lcm(before.units_per_gas, after.units_per_gas)
    old = row[1] * (common // before.units_per_gas)
    return row[2] * (common // after.units_per_gas) - old


def comparison_document(before: GasReport, after: GasReport) -> Document:
    """Both reports in full, and the difference of their figures."""
    return {
        "asRun": report_document(before),
        "repriced": report_document(after),
        "difference": {
            "modes": {
                mode: getattr(after.figures, mode) - getattr(before.figures, mode)
                for mode in ("tx", "call", "net")
            },
            "unitsPerGas": lcm(before.units_per_gas, after.units_per_gas),
            "groups": {
                row[0]: difference(before, after, row)
                for row in group_rows(before, after)
            },
        },
    }
