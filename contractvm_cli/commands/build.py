"""`contractvm build`."""

import subprocess
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from contract_testing.building.builds import (
    Built,
    NotBuilt,
    build_all,
    clean,
    stale_files,
    write_files,
)
from contract_testing.building.project import OUTPUT, Project, Source
from contract_testing.building.watching import changes
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, on_one_line, say_error
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.tables import NUMBER, TEXT, print_table

NO_SOURCES = (
    "no contracts in {}: a source is NAME.c, .zig, .rs, .ts or .wat with its ABI,"
    " NAME.json, beside it"
)


@verb_command(
    "build",
    epilog=example("contractvm build", "contractvm build token --json"),
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--release/--debug",
    "is_release",
    default=True,
    help="Optimise for size, or not at all: code as the source has it."
    "  [default: release]",
)
@click.option(
    "--check", "is_check", is_flag=True, help="Fail if a built file is stale."
)
@click.option(
    "--watch", "is_watch", is_flag=True, help="Build again after each change."
)
@click.option("--test", "is_test", is_flag=True, help="With --watch: then run pytest.")
@click.option("--clean", "is_clean", is_flag=True, help="Remove the built files.")
@json_option
def build_command(  # noqa: PLR0913, PLR0917 (one for each option)
    names: tuple[str, ...],
    is_release: bool,
    is_check: bool,
    is_watch: bool,
    is_test: bool,
    is_clean: bool,
    as_json: bool,
) -> None:
    """Compile the project's contracts, or those with these NAMEs.

    A contract is a file in contracts/ with its ABI beside it: token.c with token.json.
    build/ gets the module NAME.wasm, NAME.debug.wasm with source lines,
    NAME.contractvm.json with code and ABI, and for C the header NAME_abi.h. What is up
    to date is left. --check writes nothing: exit code 1 if a file is not what would be
    written. Settings are in [tool.contractvm.contracts] of pyproject.toml.
    """
    if sum((is_check, is_watch, is_clean)) > 1 or (is_test and not is_watch):
        context = click.get_current_context()
        raise click.UsageError(
            "--check, --watch and --clean exclude each other; --test is for --watch.",
            context,
        )
    project = Project.find(Path.cwd(), is_debug=not is_release)
    if is_clean:
        removed = [shown_path(project, path) for path in clean(project)]
        if as_json:
            print_json({"format": "contractvm-build", "version": 1, "removed": removed})
        else:
            click.echo(
                "\n".join(f"removed {path}" for path in removed), nl=bool(removed)
            )
    elif is_watch:
        watch(project, names, is_test=is_test)
    elif not run(project, names, is_check=is_check, as_json=as_json):
        raise click.exceptions.Exit(EXIT_FAILED)


def run(
    project: Project, names: Sequence[str], *, is_check: bool, as_json: bool
) -> bool:
    """Build, and show it; whether all contracts are built, or up to date."""
    sources = wanted_sources(project, names)
    outcomes = list(build_all(project, sources, forced=is_check))
    stale: dict[str, tuple[str, ...]] = {}
    for outcome in outcomes:
        if isinstance(outcome, NotBuilt):
            continue
        if is_check:
            stale[outcome.source.name] = stale_files(project, outcome)
        else:
            write_files(project, outcome)
    if as_json:
        documents = [document_of(outcome, stale) for outcome in outcomes]
        print_json({"format": "contractvm-build", "version": 1, "contracts": documents})
    else:
        show(outcomes, is_check=is_check)
    for name, files in stale.items():
        for file in files:
            say_error(f"{OUTPUT}/{file} is stale: contractvm build {name}")
    return not any(stale.values()) and not any(
        isinstance(outcome, NotBuilt) for outcome in outcomes
    )


def wanted_sources(project: Project, names: Sequence[str]) -> tuple[Source, ...]:
    """The contracts with these names, all without any; raises CommandFailed."""
    sources = project.sources()
    if not sources:
        raise CommandFailed(NO_SOURCES.format(shown_path(project, project.folder)))
    known = [source.name for source in sources]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            told = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise CommandFailed(f"no contract {name!r}; {told}")
    return tuple(each for each in sources if not names or each.name in names)


def show(outcomes: Sequence[Built | NotBuilt], *, is_check: bool) -> None:
    """A table of what was built, and what compilers said on stderr."""
    rows = []
    for outcome in outcomes:
        if isinstance(outcome, NotBuilt):
            show_failure(outcome)
            continue
        gas = "" if outcome.deploy_gas is None else f"{outcome.deploy_gas:,}"
        state = f"{outcome.seconds:.2f} s" if outcome.is_new else "up to date"
        size = f"{len(outcome.module):,}"
        rows.append((outcome.source.name, size, gas, state, change_of(outcome)))
    if rows and not is_check:
        columns = {"contract": TEXT, "bytes": NUMBER, "deploy gas": NUMBER}
        print_table({**columns, "built": NUMBER, "change": NUMBER}, rows)


def show_failure(outcome: NotBuilt) -> None:
    """What the compiler said, line by line, then the error."""
    for line in outcome.error.output.splitlines():
        click.echo(on_one_line(line), err=True)
    say_error(f"{outcome.source.name}: {outcome.error}")


def change_of(built: Built) -> str:
    """How many bytes more or fewer the module has than the one before."""
    change = 0 if built.before is None else len(built.module) - built.before
    return f"{change:+,} bytes" if change else ""


def document_of(
    outcome: Built | NotBuilt, stale: dict[str, tuple[str, ...]]
) -> dict[str, Any]:
    """A contract's build as a document."""
    source = outcome.source
    document = {
        "name": source.name,
        "source": source.path.as_posix(),
        "host": source.host.name,
        "language": source.language.name,
        "mode": "debug" if source.is_debug else "release",
    }
    if isinstance(outcome, NotBuilt):
        error = {"text": str(outcome.error), "output": outcome.error.output}
        return {**document, "error": error}
    gas = outcome.deploy_gas
    return {
        **document,
        "bytes": len(outcome.module),
        "deployGas": None if gas is None else str(gas),
        "seconds": round(outcome.seconds, 3),
        "isUpToDate": not outcome.is_new,
        "stale": list(stale.get(source.name, ())),
        "error": None,
    }


def watch(project: Project, names: Sequence[str], *, is_test: bool) -> None:
    """Build after each change, until an interrupt; errors do not end it."""
    try:
        for _ in changes(project):
            try:
                fresh = Project.find(project.root, is_debug=project.is_debug)
                is_built = run(fresh, names, is_check=False, as_json=False)
            except (CommandFailed, OSError) as error:
                say_error(str(error))
                continue
            if is_built and is_test:
                command = [sys.executable, "-m", "pytest", "-q"]
                subprocess.run(command, cwd=project.root, check=False)
    except KeyboardInterrupt:
        click.echo()


def shown_path(project: Project, path: Path) -> str:
    """A path below the project's folder."""
    is_below = path.is_relative_to(project.root)
    return str(path.relative_to(project.root) if is_below else path)
