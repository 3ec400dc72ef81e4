"""`contractvm check`."""

from collections import Counter
from pathlib import Path

import click

from contractvm.analysis.findings import CheckFinding, Severity
from contractvm.analysis.options import ANY, CheckOptions
from contractvm.analysis.report import DeterminismReport, Verdict, check_module
from contractvm.analysis.report_document import report_document
from contractvm.errors import MalformedModule
from contractvm.hosts.registry import (
    contract_hosts,
    find_host,
    host_names,
    host_of_module,
)
from contractvm.runtime.pipeline import profile_under
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.feature_rules import FloatRule
from contractvm_cli.failures import EXIT_FAILED
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.tables import TEXT, print_table
from gas_schedule.loader import DEFAULT_SCHEDULE, load_schedule

SCHEDULE = load_schedule(DEFAULT_SCHEDULE)
DEFAULT_PROFILE = SCHEDULE.interface
MAX_SHOWN = 100


@verb_command(
    "check",
    epilog=example(
        "contractvm check examples/token/token.wasm",
        "contractvm check area.wasm --profile any --floats canonical",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--profile",
    type=click.Choice([*host_names(), ANY.name]),
    help="The rules that the module runs under; any: only Wasm's.  [default: those of"
    f" the module's imports, else {DEFAULT_PROFILE}]",
)
@click.option(
    "--floats",
    type=click.Choice(["refused", "canonical", "permitted"]),
    help="How floats are handled; by default as in the profile under the default gas"
    " schedule, permitted under any.",
)
@click.option(
    "--all", "shows_all", is_flag=True, help="Show informational findings too."
)
@json_option
def check_command(
    file: Path,
    profile: str | None,
    floats: FloatRule | None,
    shows_all: bool,
    as_json: bool,
) -> None:
    """Report what could differ between engines.

    FILE is a .wasm or .wat module. It is read, not run. Each finding has its func, its
    source line if the module has debug information, and whether the profile or the
    instrumentation rules it out. Exit code 1 if any finding is open; 0 if all are
    closed, or if the profile refuses the module: the verdict says which.
    """
    code = read_module(file)
    if profile is None:
        profile = profile_of(code)
    found = ANY if profile == ANY.name else find_host(profile).profile
    if profile == DEFAULT_PROFILE:
        found = profile_under(found, SCHEDULE)
    # Without --floats, `any` permits floats: it has no rule for them.
    default = "permitted" if found is ANY else found.floats
    options = CheckOptions(found, floats or default)
    with naming_file(file):
        report = check_module(code, options)
    if as_json:
        print_json({"file": str(file), **report_document(report)})
    else:
        show_report(file, len(code), report, shows_all=shows_all)
    if report.verdict is Verdict.OPEN:
        raise click.exceptions.Exit(EXIT_FAILED)


def profile_of(code: bytes) -> str:
    """The host interface of the module's imports, else the default one."""
    try:
        module = decode_module(code)
    except MalformedModule:
        return DEFAULT_PROFILE  # the report says what is wrong
    return host_of_module(module, contract_hosts()) or DEFAULT_PROFILE


def show_report(
    file: Path, size: int, report: DeterminismReport, *, shows_all: bool
) -> None:
    """Print the verdict, a table of findings, and advice on the open ones."""
    options = report.options
    counts: Counter[Severity] = Counter()
    for finding in report.findings:
        counts[finding.severity] += finding.count
    print_facts(
        {
            "file": f"{file}, {size} bytes",
            "profile": f"{options.profile.name}, floats {options.floats}",
            "verdict": verdict_text(report),
            "findings": [
                f"{counts[severity]} {severity.value}"
                for severity in Severity
                if counts[severity]
            ],
            "not read": report.debug_fault
            and f"debug information: {report.debug_fault}",
        }
    )
    shown = [
        finding
        for finding in report.findings
        if shows_all or finding.severity is not Severity.INFORMATION
    ]
    most = len(shown) if shows_all else MAX_SHOWN
    show_findings(shown[:most])
    if len(shown) > most:
        click.echo(f"\n{len(shown) - most} more: --all shows them")
    advices = dict.fromkeys(finding.advice for finding in report.open_findings)
    if advices:
        click.echo()
        print_facts({"to do": list(advices)})


def show_findings(findings: list[CheckFinding]) -> None:
    """Print a table of findings, if there are any."""
    if not findings:
        return
    click.echo()
    columns = {"about": TEXT, "severity": TEXT, "where": TEXT, "what": TEXT}
    print_table(
        columns,
        [
            (
                finding.kind.value,
                finding.severity.value,
                finding.place.text,
                finding.text,
            )
            for finding in findings
        ],
    )


def verdict_text(report: DeterminismReport) -> str:
    """The verdict in a sentence."""
    match report.verdict:
        case Verdict.OPEN:
            count = report.open_count
            places = "1 place" if count == 1 else f"{count} places"
            return f"open: engines can differ at {places}"
        case Verdict.CLOSED:
            return "closed: nothing is left in which engines could differ"
        case Verdict.REFUSED:
            return f"refused, so it never runs: {report.refusal}"
