"""The ledger of a transaction of a Cosmos chain, as text."""

from collections.abc import Iterable, Iterator, Sequence

from rich.text import Text
from rich.tree import Tree

from chain_sim.cosmos.chain.transactions import TransactionOutcome
from chain_sim.cosmos.context import CallRecord
from chain_sim.cosmos.gas_ledger import GasNode
from contractvm.ledger.instance_report import InstanceReport
from contractvm_cli.failures import on_one_line
from contractvm_cli.gas.amounts import left_out, share_text
from contractvm_cli.gas.terminal import PARTS_COLUMNS
from contractvm_cli.tables import (
    NUMBER,
    SECTION,
    TEXT,
    Side,
    print_items,
    print_table,
)

TOP_ROWS, TOP_NODES = 10, 60
SHOWN_KEY_BYTES = 32
SHOWN_ANSWER = 80
CALLS_COLUMNS: dict[str, Side] = {
    "call": TEXT,
    "contract": TEXT,
    "CosmWasm gas": NUMBER,
    "external": NUMBER,
    "answer": TEXT,
}
SDK_COLUMNS: dict[str, Side] = {"SDK gas for": TEXT, "gas": NUMBER, "share": NUMBER}
FUNCTIONS_COLUMNS: dict[str, Side] = {
    "func": TEXT,
    "calls": NUMBER,
    "own": NUMBER,
    "share": NUMBER,
    "inclusive": NUMBER,
}
KEYS_COLUMNS: dict[str, Side] = {
    "key": TEXT,
    "for": TEXT,
    "count": NUMBER,
    "gas": NUMBER,
}
LINES_COLUMNS: dict[str, Side] = {
    "line": TEXT,
    "instructions": NUMBER,
    "gas": NUMBER,
}


def print_ledger(root: GasNode, limit: int | None = TOP_ROWS) -> None:
    """The whole ledger; tables are cut after `limit` rows."""
    nodes = [node for node, _ in root.each()]
    print_items("")
    print_sdk_gas(nodes, root.total_gas)
    print_items("", *node_tree(root, TOP_NODES))
    for node in nodes:
        if node.instance is not None:
            print_items("", f"{node.name}, in CosmWasm gas")
            print_instance(node.instance, limit)


def print_sdk_gas(nodes: Iterable[GasNode], total: int) -> None:
    """SDK gas by what it was counted for."""
    sums: dict[str, int] = {}
    for node in nodes:
        for descriptor, gas in node.gas.items():
            sums[descriptor] = sums.get(descriptor, 0) + gas
    rows: list[Sequence[str]] = [
        (descriptor, f"{gas:,}", share_text(gas, total))
        for descriptor, gas in sorted(sums.items(), key=lambda row: (-row[1], row[0]))
    ]
    rows += (SECTION, ("total", f"{total:,}", share_text(total, total)))
    print_table(SDK_COLUMNS, rows)


def node_tree(root: GasNode, limit: int) -> Iterator[Tree | str]:
    """Messages, submessages, replies, queries and calls, each with its SDK gas."""
    trees: dict[int, Tree] = {}
    parents = {id(part): node for node, _ in root.each() for part in node.parts}
    count = 0
    for node, _ in root.each():
        count += 1
        parent = parents.get(id(node))
        if count > limit:
            continue
        if parent is None:
            trees[id(node)] = Tree(node_text(node), guide_style="dim")
        else:
            trees[id(node)] = trees[id(parent)].add(node_text(node))
    yield trees[id(root)]
    yield from left_out(count - len(trees), "part", "parts")


def node_text(node: GasNode) -> Text:
    """One part in the tree."""
    text = f"{node.kind} {node.name}".strip() + f"  {node.total_gas:,}"
    if node.parts:
        text += f", own {node.own_gas:,}"
    if node.error is not None:
        text += f"  failed: {node.error}"
    if node.where is not None and node.where.summary:
        text += f" at {node.where.summary}"
    if node.is_undone:
        text += "  (rolled back)"
    return Text(on_one_line(text))


def print_instance(report: InstanceReport, limit: int | None) -> None:
    """Where the gas of one call of a contract went: by part, func, key and line."""
    total = report.used_units
    rows: list[Sequence[str]] = [
        (
            *(part.group, part.name, f"{part.count:,}" if part.count else ""),
            *(f"{part.units:,}", share_text(part.units, total)),
        )
        for part in report.parts
    ]
    rows += (
        SECTION,
        ("total", "", "", f"{total:,}", share_text(total, total)),
        ("remainder", "", "", f"{report.remainder:,}", ""),
    )
    print_table(PARTS_COLUMNS, rows)
    functions = [
        (
            *(cost.name, f"{cost.calls:,}", f"{cost.own_units:,}"),
            *(share_text(cost.own_units, total), f"{cost.inclusive_units:,}"),
        )
        for cost in report.functions
    ]
    keys = sorted(report.keys, key=lambda cost: (-cost.units, cost.key, cost.name))
    lines = sorted(report.lines, key=lambda line: (-line.units, line.file, line.line))
    print_rows(FUNCTIONS_COLUMNS, functions, limit, ("func", "funcs"))
    print_rows(
        KEYS_COLUMNS,
        [
            (key_text(cost.key), cost.name, f"{cost.count:,}", f"{cost.units:,}")
            for cost in keys
        ],
        limit,
        ("key", "keys"),
    )
    print_rows(
        LINES_COLUMNS,
        [
            (f"{line.file}:{line.line}", f"{line.executions:,}", f"{line.units:,}")
            for line in lines
        ],
        limit,
        ("line", "lines"),
    )


def print_calls(outcome: TransactionOutcome) -> None:
    """What a transaction did: the tree, each call of a contract, and the events."""
    print_items("", *node_tree(outcome.ledger(), TOP_NODES))
    rows = [
        (
            *(call.entry, call.contract),
            *(f"{call.gas_internal:,}", f"{call.gas_external:,}"),
            answer_text(call),
        )
        for call in outcome.calls
    ]
    print_rows(CALLS_COLUMNS, rows, TOP_NODES, ("call", "calls"))
    print_items("")
    for event in outcome.events:
        pairs = " ".join(f"{key}={value}" for key, value in event.attributes)
        print_items(on_one_line(f"{event.kind} {pairs}"))


def answer_text(call: CallRecord) -> str:
    """What a contract answered, or why it gave no answer, cut where it is long."""
    text = call.error or (call.output or b"").decode(errors="replace")
    more = "..." if len(text) > SHOWN_ANSWER else ""
    return on_one_line(text[:SHOWN_ANSWER] + more)


def print_rows(
    columns: dict[str, Side],
    rows: Sequence[Sequence[str]],
    limit: int | None,
    names: tuple[str, str],
) -> None:
    """A table of so many rows, and how many it leaves out; nothing if there is none."""
    if rows:
        print_items("")
        print_table(columns, rows[:limit])
        print_items(*left_out(len(rows) - len(rows[:limit]), *names))


def key_text(key: bytes) -> str:
    """A key as text where all of it is readable, else in hexadecimal."""
    shown = key[:SHOWN_KEY_BYTES]
    more = "..." if len(key) > len(shown) else ""
    if shown.isascii() and shown.decode("ascii").isprintable():
        return shown.decode("ascii") + more
    return f"0x{shown.hex()}{more}"
