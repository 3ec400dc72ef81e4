"""Results on stdout: one JSON document, or facts and tables for people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from contractvm_cli.failures import on_one_line

# Wider than any line: output that is not for a terminal is never wrapped.
FILE_WIDTH = 100_000

Side = Literal["left", "right"]
TEXT: Side = "left"
NUMBER: Side = "right"


def print_json(document: object) -> None:
    """One document; numbers are exact at any size."""
    click.echo(json.dumps(document, indent=2))


def print_json_line(document: object) -> None:
    """One document of many, on a line of its own."""
    click.echo(json.dumps(document))


def print_facts(facts: Mapping[str, object]) -> None:
    """One `name  value` a line; an empty name continues the fact before it.

    Lists have one value a line, None is left out.
    """
    rows = [
        (name if index == 0 else "", value)
        for name, content in facts.items()
        for index, value in enumerate(_values(content))
    ]
    width = max(map(len, facts), default=0)
    _print(
        *(
            Text.assemble((name.ljust(width), "bold"), "  ", on_one_line(str(value)))
            for name, value in rows
        )
    )


def print_table(columns: Mapping[str, Side], rows: Iterable[Sequence[object]]) -> None:
    """A table; `columns` maps each name to TEXT or NUMBER, set to the right."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, side in columns.items():
        table.add_column(name, justify=side, overflow="fold")
    for row in rows:
        table.add_row(*(Text(on_one_line(str(cell))) for cell in row))
    _print(table)


def print_items(*items: Table | Tree | Text | str) -> None:
    """Tables, trees and lines of text, one below the other."""
    _print(*(Text(item) if isinstance(item, str) else item for item in items))


def _values(content: object) -> Sequence[object]:
    if content is None:
        return ()
    if isinstance(content, list | tuple):
        return content
    return (content,)


def _print(*items: Table | Tree | Text) -> None:
    """Print without trailing spaces.

    Rich only renders: its own output would end the program if the reader is gone.
    """
    console = _console()
    with console.capture() as capture:
        for item in items:
            console.print(item, soft_wrap=isinstance(item, Text))
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = FILE_WIDTH
    return console
