"""Tables of what a program's start and the slots of its storage cost."""

from collections.abc import Iterator

from rich.table import Table

from chain_sim.ethereum.gas_report.report_stacks import short_address
from chain_sim.ethereum.gas_report.report_totals import every_call, used_units
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import GasReport
from contractvm_cli.gas.amounts import GasAmounts, share_text
from contractvm_cli.gas.tables import cells, left_out, new_table
from contractvm_cli.tables import NUMBER, TEXT


def starts_table(report: GasReport) -> Table:
    """What each program's start costs: first in a block, again in it, and cached."""
    gas = GasAmounts(report.units_per_gas, ())
    table = new_table(
        {"start": TEXT, "paid": TEXT, "first": NUMBER, "repeated": NUMBER}
        | {"cached": NUMBER}
    )
    for call in every_call(report):
        prices = call.start_prices
        if prices is not None:
            found = (prices.first, prices.repeated, prices.cached)
            name = short_address(call.code_address)
            table.add_row(*cells(name, prices.paid, *map(gas, found)))
    return table


def keys_table(report: GasReport, limit: int | None) -> Iterator[Table | str]:
    """What each slot cost, by contract and reason, the highest cost first."""
    sums: dict[tuple[bytes, bytes, str], tuple[int, int]] = {}
    for call in every_call(report):
        for cost in call.keys:
            place = call.recipient, cost.key, cost.name
            count, units = sums.get(place, (0, 0))
            sums[place] = count + cost.count, units + cost.units
    if not sums:
        yield "no slots"
        return
    rows = sorted(sums.items(), key=lambda row: (-row[1][1], row[0]))
    gas = GasAmounts(report.units_per_gas, (units for _, (_, units) in rows))
    table = new_table(
        {"slot": TEXT, "contract": TEXT, "for": TEXT, "count": NUMBER}
        | {"gas": NUMBER, "share": NUMBER}
    )
    for (contract, key, name), (count, units) in rows[:limit]:
        share = share_text(units, used_units(report))
        table.add_row(
            *cells(
                format_data(key),
                short_address(contract),
                name,
                f"{count:,}",
                gas(units),
                share,
            )
        )
    yield table
    shown = len(rows) if limit is None else limit
    yield from left_out(max(0, len(rows) - shown), "slot", "slots")
