"""Contract objects in a notebook: one table, all text escaped, nothing that runs."""

from collections.abc import Sequence
from html import escape

from chain_sim.ethereum.primitives.text import format_data
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.descriptions import EventShape

MAX_ROWS, MAX_CELL, MAX_TRACE_CHARACTERS = 200, 300, 20_000


def contract_table(title: str, abi: AbiContent) -> str:
    """The functions, events and errors of a contract."""
    rows = [
        (function.shown, function.mutability, format_data(function.abi.selector))
        for function in abi.functions
    ]
    rows += [(event_text(event), "event", "") for event in abi.events]
    rows += [
        (error.signature, "error", format_data(error.abi.selector))
        for error in abi.errors
    ]
    return table(title, rows)


def receipt_table(title: str, facts: Sequence[tuple[str, str]], trace: str) -> str:
    """The facts and events of a receipt, and its trace, folded and perhaps cut."""
    shown = table(title, facts)
    kept = trace[:MAX_TRACE_CHARACTERS]
    cut = "" if kept == trace else "\n... cut"
    folded = (
        f"<details><summary>trace</summary><pre>{escape(kept)}{cut}</pre></details>"
    )
    return shown + folded


def table(title: str, rows: Sequence[tuple[str, ...]]) -> str:
    """Rows of text, at most 200; the rest is counted."""
    lines = [f"<table><caption>{escape(title)}</caption>"]
    for row in rows[:MAX_ROWS]:
        cells = "".join(f"<td>{escape(cell[:MAX_CELL])}</td>" for cell in row)
        lines.append(f"<tr>{cells}</tr>")
    if len(rows) > MAX_ROWS:
        lines.append(f"<tr><td>and {len(rows) - MAX_ROWS:,} more</td></tr>")
    return "\n".join([*lines, "</table>"])


def event_text(event: EventShape) -> str:
    """`Deposited(address indexed who, uint64 amount)`."""
    params = ", ".join(
        f"{shape.type.text}{' indexed' if is_topic else ''} {shape.name}".rstrip()
        for shape, is_topic in zip(event.inputs, event.indexed, strict=True)
    )
    return f"{event.name}({params})"
