"""`contractvm config`."""

import os
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct, structs

from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm_cli.names import alias_address
from contractvm_cli.options import DEFAULT_DATABASE, example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.settings import current_project, own_folder
from contractvm_cli.tables import TEXT, print_table
from gas_schedule.loader import DEFAULT_SCHEDULE

if TYPE_CHECKING:
    from contract_testing.project import Project

VARIABLES = {
    "chain": "CONTRACTVM_DB",
    "rpc": "CONTRACTVM_RPC_URL",
    "engine": "CONTRACTVM_ENGINE",
}
DEFAULTS: dict[str, Any] = {
    "chain": DEFAULT_DATABASE,
    "schedule": DEFAULT_SCHEDULE,
    "engine": DEFAULT_ENGINE,
    "cross-check": False,
    "sender": 0,
    "contracts.folder": "contracts",
    "gas.snapshot": ".gas-snapshot",
    "gas.tolerance": 0,
    "coverage.lcov": "lcov.info",
}


class Setting(Struct, frozen=True):
    """A value, and who said it."""

    key: str
    value: Any
    origin: str


@verb_command("config", epilog=example("contractvm config", "contractvm config --json"))
@json_option
def config_command(as_json: bool) -> None:
    """Show what is set, and where it was said.

    An option comes first, then the environment, then [tool.contractvm] of the nearest
    pyproject.toml that has it, then the default.
    """
    project = current_project()
    found = settings_of(project)
    if as_json:
        print_json(
            {
                "format": "contractvm-config",
                "version": 1,
                "project": None if project is None else str(project.path),
                "settings": [structs.asdict(one) for one in found],
            }
        )
        return
    where = "no project file" if project is None else str(project.path)
    click.echo(f"project  {where}")
    print_table(
        {"key": TEXT, "value": TEXT, "from": TEXT},
        [(one.key, shown(one.value), one.origin) for one in found],
    )


def settings_of(project: "Project | None") -> list[Setting]:
    """All settings, in the order of their keys."""
    said = {} if project is None else said_by(project)
    found = []
    for key in sorted({*DEFAULTS, *VARIABLES, *said}):
        variable = VARIABLES.get(key, "")
        if os.environ.get(variable):
            found.append(Setting(key, os.environ[variable], variable))
        elif key in said:
            found.append(said[key])
        elif key == "chain":
            found.append(Setting(key, str(own_folder() / "chain"), "default"))
        else:
            found.append(Setting(key, DEFAULTS.get(key), "default"))
    return found


def said_by(project: "Project") -> dict[str, Setting]:
    """What the project's file says, each with its line."""
    for name in project.settings.aliases:
        alias_address(name)  # or the error
    found = {}
    for path, value in flat(structs.asdict(project.settings), ()):
        key = tuple(part for part in path if part != "named")
        line = project.lines.get(key)
        if line is not None:
            name = ".".join(key)
            found[name] = Setting(name, value, f"{project.path.name}:{line}")
    return found


def flat(
    values: dict[str, Any], path: tuple[str, ...]
) -> "list[tuple[tuple[str, ...], Any]]":
    """Settings by their keys, those of tables within tables too."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, value in values.items():
        key = (*path, name.replace("_", "-") if path[:1] != ("aliases",) else name)
        inner = structs.asdict(value) if isinstance(value, Struct) else value
        if isinstance(inner, dict):
            found += flat(inner, key)
        else:
            found.append((key, list(inner) if isinstance(inner, tuple) else inner))
    return found


def shown(value: Any) -> str:
    """A value as TOML has it, nearly."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
