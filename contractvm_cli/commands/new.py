"""`contractvm new`."""

from pathlib import Path

import click

from contract_testing.building.templates import HOSTS, SUFFIXES, new_project
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_json


@verb_command(
    "new",
    epilog=example(
        "contractvm new counter && cd counter && contractvm build && pytest",
        "contractvm new counter --host stylus --language rust",
    ),
)
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--language",
    type=click.Choice(list(SUFFIXES)),
    default="c",
    show_default=True,
    help="What the contract is written in.",
)
@click.option(
    "--host",
    type=click.Choice(HOSTS),
    default=HOSTS[0],
    show_default=True,
    help="The chain that it is for.",
)
@click.option("--name", help="The contract.  [default: the folder's name]")
@json_option
def new_command(
    folder: Path, language: str, host: str, name: str | None, as_json: bool
) -> None:
    """Begin a project: a counter with its tests, which pass.

    DIR must be empty or not there yet. Nothing is fetched, and no repository is made.
    """
    chosen = name or folder.resolve().name
    files = new_project(folder, chosen, language, host)
    if as_json:
        document = {"format": "contractvm-new", "version": 1, "folder": str(folder)}
        print_json({**document, "name": chosen, "files": list(files)})
        return
    for file in files:
        click.echo(folder / file)
    click.echo(f"next: cd {folder} && contractvm build && pytest")
