"""`contractvm schedule diff`."""

import click

from chain_sim.ethereum.primitives.text import format_data
from contractvm.hosts.registry import load_checked
from contractvm_cli.failures import EXIT_FAILED
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.tables import NUMBER, TEXT, print_table
from gas_schedule.differences import PriceDifference, differences
from gas_schedule.schedule import GasSchedule

# All other sections are in gas.
IN_UNITS = ("schedule", "instructions")


@verb_command(
    "diff", epilog=example("contractvm schedule diff ewasm-hera ewasm-metered")
)
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="NEW")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if a number differs.")
@json_option
def diff_command(old: str, new: str, exit_code: bool, as_json: bool) -> None:
    """Show which numbers differ between two gas schedules, by section.

    OLD and NEW are names or paths of .toml files. Numbers are compared as written: if
    units_per_gas differs, the two schedules' units are not the same.
    """
    before, after = load_checked(old), load_checked(new)
    found = differences(before, after)
    if as_json:
        print_json(
            {
                "old": identity_of(before),
                "new": identity_of(after),
                "differences": [difference_document(entry) for entry in found],
            }
        )
    else:
        show_differences(before, after, found)
    if exit_code and found:
        raise click.exceptions.Exit(EXIT_FAILED)


def show_differences(
    old: GasSchedule, new: GasSchedule, found: tuple[PriceDifference, ...]
) -> None:
    """One table for each section that differs."""
    same_file = old.content_hash == new.content_hash
    verdict = "identical files" if same_file else "no number differs"
    print_facts(
        {
            "old": f"{old.name} {format_data(old.content_hash)}",
            "new": f"{new.name} {format_data(new.content_hash)}",
            "result": verdict if not found else f"{len(found)} numbers differ",
        }
    )
    for section in dict.fromkeys(entry.section for entry in found):
        rows = [
            (
                entry.key,
                entry.kind,
                "" if entry.old is None else entry.old,
                "" if entry.new is None else entry.new,
                entry.ratio or "",
            )
            for entry in found
            if entry.section == section
        ]
        if rows:
            print_table(
                {
                    f"{section}, {'units' if section in IN_UNITS else 'gas'}": TEXT,
                    "": TEXT,
                    "old": NUMBER,
                    "new": NUMBER,
                    "ratio": NUMBER,
                },
                rows,
            )


def identity_of(schedule: GasSchedule) -> dict[str, str]:
    """Name and hash."""
    return {
        "name": schedule.name,
        "contentHash": format_data(schedule.content_hash),
    }


def difference_document(entry: PriceDifference) -> dict[str, object]:
    """The ratio is text, exact to its three decimals; null if there is none."""
    return {
        "section": entry.section,
        "key": entry.key,
        "kind": entry.kind,
        "old": entry.old,
        "new": entry.new,
        "ratio": entry.ratio,
    }
