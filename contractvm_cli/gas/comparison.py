"""Two gas reports of one run, under two schedules, side by side."""

from math import lcm

from rich.table import Table

from chain_sim.ethereum.gas_report.report_document import Document, report_document
from chain_sim.ethereum.gas_report.report_totals import GROUPS, group_totals, used_units
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import GasReport
from contractvm_cli.gas.amounts import GasAmounts
from contractvm_cli.gas.tables import cells, new_table
from contractvm_cli.gas.terminal import MODES, status_text
from contractvm_cli.output import print_facts
from contractvm_cli.tables import NUMBER, TEXT, print_items

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
    print_items("", figures_table(before, after))
    print_items("", groups_table(before, after))
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


def figures_table(before: GasReport, after: GasReport) -> Table:
    """The gas by mode."""
    names = column_names(before, after)
    table = new_table({"mode": TEXT, **dict.fromkeys((*names, "difference"), NUMBER)})
    for mode in MODES:
        old, new = getattr(before.figures, mode), getattr(after.figures, mode)
        if old is not None and new is not None:
            table.add_row(*cells(mode, f"{old:,}", f"{new:,}", f"{new - old:+,}"))
    return table


def groups_table(before: GasReport, after: GasReport) -> Table:
    """The gas by group, and in total."""
    names = column_names(before, after)
    rows = group_rows(before, after)
    total = ("total", used_units(before), used_units(after))
    old_gas = GasAmounts(before.units_per_gas, (row[1] for row in rows))
    new_gas = GasAmounts(after.units_per_gas, (row[2] for row in rows))
    common = lcm(before.units_per_gas, after.units_per_gas)
    gas = GasAmounts(common, (difference(before, after, row) for row in rows))
    table = new_table({"group": TEXT, **dict.fromkeys((*names, "difference"), NUMBER)})
    for row in (*rows, total):
        if row is total:
            table.add_section()
        change = difference(before, after, row)
        sign = "+" if change >= 0 else ""
        table.add_row(
            *cells(row[0], old_gas(row[1]), new_gas(row[2]), sign + gas(change))
        )
    return table


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
