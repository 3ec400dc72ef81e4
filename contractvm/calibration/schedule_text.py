"""A measured schedule as the text of its file, each number with its origin."""

from contractvm.calibration.host_costs import timed_calls
from contractvm.calibration.measuring import Measurements
from contractvm.calibration.pricing import (
    NANOSECONDS_PER_GAS,
    UNITS_PER_GAS,
    Price,
    carried_price,
    host_price,
    instruction_prices,
    local_price,
    page_price,
    segment_price,
    size_prices,
)
from contractvm.metering.prices import SLOTS
from gas_schedule.file_format import FORMAT, SIZED_BY_BYTE
from gas_schedule.schedule import GasSchedule, HostCost


def schedule_text(
    measured: Measurements, base: GasSchedule, name: str, machine: str
) -> str:
    """The file of the schedule `name`; costs that are not time come from `base`."""
    head = (
        f"# Measured on {machine}, engine {measured.engine}, {_seeds(measured)}:",
        f"# 10,000,000 gas are one second, a gas is {NANOSECONDS_PER_GAS} ns, a unit"
        " 0.01 ns. `fit`: least squares over",
        "# compiled and generated programs, in brackets where 8 of 10 resamplings lie.",
        "# A price is at least the named share of the worst context that was measured.",
        f"format = {FORMAT}  # of this file",
        f'interface = "{base.interface}"',
        f'name = "{name}"',
        'description = "instruction prices measured, so that gas is proportional to'
        ' time"',
        f"units_per_gas = {_number(UNITS_PER_GAS)}  # chosen: a unit is 0.01 ns",
        "",
        "[metering]",
        _line("memory_page", page_price(measured)),
        _line("local", local_price(measured)),
        _line("carried_value", carried_price(measured)),
        _line("element_segment", segment_price(measured)),
        "canonical_floats = 1  # floats run, and each NaN is the canonical one",
        "",
        "[instructions]",
        *_instruction_lines(measured),
        "",
        f"# Gas. `kept`: from {base.name}, since it is not for the time of one machine",
        "# but for what every node keeps or looks up.",
        *_host_lines(measured, base),
        *_kept_tables(base),
    )
    return "\n".join(head) + "\n"


def _seeds(measured: Measurements) -> str:
    if measured.repeats == 1:
        return f"seed {measured.seed}"
    last = measured.seed + measured.repeats - 1
    return f"medians over seeds {measured.seed} to {last}"


def _instruction_lines(measured: Measurements) -> list[str]:
    prices, sizes = instruction_prices(measured), size_prices(measured)
    lines = []
    for _slot, mnemonic in SLOTS:
        key = f'"{mnemonic}"' if set(mnemonic) & set(". ") else mnemonic
        price = prices[mnemonic]
        if mnemonic in sizes:
            rate = "per_byte" if mnemonic in SIZED_BY_BYTE else "per_element"
            size = sizes[mnemonic]
            lines.append(
                f"{key} = {{ base = {_number(price.amount)},"
                f" {rate} = {_number(size.amount)} }}  # base {price.origin};"
                f" {rate} {size.origin}"
            )
        else:
            lines.append(_line(key, price))
    return lines


def _host_line(
    measured: Measurements, base: GasSchedule, name: str, cost: HostCost
) -> str:
    word = ""
    per_word = cost.per_word
    timed = timed_calls(base)
    if name in timed.copies:
        per_word = max(1, round(measured.hosts["word"] / NANOSECONDS_PER_GAS))
        word = f"; a word measured {measured.hosts['word']:.1f} ns"
    if name in timed.arguments or name in timed.endings:
        price = host_price(measured, name)
    else:
        price = Price(cost.base, f"kept from {base.name}")
    extra = {"per_byte": cost.per_byte, "per_word": per_word, **cost.amounts}
    rates = "".join(f", {key} = {_number(gas)}" for key, gas in extra.items() if gas)
    value = _number(price.amount)
    shown = f"{{ base = {value}{rates} }}" if rates else value
    return f"{name} = {shown}  # {price.origin}{word}"


def _host_lines(measured: Measurements, base: GasSchedule) -> list[str]:
    lines = []
    for module, costs in base.host_costs.items():
        lines.append(f"[host.{module}]")
        lines += [_host_line(measured, base, *entry) for entry in costs.items()]
    return lines


def _kept_tables(base: GasSchedule) -> list[str]:
    lines = []
    for title, table in base.sections.items():
        lines += ["", f"[{title}]"]
        lines += [
            f"{key} = {_number(table.number(key))}  # kept from {base.name}"
            for key in table.keys
        ]
    return lines


def _line(key: str, price: Price) -> str:
    return f"{key} = {_number(price.amount)}  # {price.origin}"


def _number(amount: int) -> str:
    return f"{amount:,}".replace(",", "_")
