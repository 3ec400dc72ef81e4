"""Tables and trees on stdout, as wide as the terminal or the file allows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import click
from rich import box
from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from contractvm_cli.failures import on_one_line
from contractvm_cli.output import print_facts

# Wider than any line: output that is not for a terminal is never wrapped.
FILE_WIDTH = 100_000

Side = Literal["left", "right"]
TEXT: Side = "left"
NUMBER: Side = "right"


def print_table(columns: Mapping[str, Side], rows: Iterable[Sequence[object]]) -> None:
    """A table; `columns` maps each name to TEXT or NUMBER, set to the right.

    On a terminal that is too narrow each row is a list of facts: a hash or a time that
    is broken in the middle cannot be copied.
    """
    cells = [[on_one_line(str(cell)) for cell in row] for row in rows]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, (name, side) in enumerate(columns.items()):
        has_spaces = any(" " in row[index] for row in cells)
        table.add_column(name, justify=side, overflow="fold", no_wrap=not has_spaces)
    for row in cells:
        table.add_row(*map(Text, row))
    console = _console()
    unbounded = console.options.update(max_width=FILE_WIDTH)
    if Measurement.get(console, unbounded, table).minimum <= console.width:
        _print(table)
        return
    for number, row in enumerate(cells):
        if number > 0:
            click.echo()
        pairs = zip(columns, row, strict=True)
        print_facts({name: cell for name, cell in pairs if cell})


def print_items(*items: Table | Tree | Text | str) -> None:
    """Tables, trees and lines of text, one below the other."""
    _print(*(Text(item) if isinstance(item, str) else item for item in items))


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
