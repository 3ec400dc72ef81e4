"""Results on stdout: one JSON document, or facts for people."""

import json
from collections.abc import Mapping, Sequence

import click

from contractvm_cli.failures import on_one_line


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
    for line in fact_lines(facts):
        click.echo(line)


def fact_lines(facts: Mapping[str, object]) -> list[str]:
    """The lines of `print_facts`, with names in bold."""
    width = max(map(len, facts), default=0)
    rows = [
        (name if index == 0 else "", on_one_line(str(value)))
        for name, content in facts.items()
        for index, value in enumerate(_values(content))
    ]
    return [
        f"{click.style(name, bold=bool(name))}{' ' * (width - len(name))}  {value}"
        for name, value in rows
    ]


def _values(content: object) -> Sequence[object]:
    if content is None:
        return ()
    if isinstance(content, list | tuple):
        return content
    return (content,)
