"""Tables of gas reports in the house's style."""

from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table
from rich.text import Text

from contractvm_cli.failures import on_one_line
from contractvm_cli.tables import Side


def left_out(count: int, one: str, many: str) -> Iterator[str]:
    """How much a table leaves out."""
    if count:
        yield f"and {count:,} {one if count == 1 else many} more, see --all"


def new_table(columns: dict[str, Side]) -> Table:
    """An empty table in the house's style."""
    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for name, side in columns.items():
        table.add_column(name.strip(), justify=side, overflow="fold")
    return table


def cells(*texts: str) -> Sequence[Text]:
    """Cells shown without markup."""
    return [Text(on_one_line(text)) for text in texts]
