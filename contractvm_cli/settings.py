"""What the project's file says, for the running verb."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from contract_testing.project import Project

PROJECT_KEY = "contractvm_cli.project"
OWN_FOLDER = ".contractvm"
DEFAULT_CHAIN = "chain"


def current_project() -> "Project | None":
    """The project of the working directory; None without one.

    Raises InvalidProject and OSError. It is read once for each run of a verb.
    """
    meta = click.get_current_context().meta
    if PROJECT_KEY not in meta:
        meta[PROJECT_KEY] = _read_project()
    found: Project | None = meta[PROJECT_KEY]
    return found


def _read_project() -> "Project | None":
    try:
        here = Path.cwd()
    except FileNotFoundError:
        return None  # the directory was removed
    folders = (here, *here.parents)
    if not any(os.path.isfile(folder.joinpath("pyproject.toml")) for folder in folders):
        return None
    from contract_testing.project import (  # noqa: PLC0415 (where there is a file)
        find_project,
    )

    return find_project(here)


def own_folder() -> Path:
    """The folder of the project's own files, relative where there is no project."""
    project = current_project()
    return Path(OWN_FOLDER) if project is None else project.root / OWN_FOLDER


def project_values() -> Iterator[tuple[str, Any]]:
    """What the project gives to options, by their names as parameters."""
    project = current_project()
    if project is None:
        return
    said = project.settings
    chain = project.root / (said.chain or f"{OWN_FOLDER}/{DEFAULT_CHAIN}")
    schedule = said.schedule
    if schedule is not None and schedule.endswith(".toml"):
        schedule = str(project.root / schedule)
    yield "db", str(chain)
    yield "rpc_url", said.rpc
    yield "schedule", schedule
    yield "engine", said.engine
    yield "cross_check", said.cross_check


def is_of_project(name: str) -> bool:
    """Whether the project gave the value of a parameter of the running verb."""
    source = click.get_current_context().get_parameter_source(name)
    return source is ParameterSource.DEFAULT_MAP


class ProjectOption(click.Option):
    """An option whose value the project may give, after the environment."""

    def consume_value(
        self, ctx: click.Context, opts: Any
    ) -> tuple[Any, ParameterSource]:
        """See click."""
        value, source = super().consume_value(ctx, opts)
        if source is ParameterSource.DEFAULT:
            with ctx.scope(cleanup=False):
                given = dict(project_values()).get(self.name or "")
            if given is not None and not self._is_replaced(ctx):
                return given, ParameterSource.DEFAULT_MAP
        return value, source

    def _is_replaced(self, ctx: click.Context) -> bool:
        """Whether a database was named, so that the project's node is not meant."""
        named = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
        return self.name == "rpc_url" and ctx.get_parameter_source("db") in named
