"""`contractvm bind`."""

from difflib import unified_diff
from itertools import islice
from pathlib import Path

import click

from chain_sim.cosmos.schema.documents import is_schema
from chain_sim.cosmos.schema.errors import InvalidSchema
from chain_sim.ethereum.abi.errors import InvalidAbi
from contract_testing.contracts.bind import bound_module
from contract_testing.cosmwasm.bind import bound_schema
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, say, say_error
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_json

MAX_LINES = 200


@verb_command(
    "bind",
    epilog=example(
        "contractvm bind token.json -o token.py",
        "contractvm bind token.json -o token.py --check",
        "contractvm bind schema/counter.json -o counter.py",
    ),
)
@click.argument("abi", type=click.Path(path_type=Path))
@click.option("--name", metavar="NAME", help="The class.  [default: the contract's]")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write there, not to stdout.",
)
@click.option(
    "--check", "is_check", is_flag=True, help="Write nothing; fail if FILE is stale."
)
@json_option
def bind_command(
    abi: Path, name: str | None, output: Path | None, is_check: bool, as_json: bool
) -> None:
    """Write a Python module with a typed class for an ABI or a schema.

    ABI is Solidity's JSON, the text of an interface, or a schema of CosmWasm: its file,
    or its folder. The module imports only contract_testing, and the same ABI gives the
    same bytes. With --check, exit code 1 and a difference if -o FILE is not what would
    be written.
    """
    if is_check and output is None:
        raise click.UsageError("--check needs -o FILE.", click.get_current_context())
    try:
        text = (bound_schema if is_schema(abi) else bound_module)(abi, name)
    except (InvalidAbi, InvalidSchema) as error:
        raise CommandFailed(str(error)) from error
    before = None
    if output is not None and output.exists():
        before = output.read_text(encoding="utf-8")
    if is_check:
        require_same(output, before, text)
    elif output is not None:
        output.write_text(text, encoding="utf-8")
        say(f"wrote {output}")
    if as_json:
        file = None if output is None else str(output)
        print_json({"file": file, "module": text, "isStale": before != text})
    elif output is None:
        click.echo(text, nl=False)


def require_same(output: Path | None, before: str | None, text: str) -> None:
    """End with exit code 1 and a difference unless the file is as it should be."""
    if before == text:
        return
    lines = unified_diff(
        (before or "").splitlines(), text.splitlines(), str(output), "now", lineterm=""
    )
    for line in islice(lines, MAX_LINES):
        click.echo(line)
    say_error(f"{output} is stale: write it again without --check")
    raise click.exceptions.Exit(EXIT_FAILED)
