"""Units by source line: the instructions of each line, how often and how much."""

from collections.abc import Callable

from contractvm.ledger.module_counts import ModuleCounts, SiteCounts
from contractvm.ledger.quantities import QuantityKind, unit_price
from contractvm.ledger.report import LineCost
from gas_schedule.schedule import GasSchedule

# From an offset in the content of the code section to file and line.
LineAt = Callable[[int], tuple[str, int] | None]


def line_costs(
    module: ModuleCounts, sites: SiteCounts, line_at: LineAt, schedule: GasSchedule
) -> tuple[LineCost, ...]:
    """The cost of each line's instructions, by file and line.

    Instructions without a known line are left out, and so are declared locals, which
    belong to a func.
    """
    executed: dict[tuple[str, int], int] = {}
    units: dict[tuple[str, int], int] = {}
    for offset, quantity, count in module.places(sites):
        line = line_at(offset)
        if line is None or not count:
            continue
        price = unit_price(quantity, schedule) * count
        units[line] = units.get(line, 0) + price
        if quantity.kind is QuantityKind.INSTRUCTION:
            executed[line] = executed.get(line, 0) + count
    return tuple(
        LineCost(file, number, executed.get((file, number), 0), units[file, number])
        for file, number in sorted(units)
    )
