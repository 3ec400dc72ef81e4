"""Results of a campaign as text: facts, tables, and commands for each finding."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chain_sim.ethereum.abi.functions import SELECTOR_BYTES, AbiFunction
from chain_sim.ethereum.documents.documents import address_text
from chain_sim.ethereum.primitives.text import format_data
from contract_fuzz.campaign.coordinator import CampaignState, sorted_records
from contract_fuzz.campaign.difference_reports import Explained
from contract_fuzz.campaign.report import Report, in_order, shape_of
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.oracles.oracle import INVARIANT, Finding, FindingKey
from contractvm_cli.fuzzing.starts import Start
from contractvm_cli.output import print_facts
from contractvm_cli.tables import NUMBER, TEXT, print_table

SHOWN_FINDINGS = 20


def show_report(
    campaign: Campaign, start: Start, state: CampaignState, report: Report
) -> None:
    """Facts, functions, gas and findings."""
    show_functions(report.document["functions"])
    show_gas(campaign, state)
    for number, (_, found) in enumerate(in_order(state.findings), start=1):
        if number > SHOWN_FINDINGS:
            print_facts({"": f"and {len(state.findings) - SHOWN_FINDINGS} more"})
            break
        show_finding(number, found.finding, campaign, start)
    print_facts(
        {
            "cases": f"{state.case_count:,}, {state.transaction_count:,} transactions",
            "coverage": f"{state.features.edge_count:,} edges,"
            f" {state.features.feature_count:,} features",
            "corpus": f"{len(state.entries):,} entries",
            "checked": [f"{name}: {count:,}" for name, count in state.checks.items()],
            "findings": f"{len(state.findings):,}",
            "report": report.hash,
        }
    )


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


def show_finding(
    number: int, finding: Finding, campaign: Campaign, start: Start
) -> None:
    """A finding, and the commands that reproduce it."""
    print_facts(
        {
            f"finding {number}": f"{finding.kind}: {finding.name}",
            "where": finding.place or None,
            "why": finding.story.splitlines() or None,
            "commands": list(finding_commands(finding, campaign, start)),
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


def finding_commands(
    finding: Finding, campaign: Campaign, start: Start
) -> Iterator[str]:
    """Commands that reproduce the finding on a new chain."""
    yield from start.commands
    for place, transaction in enumerate(finding.transactions):
        note = call_text(campaign, transaction)
        if transaction.seconds > 1:
            note += f"; {transaction.seconds} seconds after the block before"
        yield f"{send_command(transaction, start.options)}  # {place}: {note}"
    if finding.kind == INVARIANT:
        name = next(
            f"{invariant.name}()({','.join(invariant.result_texts)})"
            for invariant in campaign.invariants
            if invariant.signature == finding.name
        )
        contract = address_text(campaign.start.contracts[0])
        yield f"contractvm call {contract} '{name}' {start.options}"


def send_command(transaction: CaseTransaction, options: str) -> str:
    """`contractvm send` of exactly this transaction."""
    words = [
        f"contractvm send {address_text(transaction.to)}",
        f"--from {transaction.sender} --gas-limit {transaction.gas_limit}",
    ]
    if transaction.data:
        words.append(f"--data {format_data(transaction.data)}")
    if transaction.value:
        words.append(f"--value {transaction.value}")
    return " ".join([*words, options])


def call_text(campaign: Campaign, transaction: CaseTransaction) -> str:
    """`transfer(0x7099..., 5)`, or the number of bytes of data."""
    data = transaction.data
    for function in campaign.functions:
        if function.selector == data[:SELECTOR_BYTES]:
            values = function.decode(data)
            if values is not None:
                return f"{function.name}({', '.join(_shown(function, values))})"
    return f"{len(data)} bytes of call data"


def _shown(function: AbiFunction, values: Sequence[Any]) -> Iterator[str]:
    for param, value in zip(function.params, values, strict=True):
        text = format_data(value) if isinstance(value, bytes) else str(value)
        if len(text) > 68:
            text = f"{text[:60]}... ({len(text)} characters)"
        yield f"{param.name}={text}" if param.name else text
