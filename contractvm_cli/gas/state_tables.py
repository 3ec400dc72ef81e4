"""Tables of what a program's start and the slots of its storage cost."""

from chain_sim.ethereum.gas_report.report_stacks import short_address
from chain_sim.ethereum.gas_report.report_totals import every_call, used_units
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import GasReport
from contractvm_cli.gas.amounts import GasAmounts, left_out, share_text
from contractvm_cli.tables import NUMBER, TEXT, Side, print_items, print_table

STARTS_COLUMNS: dict[str, Side] = {
    "start": TEXT,
    "paid": TEXT,
    "first": NUMBER,
    "repeated": NUMBER,
    "cached": NUMBER,
}
KEYS_COLUMNS: dict[str, Side] = {
    "slot": TEXT,
    "contract": TEXT,
    "for": TEXT,
    "count": NUMBER,
    "gas": NUMBER,
    "share": NUMBER,
}


def print_starts(report: GasReport) -> None:
    """What each program's start costs: first in a block, again in it, and cached."""
    gas = GasAmounts(report.units_per_gas, ())
    rows = []
    for call in every_call(report):
        prices = call.start_prices
        if prices is not None:
            found = prices.first, prices.repeated, prices.cached
            name = short_address(call.code_address)
            rows.append((name, prices.paid, *map(gas, found)))
    print_table(STARTS_COLUMNS, rows)


def print_keys(report: GasReport, limit: int | None) -> None:
    """What each slot cost, by contract and reason, the highest cost first."""
    sums: dict[tuple[bytes, bytes, str], tuple[int, int]] = {}
    for call in every_call(report):
        for cost in call.keys:
            place = call.recipient, cost.key, cost.name
            count, units = sums.get(place, (0, 0))
            sums[place] = count + cost.count, units + cost.units
    if not sums:
        print_items("no slots")
        return
    ranked = sorted(sums.items(), key=lambda row: (-row[1][1], row[0]))
    shown = ranked[:limit]
    gas = GasAmounts(report.units_per_gas, (units for _, (_, units) in shown))
    print_table(
        KEYS_COLUMNS,
        [
            (
                *(format_data(key), short_address(contract), name, f"{count:,}"),
                *(gas(units), share_text(units, used_units(report))),
            )
            for (contract, key, name), (count, units) in shown
        ],
    )
    print_items(*left_out(len(ranked) - len(shown), "slot", "slots"))
