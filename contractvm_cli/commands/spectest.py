"""`contractvm spectest`."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import click

from contractvm.hosts.registry import load_checked
from contractvm.spec_scripts.conversion import find_converter, find_scripts
from contractvm.spec_scripts.runner import ScriptResult, run_script
from contractvm.spec_scripts.subjects import (
    InstrumentedSubject,
    PlainSubject,
    Subject,
    permissive_schedule,
)
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, on_one_line, say
from contractvm_cli.options import example, json_option, schedule_option, verb_command
from contractvm_cli.output import print_json_line
from contractvm_cli.progress import tracked


@verb_command(
    "spectest",
    epilog=example("contractvm spectest vectors/wasm-testsuite --instrumented"),
)
@click.argument(
    "paths", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="PATH..."
)
@click.option(
    "--instrumented",
    is_flag=True,
    help="Instrument every module first: nothing else may change.",
)
@schedule_option(
    "What instructions cost, with --instrumented; without it, one that prices all.",
    None,
)
@json_option
def spectest_command(
    paths: Sequence[Path], instrumented: bool, schedule: str | None, as_json: bool
) -> None:
    """Run official WebAssembly test scripts.

    PATH is a .wast file, or a folder with such files in it. Commands that need a
    proposal of WebAssembly 3.0 are skipped, with the reason. With --json, each line on
    stdout is one file's result, and the summary goes to stderr. Exit code 1 if a
    command failed. Needs wasm-tools: pip install 'contractvm-wasm[shrink]'.
    """
    if schedule is not None and not instrumented:
        raise click.UsageError("--schedule goes with --instrumented.")
    make_subject = choose_subject(instrumented, schedule)
    find_converter()
    scripts = find_scripts(list(paths))
    if not scripts:
        raise CommandFailed(f"no .wast file in {', '.join(map(str, paths))}")
    passed = failed = 0
    skipped: Counter[str] = Counter()
    for path, result in run_files(scripts, make_subject):
        passed += result.passed
        failed += len(result.failures)
        skipped += result.skipped
        show_result(path, result, as_json)
    if not as_json:
        for reason, count in skipped.most_common():
            click.echo(on_one_line(f"skipped {count}: {reason}"))
    summary = (
        f"{passed} passed, {failed} failed, {skipped.total()} skipped"
        f" of {passed + failed + skipped.total()} commands in {len(scripts)} files"
    )
    if as_json:
        say(summary)
    else:
        click.echo(summary)
    if failed:
        raise click.exceptions.Exit(EXIT_FAILED)


def choose_subject(instrumented: bool, schedule: str | None) -> Callable[[], Subject]:
    """A factory of the engine for each script."""
    if not instrumented:
        return PlainSubject
    costs = permissive_schedule() if schedule is None else load_checked(schedule)
    return lambda: InstrumentedSubject(costs)


def run_files(
    scripts: Sequence[Path], make_subject: Callable[[], Subject]
) -> Iterator[tuple[Path, ScriptResult]]:
    """The results of all files, in order, with a progress bar on a terminal."""
    for path in tracked(scripts, "scripts"):
        yield path, run_script(path, make_subject())


def show_result(path: Path, result: ScriptResult, as_json: bool) -> None:
    """Print one file's result as a line of JSON; its failures as lines of text."""
    for failure in result.failures:
        if as_json:
            say(f"FAILED {failure}")
        else:
            click.echo(on_one_line(f"FAILED {failure}"))
    if as_json:
        print_json_line(
            {
                "file": str(path),
                "passed": result.passed,
                "failed": len(result.failures),
                "skipped": result.skipped.total(),
                "skippedBecause": dict(result.skipped),
            }
        )
