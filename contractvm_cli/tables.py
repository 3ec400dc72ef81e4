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
SECTION = ()
"""In the place of a row: what follows is apart from what was before."""


def print_table(columns: Mapping[str, Side], rows: Iterable[Sequence[object]]) -> None:
    """A table; `columns` maps each name to TEXT or NUMBER, set to the right.

    Names may differ by spaces at their ends alone, which are not shown. On a terminal
    that is too narrow each row is a list of facts: a hash or a time that is broken in
    the middle cannot be copied.
    """
    sections = [[on_one_line(str(cell)) for cell in row] for row in rows]
    cells = [row for row in sections if row]
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, (name, side) in enumerate(columns.items()):
        is_whole = side == NUMBER or not any(" " in row[index] for row in cells)
        table.add_column(name.strip(), justify=side, overflow="fold", no_wrap=is_whole)
    for row in sections:
        if row:
            table.add_row(*map(Text, row))
        else:
            table.add_section()
    console = _console()
    if _least_width(console, table) <= console.width:
        _print(console, table)
        return
    for number, row in enumerate(cells):
        if number > 0:
            click.echo()
        pairs = zip(columns, row, strict=True)
        print_facts({name: cell for name, cell in pairs if cell})


def print_items(*items: Tree | str) -> None:
    """Trees and lines of text, one below the other.

    A tree with a word that is wider than the terminal has long lines instead.
    """
    for item in items:
        console = _console()
        if isinstance(item, Tree) and _least_width(console, item) > console.width:
            console.width = FILE_WIDTH
        _print(console, Text(item) if isinstance(item, str) else item)


def _least_width(console: Console, item: Table | Tree) -> int:
    """How wide a terminal must be so that no word is broken."""
    unbounded = console.options.update(max_width=FILE_WIDTH)
    return Measurement.get(console, unbounded, item).minimum


def _print(console: Console, item: Table | Tree | Text) -> None:
    """Print without trailing spaces.

    Rich only renders: its own output would end the program if the reader is gone.
    """
    with console.capture() as capture:
        console.print(item, soft_wrap=isinstance(item, Text))
    click.echo("\n".join(line.rstrip() for line in capture.get().splitlines()))


def _console() -> Console:
    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = FILE_WIDTH
    return console
