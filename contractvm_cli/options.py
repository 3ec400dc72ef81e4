"""Options that several verbs take, and the frame of their help."""

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import click

from contractvm.runtime.engine_selection import DEFAULT_ENGINE, ENGINES

DEFAULT_DATABASE = ".contractvm/chain"
DEFAULT_WAIT = 10
MAX_WAIT = 86_400
WAIT_KEY = "contractvm_cli.wait"

F = TypeVar("F", bound=Callable[..., object])
Command = Callable[..., None]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, for programs."
)

new_db_option = click.option(
    "--db",
    metavar="PATH",
    type=click.Path(path_type=Path),
    envvar="CONTRACTVM_DB",
    default=DEFAULT_DATABASE,
    show_default=True,
    show_envvar=True,
    help="The chain's database, a directory.",
)


def remember_wait(ctx: click.Context, _: click.Parameter, seconds: int) -> None:
    """Keep `--wait` for `lock_wait`: whatever opens the database needs it."""
    ctx.meta[WAIT_KEY] = seconds


def lock_wait() -> int:
    """How many seconds the running verb waits for another process's lock."""
    ctx = click.get_current_context(silent=True)
    return DEFAULT_WAIT if ctx is None else int(ctx.meta.get(WAIT_KEY, DEFAULT_WAIT))


wait_option = click.option(
    "--wait",
    metavar="SECONDS",
    type=click.IntRange(0, MAX_WAIT),
    default=DEFAULT_WAIT,
    show_default=True,
    expose_value=False,
    callback=remember_wait,
    help="How long to wait while another process has the database open.",
)


def db_option(command: F) -> F:
    """`--db` of a chain that is there, and `--wait` until it can be opened."""
    return new_db_option(wait_option(command))


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """The engine that runs contracts, and whether the other one checks it."""

    engine: str = DEFAULT_ENGINE
    cross_check: bool = False


def schedule_option(help_text: str, default: str | None) -> Callable[[F], F]:
    """`--schedule`: a released name or the path of a .toml file."""
    return click.option(
        "--schedule",
        metavar="NAME|PATH",
        default=default,
        show_default=default is not None,
        help=help_text,
    )


def gathered(
    kind: Callable[..., object], name: str, *decorators: Callable[..., Any]
) -> Callable[[Command], Command]:
    """Add options to a command, which gets their values as one `kind` called `name`."""

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def gather(**values: object) -> None:
            own = {field: values.pop(field) for field in fields}
            command(**values, **{name: kind(**own)})

        own_count = len(getattr(gather, "__click_params__", []))
        for decorator in reversed(decorators):
            decorator(gather)
        params = getattr(gather, "__click_params__", [])
        fields = [param.name for param in params[own_count:] if param.expose_value]
        return gather

    return decorate


engine_options = (
    click.option(
        "--engine",
        type=click.Choice(list(ENGINES)),
        envvar="CONTRACTVM_ENGINE",
        default=DEFAULT_ENGINE,
        show_default=True,
        show_envvar=True,
        help="The engine; results and gas are the same on both.",
    ),
    click.option(
        "--cross-check",
        is_flag=True,
        help="Run on both engines; stop at the first difference.",
    ),
)
gathered_engines = gathered(EngineOptions, "engines", *engine_options)


def example(*lines: str) -> str:
    """An epilog with examples of the verb."""
    return "\n".join(("\b", "Example:", *(f"  {line}" for line in lines)))


# Lets `-1` be an argument; refuse_unknown_options refuses what click then accepts.
NEGATIVE_NUMBERS = {"ignore_unknown_options": True}


def refuse_unknown_options(arguments: Sequence[str]) -> None:
    """Raise for arguments that look like options, except negative numbers."""
    for argument in arguments:
        if argument.startswith("-") and not re.match(r"-[\d]", argument):
            raise click.NoSuchOption(argument, ctx=click.get_current_context())
