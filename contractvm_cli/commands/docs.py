"""`contractvm docs`."""

import webbrowser
from pathlib import Path

import click

from contractvm_cli.failures import CommandFailed
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_json

FIRST_PAGE = Path("docs", "index.html")
# In an installation, and in a clone.
FOLDERS = tuple(
    Path(__file__).resolve().parents[depth].joinpath("site") for depth in (1, 2)
)


@verb_command("docs", epilog=example("contractvm docs", "contractvm docs gas"))
@click.argument("page", required=False)
@click.option(
    "--path", "only_path", is_flag=True, help="Print where the page is, open nothing."
)
@json_option
def docs_command(page: str | None, only_path: bool, as_json: bool) -> None:
    """Open the documentation in a browser.

    PAGE is a page's name: gas, fuzzing, command-line. Nothing is fetched from the
    network.
    """
    found = find_page(page)
    if as_json:
        print_json({"path": str(found)})
    else:
        click.echo(found)
    if not only_path and not as_json:
        webbrowser.open(found.as_uri())


def find_page(name: str | None) -> Path:
    """The page's file; raises CommandFailed without the pages, or without this one."""
    site = next((one for one in FOLDERS if one.joinpath(FIRST_PAGE).is_file()), None)
    if site is None:
        raise CommandFailed(
            "the pages are not built: `make docs` in a clone of contractvm builds them;"
            " `contractvm VERB --help` works without"
        )
    first = site.joinpath(FIRST_PAGE)
    if name is None:
        return first
    pages = {one.stem: one for one in sorted(first.parent.glob("**/*.html"))}
    if name not in pages:
        raise CommandFailed(f"no page {name!r}: there are {', '.join(sorted(pages))}")
    return pages[name]
