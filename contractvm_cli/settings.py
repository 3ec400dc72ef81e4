"""What the project's file says, for the running verb."""

import os
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
    """The project of the working directory; None without one, and outside of verbs.

    Raises InvalidProject and OSError. It is read once for each run of a verb.
    """
    context = click.get_current_context(silent=True)
    if context is None:
        return None
    meta = context.meta
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
    """The folder of the project's own files, from the working directory."""
    return in_project(current_project(), OWN_FOLDER)


def in_project(project: "Project | None", path: str) -> Path:
    """A path that is relative to the project's folder, from the working directory."""
    root = Path() if project is None else Path(os.path.relpath(project.root))
    return root.joinpath(path)


KEYS = {
    "db": "chain",
    "rpc_url": "rpc",
    "schedule": "schedule",
    "engine": "engine",
    "cross_check": "cross-check",
}
"""The keys of the project's table that give options their values, by parameter."""


def project_value(project: "Project", parameter: str) -> Any:
    """What a project gives to an option; None if it says nothing."""
    said = project.settings
    match parameter:
        case "db":
            path = said.chain or f"{OWN_FOLDER}/{DEFAULT_CHAIN}"
            return str(in_project(project, path))
        case "schedule" if said.schedule is not None:
            is_file = said.schedule.endswith(".toml")
            return str(in_project(project, said.schedule)) if is_file else said.schedule
        case "rpc_url":
            return said.rpc
    return getattr(said, parameter)


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
        is_free = source is ParameterSource.DEFAULT and not ctx.resilient_parsing
        if not is_free or self._is_replaced(ctx):
            return value, source
        with ctx.scope(cleanup=False):
            project = current_project()
        name = self.name or ""
        given = None if project is None else project_value(project, name)
        if project is None or given is None:
            return value, source
        try:
            self.type_cast_value(ctx, given)
        except click.BadParameter as error:
            raise project.invalid((KEYS[name],), error.message) from error
        return given, ParameterSource.DEFAULT_MAP

    def _is_replaced(self, ctx: click.Context) -> bool:
        """Whether a database was named, so that the project's node is not meant."""
        named = (ParameterSource.COMMANDLINE, ParameterSource.ENVIRONMENT)
        return self.name == "rpc_url" and ctx.get_parameter_source("db") in named
