"""`contractvm coverage report` and `merge`."""

from pathlib import Path

import click

from contract_testing.coverage.counts import (
    COVERAGE_FOLDER,
    AllCounts,
    MalformedCounts,
    read_counts,
    write_counts,
)
from contract_testing.coverage.html import write_html
from contract_testing.coverage.report import (
    FileCoverage,
    lcov_text,
    make_report,
    table_lines,
)
from contractvm_cli.failures import (
    EXIT_FAILED,
    CommandFailed,
    on_one_line,
    say,
    say_error,
)
from contractvm_cli.options import VerbGroup, example, json_option
from contractvm_cli.output import print_json

folders_argument = click.argument(
    "folders", nargs=-1, type=click.Path(path_type=Path), metavar="[FOLDER]..."
)


@click.group("coverage", cls=VerbGroup)
def coverage_command() -> None:
    """Show which lines of contracts tests and campaigns ran.

    `pytest --contract-coverage` and `contractvm fuzz --coverage` count; the counts are
    in .contractvm/coverage.
    """


@coverage_command.command(
    "report",
    epilog=example("contractvm coverage report --lcov lcov.info --fail-under 90"),
)
@folders_argument
@click.option(
    "--lcov", type=click.Path(path_type=Path), metavar="FILE", help="Write lcov's form."
)
@click.option(
    "--html",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Write pages with the sources.",
)
@click.option(
    "--fail-under",
    type=click.IntRange(0, 100),
    metavar="PCT",
    help="Fail if fewer per cent of the lines ran.",
)
@json_option
def report_command(
    folders: tuple[Path, ...],
    lcov: Path | None,
    html: Path | None,
    fail_under: int | None,
    as_json: bool,
) -> None:
    """Show the lines, branches and functions of each source that ran.

    Several FOLDERs are added up. Sources are looked for below the working directory.
    """
    counts, faults = counts_of(folders)
    root = Path.cwd()
    report = make_report(counts, root)
    if lcov is not None:
        lcov.write_text(lcov_text(report), encoding="utf-8")
    if html is not None:
        write_html(report, root, html)
    if as_json:
        print_json(
            {
                "format": "contractvm-coverage",
                "version": 1,
                "lines": {"hit": report.hit, "found": report.found},
                "files": {
                    path: {
                        "lines": {
                            str(line): count for line, count in file.lines.items()
                        },
                        "functions": {
                            name: count for name, (_, count) in file.functions.items()
                        },
                        **branches_document(file),
                    }
                    for path, file in sorted(report.files.items())
                },
                "missing": sorted(report.missing),
            }
        )
    else:
        for line in table_lines(report):
            click.echo(on_one_line(line))
    for fault in faults:
        say_error(str(fault))
    is_too_low = fail_under is not None and not report.reaches(fail_under)
    if is_too_low:
        say_error(f"{report.hit} of {report.found} lines ran, less than {fail_under} %")
    if faults or is_too_low:
        raise click.exceptions.Exit(EXIT_FAILED)


@coverage_command.command(
    "merge", epilog=example("contractvm coverage merge one two -o both")
)
@folders_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FOLDER",
    help="Write the sums there.",
)
@json_option
def merge_command(folders: tuple[Path, ...], output: Path, as_json: bool) -> None:
    """Add up the counts of several FOLDERs, in any order."""
    counts, faults = counts_of(folders)
    write_counts(output, "merged", counts)
    if as_json:
        print_json({"folder": str(output), "modules": len(counts)})
    else:
        say(f"wrote {output}: counts of {len(counts)} modules")
    for fault in faults:
        say_error(str(fault))
    if faults:
        raise click.exceptions.Exit(EXIT_FAILED)


def counts_of(folders: tuple[Path, ...]) -> tuple[AllCounts, list[MalformedCounts]]:
    """The counts of folders, by default of the last run of pytest."""
    places = folders or (Path(COVERAGE_FOLDER),)
    counts, faults = read_counts(places)
    if not counts and not faults:
        names = ", ".join(map(str, places))
        raise CommandFailed(
            f"no counts in {names}: run pytest --contract-coverage, or contractvm fuzz"
            " --coverage"
        )
    return counts, faults


def branches_document(file: FileCoverage) -> dict[str, object]:
    """The branches by line, if edges were counted; null for what was never reached."""
    if not file.branches:
        return {}
    return {
        "branches": {
            str(line): [
                list(counts or [None] * edge_count) for edge_count, counts in edges
            ]
            for line, edges in sorted(file.branches.items())
        }
    }
