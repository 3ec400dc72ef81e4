"""A gas report as text: figures, tables that add up, and the tree of calls."""

from collections.abc import Iterator, Sequence

from rich.text import Text
from rich.tree import Tree

from chain_sim.ethereum.documents.documents import address_text
from chain_sim.ethereum.gas_report.report_stacks import message_name, short_address
from chain_sim.ethereum.gas_report.report_totals import (
    GroupTotal,
    every_call,
    function_totals,
    group_totals,
    line_totals,
    used_units,
)
from chain_sim.ethereum.primitives.text import format_data
from contractvm.hosts.evm.interface import CallStatus
from contractvm.ledger.report import CallReport, GasReport
from contractvm_cli.failures import on_one_line
from contractvm_cli.gas.amounts import GasAmounts, left_out, share_text
from contractvm_cli.gas.state_tables import print_keys, print_starts
from contractvm_cli.output import print_facts
from contractvm_cli.tables import (
    NUMBER,
    SECTION,
    TEXT,
    Side,
    print_items,
    print_table,
)

MODES = {
    "tx": "what the transaction pays",
    "call": "its message alone, without the costs around it",
    "net": "the message without the calls it made",
    "required": "the smallest gas limit with which it succeeds",
}
TOP_PARTS, TOP_ROWS, TOP_CALLS = 12, 10, 40
PARTS_COLUMNS: dict[str, Side] = {
    "group": TEXT,
    "item": TEXT,
    "count": NUMBER,
    "gas": NUMBER,
    "share": NUMBER,
}
FUNCTIONS_COLUMNS: dict[str, Side] = {
    "func": TEXT,
    "calls": NUMBER,
    "own": NUMBER,
    "share": NUMBER,
    "inclusive": NUMBER,
    "share ": NUMBER,
}
LINES_COLUMNS: dict[str, Side] = {
    "line": TEXT,
    "instructions": NUMBER,
    "gas": NUMBER,
    "share": NUMBER,
}


def print_report(
    report: GasReport,
    *,
    with_lines: bool,
    shows_all: bool,
    with_keys: bool = False,
) -> None:
    """The whole report; long tables are cut unless `shows_all`."""
    limit = None if shows_all else TOP_ROWS
    print_header(report)
    print_items("")
    print_parts(report, None if shows_all else TOP_PARTS)
    if any(call.start_prices for call in every_call(report)):
        print_items("")
        print_starts(report)
    if function_totals(report):
        print_items("")
        print_functions(report, limit)
    if report.call.calls:
        print_items("", *calls_tree(report, None if shows_all else TOP_CALLS))
    if with_lines:
        print_items("")
        print_lines(report, limit)
    if with_keys:
        print_items("")
        print_keys(report, limit)
    notes = list(report.notes)
    for call in every_call(report):
        notes += call.notes
    if notes:
        print_items("", *[f"note: {note}" for note in dict.fromkeys(notes)])


def print_header(report: GasReport) -> None:
    """What was run, how it ended, the figures by mode, and the schedule."""
    print_facts(
        {
            "gas of": report.title,
            "status": status_text(report.call),
            "schedule": f"{report.schedule} {format_data(report.schedule_hash)}",
            "units": units_text(report.units_per_gas),
            "gas limit": f"{report.gas_limit:,}",
        }
    )
    print_items("", *figure_lines(report))


def figure_lines(report: GasReport) -> Iterator[str]:
    """One line for each mode that has a figure."""
    figures = {
        mode: getattr(report.figures, mode)
        for mode in MODES
        if getattr(report.figures, mode) is not None
    }
    width = max(len(f"{gas:,}") for gas in figures.values())
    for mode, gas in figures.items():
        yield f"{mode:<8}  {gas:>{width},} gas  {MODES[mode]}"


def units_text(units_per_gas: int) -> str:
    """How units relate to gas."""
    return "gas" if units_per_gas == 1 else f"{units_per_gas:,} are one gas"


def status_text(call: CallReport) -> str:
    """How a call ended."""
    if call.status is CallStatus.SUCCESS:
        return "success"
    return f"failed: {call.error}" if call.error else "reverted"


def print_parts(report: GasReport, limit: int | None) -> None:
    """Every part, by group with its sum; all groups add up to the total."""
    totals, total = group_totals(report), used_units(report)
    gas = GasAmounts(
        report.units_per_gas,
        (part.units for group in totals for part in group.parts),
    )
    rows: list[Sequence[str]] = []
    for group in totals:
        rows += (
            (*names, gas(units), share_text(units, total))
            for *names, units in group_rows(group, limit)
        )
        rows.append(SECTION)
    explained = sum(group.units for group in totals)
    rows += (
        ("total", "", "", gas(explained), share_text(explained, total)),
        ("remainder", "", "", gas(total - explained), ""),
    )
    print_table(PARTS_COLUMNS, rows)


def group_rows(
    group: GroupTotal, limit: int | None
) -> Iterator[tuple[str, str, str, int]]:
    """The rows of one group; those beyond `limit` share one row."""
    shown = group.parts if limit is None else group.parts[:limit]
    name = group.group
    for part in shown:
        yield name, part.name, f"{part.count:,}" if part.count else "", part.units
        name = ""
    rest = group.parts[len(shown) :]
    if rest:
        units = sum(part.units for part in rest)
        yield "", f"{len(rest)} more, see --all", "", units
    if len(group.parts) > 1:
        yield "", "= subtotal", "", group.units


def print_functions(report: GasReport, limit: int | None) -> None:
    """Wasm funcs: own gas including host calls, inclusive gas including callees."""
    functions, total = function_totals(report), used_units(report)
    shown = functions[:limit]
    gas = GasAmounts(
        report.units_per_gas,
        (
            units
            for entry in shown
            for units in (entry.cost.own_units, entry.cost.inclusive_units)
        ),
    )
    has_contracts = len({entry.contract for entry in functions}) > 1
    columns: dict[str, Side] = {"contract": TEXT} if has_contracts else {}
    print_table(
        columns | FUNCTIONS_COLUMNS,
        [
            (
                *((short_address(entry.contract),) if has_contracts else ()),
                entry.cost.name,
                f"{entry.cost.calls:,}",
                gas(entry.cost.own_units),
                share_text(entry.cost.own_units, total),
                gas(entry.cost.inclusive_units),
                share_text(entry.cost.inclusive_units, total),
            )
            for entry in shown
        ],
    )
    print_items(*left_out(len(functions) - len(shown), "func", "funcs"))


def calls_tree(report: GasReport, limit: int | None) -> Iterator[Tree | str]:
    """The message calls: what each used, and how much of that was its own.

    Calls are drawn in the order in which they began, so a cut leaves out the last.
    """
    calls = list(every_call(report))
    gas = GasAmounts(
        report.units_per_gas,
        (
            units
            for call in calls
            for units in (call.used_units, net_units(call), call.stipend_units)
        ),
    )
    root = Tree(call_text(report.call, gas), guide_style="dim")
    waiting = [(sub_call, root) for sub_call in reversed(report.call.calls)]
    shown = 1
    while waiting and (limit is None or shown < limit):
        call, parent = waiting.pop()
        shown += 1
        tree = parent.add(call_text(call, gas))
        waiting.extend((sub_call, tree) for sub_call in reversed(call.calls))
    yield root
    yield from left_out(len(calls) - shown, "call", "calls")


def call_text(call: CallReport, gas: GasAmounts) -> Text:
    """One call in the tree."""
    text = f"{message_name(call)}  used {gas(call.used_units)}"
    if call.calls:
        text += f", own {gas(net_units(call))}"
    if call.stipend_units:
        text += f", stipend {gas(call.stipend_units)}"
    if call.status is not CallStatus.SUCCESS:
        text += f"  {status_text(call)}"
    return Text(on_one_line(text))


def net_units(call: CallReport) -> int:
    """What a call used without its sub-calls."""
    return sum(part.units for part in call.parts)


def print_lines(report: GasReport, limit: int | None) -> None:
    """Source lines by the gas of the instructions that they became."""
    lines, total = line_totals(report), used_units(report)
    if not lines:
        print_items(f"no source lines: {why_no_lines(report)}")
        return
    shown = lines[:limit]
    gas = GasAmounts(report.units_per_gas, (line.units for line in lines))
    print_table(
        LINES_COLUMNS,
        [
            (
                f"{line.file}:{line.line}",
                f"{line.executions:,}",
                gas(line.units),
                share_text(line.units, total),
            )
            for line in shown
        ],
    )
    print_items(
        *left_out(len(lines) - len(shown), "line", "lines"), *partly_read(report)
    )


def why_no_lines(report: GasReport) -> str:
    """Why no instruction that ran has a line, and what to do if anything can be."""
    call = next((call for call in every_call(report) if call.has_lines), report.call)
    contract = (
        address_text(call.code_address) if call.code_address else "the constructor"
    )
    if call.has_lines:
        return f"no instruction that ran has one in the debug information of {contract}"
    fault = call.debug_fault
    found = "no debug information" if fault is None else f"no lines: {fault}"
    return (
        f"the code of {contract} has {found}; give a build that has, with"
        " --debug-module"
    )


def partly_read(report: GasReport) -> Iterator[str]:
    """Notes on contracts whose debug information cannot be read in full."""
    faults = {
        (address_text(call.code_address or None), call.debug_fault): None
        for call in every_call(report)
        if call.debug_fault is not None
    }
    for contract, fault in faults:
        yield f"note: debug information of {contract} is not read in full: {fault}"
