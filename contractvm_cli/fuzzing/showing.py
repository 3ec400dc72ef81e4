"""Results of a campaign as text: facts, tables, and commands for each finding."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from contract_fuzz.campaign.coordinator import CampaignState, sorted_records
from contract_fuzz.campaign.difference_reports import Explained
from contract_fuzz.campaign.report import Report, in_order, shape_of
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.judging.chunk_result import CALLS
from contract_fuzz.oracles.oracle import Finding, FindingKey
from contractvm_cli.fuzzing.shown_calls import call_text
from contractvm_cli.fuzzing.targets import CallTarget, FuzzTarget
from contractvm_cli.output import print_facts
from contractvm_cli.tables import NUMBER, TEXT, print_table

SHOWN_FINDINGS = 20
SHOWN_ACTIVITIES = 8


def show_report(target: FuzzTarget, state: CampaignState, report: Report) -> None:
    """Facts, functions, gas and findings."""
    show_functions(report.document["functions"])
    if isinstance(target, CallTarget):
        show_gas(target.campaign, state)
    for number, (_, found) in enumerate(in_order(state.findings), start=1):
        if number > SHOWN_FINDINGS:
            print_facts({"": f"and {len(state.findings) - SHOWN_FINDINGS} more"})
            break
        show_finding(number, found.finding, target)
    print_facts(
        {
            "cases": f"{state.case_count:,}, {state.transaction_count:,} transactions",
            "coverage": f"{state.features.edge_count:,} edges,"
            f" {state.features.feature_count:,} features",
            "corpus": f"{len(state.entries):,} entries",
            "checked": list(checked_texts(state)),
            "time": list(time_texts(state)) or None,
            "findings": f"{len(state.findings):,}",
            "report": report.hash,
        }
    )


def checked_texts(state: CampaignState) -> Iterator[str]:
    """How many cases each oracle checked, and their share."""
    whole = max(state.case_count, 1)
    for name, count in state.checks.items():
        yield f"{name}: {count:,} cases, {100 * count / whole:.2g} %"


def time_documents(state: CampaignState) -> list[dict[str, Any]]:
    """The time of each activity in seconds, the longest first; of all workers."""
    ordered = sorted(state.seconds.items(), key=lambda item: -item[1])
    return [
        {"activity": kind, "name": name, "seconds": round(seconds, 3)}
        for (kind, name), seconds in ordered
    ]


def time_texts(state: CampaignState) -> Iterator[str]:
    """The activities that took longest, with their share of the measured time."""
    whole = sum(state.seconds.values())
    ordered = sorted(state.seconds.items(), key=lambda item: -item[1])
    for (kind, name), seconds in ordered[:SHOWN_ACTIVITIES]:
        named = "" if not name else f" {name}"
        if kind == CALLS:
            named = f" of {name}" if name else " with other data"
        yield f"{seconds:.2f} s, {100 * seconds / whole:.0f} %: {kind}{named}"


def show_functions(documents: Sequence[dict[str, Any]]) -> None:
    """How the calls of each function ended."""
    rows = [
        (
            document["signature"] or "other call data",
            outcomes.get("success", 0),
            outcomes.get("reverted", 0),
            sum(outcomes.values())
            - outcomes.get("success", 0)
            - outcomes.get("reverted", 0),
        )
        for document in documents
        if (outcomes := document["outcomes"]) or document["signature"]
    ]
    print_table(
        {"calls": TEXT, "success": NUMBER, "reverted": NUMBER, "failed": NUMBER}, rows
    )


def show_gas(campaign: Campaign, state: CampaignState) -> None:
    """The most gas of each function, and how it grows with the size."""
    if campaign.objective is None:
        return
    print_table(
        {"function": TEXT, "most gas": NUMBER, "call": TEXT},
        [
            (record.function, f"{record.gas:,}", call_text(campaign, last))
            for record in sorted_records(state.records)
            if record.size is None
            for last in record.transactions[-1:]
        ],
    )
    shape = shape_of(campaign, state)
    size = campaign.objective.size
    if shape is not None and size is not None:
        print_facts(
            {
                "gas by size": f"{shape.name} in {size.text}",
                "fitted": f"{shape.formula} (n = {size.text})",
                "sizes": f"{len(shape.points)}, explained"
                f" {100 * shape.explained.numerator // shape.explained.denominator} %",
            }
        )


def show_finding(number: int, finding: Finding, target: FuzzTarget) -> None:
    """A finding, and the commands that reproduce it."""
    print_facts(
        {
            f"finding {number}": f"{finding.kind}: {finding.name}",
            "where": finding.place or None,
            "why": finding.story.splitlines() or None,
            "note": target.note,
            "commands": list(target.commands(finding)),
        }
    )


def show_explained(explained: Mapping[FindingKey, Explained]) -> None:
    """Where each difference begins, and how small its module became."""
    for (_, name, _), found in explained.items():
        shrunk = found.shrunk
        facts: dict[str, Any] = {"difference": name}
        if found.divergence is not None:
            facts |= found.divergence.facts
        facts["module"] = f"{len(found.code):,} bytes" + (
            "" if shrunk is None else f", made smaller: {len(shrunk.code):,} bytes"
        )
        facts["notes"] = list(found.notes) or None
        print_facts(facts)
