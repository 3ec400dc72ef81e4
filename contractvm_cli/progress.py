"""Progress of long work, on a line of the terminal."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar

from contractvm.progress import Progress


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A progress line on stderr; nothing if that is not a terminal."""
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    is_shown = sys.stderr is not None and console.is_terminal
    with Bar(*columns, console=console, transient=True, disable=not is_shown) as bar:
        task = bar.add_task("", total=None)

        def show(phase: str, done: int, total: int | None) -> None:
            amount = f"{done}" if total is None else f"{done} of {total}"
            text = f"{phase}: {amount}"
            bar.update(task, description=text, completed=done, total=total)

        yield show


def tracked(paths: Sequence[Path], description: str) -> Iterator[Path]:
    """The paths, with a progress bar on a terminal."""
    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        yield from bar.track(paths, description=description)
