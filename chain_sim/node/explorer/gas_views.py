"""The gas ledger of a transaction or a call, as a document and as a flame graph."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import to_builtins

from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.documents.documents import Document, address_text
from chain_sim.ethereum.gas_report.report_document import report_document
from chain_sim.ethereum.gas_report.report_stacks import (
    HOST_SUFFIX,
    FrameKind,
    Path,
    gas_stacks,
    root_frame,
)
from chain_sim.ethereum.gas_report.report_totals import (
    every_call,
    function_totals,
    group_totals,
    line_totals,
    used_units,
)
from chain_sim.ethereum.gas_report.report_tree import (
    FlameNode,
    charged_tree,
    costly_children,
)
from chain_sim.ethereum.primitives.arguments import HashLike
from chain_sim.ethereum.primitives.text import Address, format_data
from chain_sim.node.explorer.explorer import Explorer
from contractvm.analysis.findings import shortened
from contractvm.errors import ContractVmError
from contractvm.ledger.report import CallReport, GasReport

MAX_ROWS = 500
"""Rows of each table of a gas view."""

MAX_FRAMES = 4_000
"""Frames of a flame graph; the cheapest are left out."""

MAX_LEVELS = 120

MAX_REPORT_ROWS = 100_000
"""Parts, funcs, lines and stacks of a whole report."""


class ReportTooLong(ContractVmError):
    """A gas report with more rows than one answer may have."""

    def __init__(self, row_count: int) -> None:
        super().__init__(
            f"the gas report has {row_count} rows, more than {MAX_REPORT_ROWS}:"
            " `contractvm gas --json` writes it"
        )
        self.row_count = row_count


class Message(NamedTuple):
    """A call that is not made: its parties, data and limits; None for the defaults."""

    to: Address | None
    data: bytes
    sender: Address | None
    value: int
    gas_limit: int | None


def get_gas_report(explorer: Explorer, tx_hash: HashLike) -> Document:
    """A transaction's gas report in full, as `contractvm gas --json` prints it."""
    return whole_document(explorer.chain.gas.explain_transaction(tx_hash))


def get_call_gas_report(
    explorer: Explorer, message: Message, at: BlockName
) -> Document:
    """A call's gas report in full; the call is not made."""
    return whole_document(explain(explorer, message, at))


def get_gas(explorer: Explorer, tx_hash: HashLike) -> Document:
    """Where a transaction's gas went: flame graph, groups, funcs, lines, calls."""
    return gas_view(explorer.chain.gas.explain_transaction(tx_hash))


def get_call_gas(explorer: Explorer, message: Message, at: BlockName) -> Document:
    """Where a call's gas would go, in the form of `getGas`."""
    return gas_view(explain(explorer, message, at))


def explain(explorer: Explorer, message: Message, at: BlockName) -> GasReport:
    """The report of a call after a block."""
    return explorer.chain.gas.explain_call(
        message.to,
        message.data,
        sender=message.sender,
        value=message.value,
        gas_limit=message.gas_limit,
        at=at,
    )


def whole_document(report: GasReport) -> Document:
    """All of a report; raises ReportTooLong."""
    row_count = sum(map(row_count_of, every_call(report)))
    if row_count > MAX_REPORT_ROWS:
        raise ReportTooLong(row_count)
    return report_document(report)


def row_count_of(call: CallReport) -> int:
    """How many rows a call adds to the document."""
    lists = (call.parts, call.functions, call.lines, call.stacks)
    return 1 + sum(map(len, lists))


def gas_view(report: GasReport) -> Document:
    """A report for a page: amounts in units, the most expensive rows of each table."""
    functions, lines = function_totals(report), line_totals(report)
    calls, stacks = list(every_call(report)), gas_stacks(report)
    hosts = host_rows(stacks)
    return {
        "title": report.title,
        "schedule": report.schedule,
        "scheduleHash": format_data(report.schedule_hash),
        "unitsPerGas": report.units_per_gas,
        "gasLimit": report.gas_limit,
        "gasUsed": report.gas_used,
        "gasUsedUnits": used_units(report),
        "remainder": report.remainder,
        "modes": to_builtins(report.figures),
        "groups": [
            {
                "group": total.group,
                "units": total.units,
                "parts": to_builtins(total.parts[:MAX_ROWS]),
            }
            for total in group_totals(report)
        ],
        "hostCalls": hosts[:MAX_ROWS],
        "hostCallCount": len(hosts),
        "functions": [
            {
                "contract": address_text(entry.contract or None),
                "name": entry.cost.name,
                "calls": entry.cost.calls,
                "ownUnits": entry.cost.own_units,
                "inclusiveUnits": entry.cost.inclusive_units,
            }
            for entry in functions[:MAX_ROWS]
        ],
        "functionCount": len(functions),
        "lines": [
            {**to_builtins(line), "file": shortened(line.file)}
            for line in lines[:MAX_ROWS]
        ],
        "lineCount": len(lines),
        "hasLines": any(call.has_lines for call in calls),
        "calls": call_rows(report),
        "callCount": len(calls),
        "frames": frame_rows(charged_tree(root_frame(report), stacks)),
        "notes": [*report.notes, *(note for call in calls for note in call.notes)][
            :MAX_ROWS
        ],
    }


def call_rows(report: GasReport) -> list[Document]:
    """The first calls of a report, each with its depth below the transaction."""
    rows: list[Document] = []
    waiting = [(report.call, 0)]
    while waiting and len(rows) < MAX_ROWS:
        call, depth = waiting.pop()
        rows.append(
            {
                "depth": depth,
                "kind": call.kind,
                "from": address_text(call.sender or None),
                "to": address_text(call.code_address or None),
                "status": call.status.name.lower(),
                "error": call.error,
                "givenUnits": call.given_units,
                "usedUnits": call.used_units,
            }
        )
        waiting.extend((below, depth + 1) for below in reversed(call.calls))
    return rows


def host_rows(stacks: Mapping[Path, int]) -> list[Document]:
    """Host functions by their own gas, without that of calls made from them."""
    sums: dict[str, int] = {}
    for path, units in stacks.items():
        if path[-1].kind is FrameKind.HOST:
            name = path[-1].name.removesuffix(HOST_SUFFIX)
            sums[name] = sums.get(name, 0) + units
    costly = sorted(sums.items(), key=lambda entry: (-entry[1], entry[0]))
    return [{"name": name, "units": units} for name, units in costly]


def frame_rows(root: FlameNode) -> list[list[object]]:
    """The flame graph: `[level, kind, name, units]`, callers before callees.

    Callees of one frame are in the order of their cost. Only the MAX_FRAMES that cost
    most are there, and none above MAX_LEVELS.
    """
    costs = sorted((node.units for _, node in walk_tree(root, 0)), reverse=True)
    least = costs[MAX_FRAMES - 1] if len(costs) >= MAX_FRAMES else 1
    rows: list[list[object]] = []
    for level, node in walk_tree(root, least):
        if len(rows) < MAX_FRAMES:
            frame = node.frame
            rows.append([level, frame.kind.name.lower(), frame.name, node.units])
    return rows


def walk_tree(root: FlameNode, least: int) -> Iterator[tuple[int, FlameNode]]:
    """The nodes that cost at least so much, and their levels; callers first."""
    waiting = [(0, root)]
    while waiting:
        level, node = waiting.pop()
        if node.units < least or level >= MAX_LEVELS:
            continue
        yield level, node
        below = reversed(costly_children(node))
        waiting.extend((level + 1, child) for child in below)
