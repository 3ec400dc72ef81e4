"""`contractvm completion`."""

import click
from click.shell_completion import get_completion_class

from contractvm_cli.failures import CommandFailed
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_json

PROGRAM, VARIABLE = "contractvm", "_CONTRACTVM_COMPLETE"


@verb_command("completion", epilog=example("contractvm completion bash"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@json_option
def completion_command(shell: str, as_json: bool) -> None:
    """Print a script that completes verbs and options."""
    context = click.get_current_context().find_root()
    kind = get_completion_class(shell)
    if kind is None:
        raise CommandFailed(f"click has no completion for {shell}")
    script = kind(context.command, {}, PROGRAM, VARIABLE).source()
    if as_json:
        print_json({"shell": shell, "script": script})
    else:
        click.echo(script)
