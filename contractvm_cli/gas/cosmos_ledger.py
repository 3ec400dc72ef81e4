"""The ledger of a transaction of a Cosmos chain, as text."""

from collections.abc import Iterable, Iterator

from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from chain_sim.cosmos.gas_ledger import GasNode
from contractvm.ledger.instance_report import InstanceReport
from contractvm_cli.failures import on_one_line
from contractvm_cli.gas.amounts import share_text
from contractvm_cli.gas.tables import cells, left_out, new_table
from contractvm_cli.tables import NUMBER, TEXT, print_items

TOP_ROWS, TOP_NODES = 10, 60
SHOWN_KEY_BYTES = 32


def print_ledger(root: GasNode, *, shows_all: bool) -> None:
    """The whole ledger; long tables are cut unless `shows_all`."""
    limit = None if shows_all else TOP_ROWS
    nodes = [node for node, _ in root.each()]
    print_items("", sdk_table(nodes, root.total_gas))
    print_items("", *node_tree(root, None if shows_all else TOP_NODES))
    for node in nodes:
        if node.instance is not None:
            print_items("", f"{node.name}, in CosmWasm gas")
            print_items(*instance_tables(node.instance, limit))


def sdk_table(nodes: Iterable[GasNode], total: int) -> Table:
    """SDK gas by what it was counted for."""
    sums: dict[str, int] = {}
    for node in nodes:
        for descriptor, gas in node.gas.items():
            sums[descriptor] = sums.get(descriptor, 0) + gas
    table = new_table({"SDK gas for": TEXT, "gas": NUMBER, "share": NUMBER})
    for descriptor, gas in sorted(sums.items(), key=lambda row: (-row[1], row[0])):
        table.add_row(*cells(descriptor, f"{gas:,}", share_text(gas, total)))
    table.add_section()
    table.add_row(*cells("total", f"{total:,}", share_text(total, total)))
    return table


def node_tree(root: GasNode, limit: int | None) -> Iterator[Tree | str]:
    """Messages, submessages, replies, queries and calls, each with its SDK gas."""
    trees: dict[int, Tree] = {}
    parents = {id(part): node for node, _ in root.each() for part in node.parts}
    count = 0
    for node, _ in root.each():
        count += 1
        if limit is not None and count > limit:
            continue
        parent = parents.get(id(node))
        if parent is None:
            trees[id(node)] = Tree(node_text(node), guide_style="dim")
        elif id(parent) in trees:
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
    if node.is_undone:
        text += "  (rolled back)"
    return Text(on_one_line(text))


def instance_tables(report: InstanceReport, limit: int | None) -> Iterator[Table | str]:
    """Where the gas of one call of a contract went: by part, func, line and key."""
    total = report.used_units
    yield parts_table(report)
    rows = [
        (cost.name, cost.calls, cost.own_units, cost.inclusive_units)
        for cost in report.functions
    ]
    table = new_table(
        {"func": TEXT, "calls": NUMBER, "own": NUMBER, "share": NUMBER}
        | {"inclusive": NUMBER}
    )
    for name, calls, own, inclusive in rows[:limit]:
        table.add_row(
            *cells(
                *(name, f"{calls:,}", f"{own:,}", share_text(own, total)),
                f"{inclusive:,}",
            )
        )
    yield table
    yield from left_out(len(rows) - len(rows[:limit]), "func", "funcs")
    if report.keys:
        yield keys_table(report, limit)
        beyond = len(report.keys) - len(report.keys[:limit])
        yield from left_out(beyond, "key", "keys")
    if report.lines:
        lines = sorted(report.lines, key=lambda line: -line.units)
        table = new_table({"line": TEXT, "instructions": NUMBER, "gas": NUMBER})
        for line in lines[:limit]:
            place = f"{line.file}:{line.line}"
            table.add_row(*cells(place, f"{line.executions:,}", f"{line.units:,}"))
        yield table
        yield from left_out(len(lines) - len(lines[:limit]), "line", "lines")


def parts_table(report: InstanceReport) -> Table:
    """Every part of a call; they add up to what it used."""
    total = report.used_units
    table = new_table(
        {"group": TEXT, "item": TEXT, "count": NUMBER, "gas": NUMBER, "share": NUMBER}
    )
    for part in report.parts:
        table.add_row(
            *cells(
                *(part.group, part.name, f"{part.count:,}" if part.count else ""),
                *(f"{part.units:,}", share_text(part.units, total)),
            )
        )
    table.add_section()
    table.add_row(*cells("total", "", "", f"{total:,}", share_text(total, total)))
    table.add_row(*cells("remainder", "", "", f"{report.remainder:,}", ""))
    return table


def keys_table(report: InstanceReport, limit: int | None) -> Table:
    """What each key of the contract's store cost, the highest first."""
    table = new_table({"key": TEXT, "for": TEXT, "count": NUMBER, "gas": NUMBER})
    ranked = sorted(report.keys, key=lambda cost: (-cost.units, cost.key, cost.name))
    for cost in ranked[:limit]:
        row = key_text(cost.key), cost.name, f"{cost.count:,}", f"{cost.units:,}"
        table.add_row(*cells(*row))
    return table


def key_text(key: bytes) -> str:
    """A key as text where all of it is readable, else in hexadecimal."""
    shown = key[:SHOWN_KEY_BYTES]
    more = "..." if len(key) > len(shown) else ""
    if shown.isascii() and shown.decode("ascii").isprintable():
        return shown.decode("ascii") + more
    return f"0x{shown.hex()}{more}"
