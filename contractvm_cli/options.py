"""Options that several verbs take, and the frame of their help."""

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from contractvm.runtime.engine_selection import DEFAULT_ENGINE, ENGINES
from contractvm_cli.settings import ProjectOption

DEFAULT_DATABASE = ".contractvm/chain"
DEFAULT_WAIT = 10
MAX_WAIT = 86_400
WAIT_KEY = "contractvm_cli.wait"

NEGATIVE_NUMBER = re.compile(r"-[0-9]")

F = TypeVar("F", bound=Callable[..., object])
Command = Callable[..., None]

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document, for programs."
)

new_db_option = click.option(
    "--db",
    cls=ProjectOption,
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


class EngineOptions(Struct, frozen=True):
    """The engine that runs contracts, and whether the other one checks it."""

    engine: str = DEFAULT_ENGINE
    cross_check: bool = False


def schedule_option(
    help_text: str, default: str | None, kind: type[click.Option] = click.Option
) -> Callable[[F], F]:
    """`--schedule`: a released name or the path of a .toml file.

    It may be a `ProjectOption`.
    """
    return click.option(
        "--schedule",
        cls=kind,
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


engine_option = click.option(
    "--engine",
    cls=ProjectOption,
    type=click.Choice(list(ENGINES)),
    envvar="CONTRACTVM_ENGINE",
    default=DEFAULT_ENGINE,
    show_default=True,
    show_envvar=True,
    help="The engine; results and gas are the same on both.",
)
engine_options = (
    engine_option,
    click.option(
        "--cross-check/--no-cross-check",
        cls=ProjectOption,
        help="Run on both engines; stop at the first difference.",
    ),
)
gathered_engines = gathered(EngineOptions, "engines", *engine_options)


def example(*lines: str) -> str:
    """An epilog with examples of the verb."""
    return "\n".join(("\b", "Example:", *(f"  {line}" for line in lines)))


class VerbCommand(click.Command):
    """A command that takes negative numbers as arguments: `-1` is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """See click."""
        words = args[: args.index("--")] if "--" in args else args
        if any(map(NEGATIVE_NUMBER.match, words)):
            # Click then takes every unknown option as an argument.
            ctx.ignore_unknown_options = True
            self._refuse_unknown_options(ctx, words)
        return super().parse_args(ctx, args)

    def _refuse_unknown_options(self, ctx: click.Context, words: list[str]) -> None:
        known = set(ctx.help_option_names)
        for param in self.params:
            known.update(param.opts, param.secondary_opts)
        for word in words:
            name = word.partition("=")[0]
            is_option = len(word) > 1 and word[0] == "-"
            is_known = name in known or (word[1:2] != "-" and word[:2] in known)
            if is_option and not is_known and not NEGATIVE_NUMBER.match(word):
                raise click.NoSuchOption(name, ctx=ctx)


class VerbGroup(click.Group):
    """A group of such commands."""

    command_class = VerbCommand


verb_command = functools.partial(click.command, cls=VerbCommand)
