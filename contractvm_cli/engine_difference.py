"""A difference between two engines: side by side, and in a file that reproduces it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from contractvm_cli.failures import (
    EXIT_FAILED,
    describe_os_error,
    record_done,
    say_error,
)
from contractvm_cli.output import print_json


def report_difference(
    results: Mapping[str, Mapping[str, Any]],
    message: str,
    path: Path,
    reproduction: Mapping[str, Any],
    verb: str,
) -> None:
    """Show both results, write the file for `contractvm VERB`, and exit with 1."""
    failure = None
    try:
        path.write_text(json.dumps(reproduction, indent=2) + "\n")
        record_done(f"{path} reproduces it: {message}")
    except OSError as error:
        failure = error
    if click.get_current_context().params.get("as_json"):
        name = str(path) if failure is None else None
        print_json({"difference": message, "results": results, "file": name})
    else:
        show_side_by_side(results)
    if failure is not None:
        say_error(f"{message}; its file: {describe_os_error(failure)}")
        raise click.exceptions.Exit(EXIT_FAILED)
    say_error(f"{message}; see it again: contractvm {verb} {path} --cross-check")
    raise click.exceptions.Exit(EXIT_FAILED)


def show_side_by_side(results: Mapping[str, Mapping[str, Any]]) -> None:
    """A column for each engine, and a mark where they differ."""
    from contractvm_cli.tables import TEXT, print_table  # noqa: PLC0415 (rarely needed)

    (here, first), (there, second) = results.items()
    print_table(
        {"": TEXT, here: TEXT, there: TEXT, " ": TEXT},
        [
            (key, shown(value), shown(second[key]), mark(value, second[key]))
            for key, value in first.items()
        ],
    )


def shown(value: object) -> object:
    """A cell of the table."""
    return "-" if value is None else value


def mark(here: object, there: object) -> str:
    """The mark after a row."""
    return "" if here == there else "differs"
