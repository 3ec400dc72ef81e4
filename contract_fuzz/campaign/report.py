"""The report of a campaign, as a document: the same wherever and however it was run.

The hash is over the document as canonical JSON. It includes neither times nor workers.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from chain_sim.ethereum.primitives.text import format_data
from contract_fuzz.campaign.coordinator import CampaignState, sorted_records
from contract_fuzz.cases.sequences import (
    Transactions,
    sequence_documents,
    sequence_name,
)
from contract_fuzz.judging.case_judge import SUCCESS
from contract_fuzz.judging.chunk_result import FoundFinding, OutcomeKey
from contract_fuzz.judging.gas_shape import Shape, fit_shape
from contract_fuzz.judging.parts import HostedCampaign, NamedFunction
from contract_fuzz.oracles.oracle import FindingKey

REPORT_FORMAT = "contractvm fuzz report 1"
LEAST_CALLS = 100

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Report:
    """The document, and its hash."""

    document: Document

    @property
    def hash(self) -> str:
        """SHA-256 over canonical JSON."""
        content = json.dumps(self.document, sort_keys=True, separators=(",", ":"))
        return sha256(content.encode()).hexdigest()


def make_report(
    campaign: HostedCampaign, state: CampaignState, corpus: Sequence[Transactions]
) -> Report:
    """The report of a campaign that began with `corpus`."""
    return Report(
        {
            "format": REPORT_FORMAT,
            "campaign": campaign_document(campaign, corpus),
            "firstCase": state.next_case - state.case_count,
            "cases": state.case_count,
            "transactions": state.transaction_count,
            "rounds": state.round,
            "coverage": {
                "edges": state.features.edge_count,
                "features": state.features.feature_count,
            },
            "corpus": [entry.name for entry in state.entries],
            "functions": function_documents(campaign.functions, state.outcomes),
            "unknownFunctions": list(state.unknown),
            "checks": dict(sorted(state.checks.items())),
            "findings": [
                finding_document(found, state.repeats[key])
                for key, found in in_order(state.findings)
            ],
            "gas": gas_document(campaign, state),
        }
    )


def in_order(
    findings: dict[FindingKey, FoundFinding],
) -> list[tuple[FindingKey, FoundFinding]]:
    """Findings by the case that had them first."""
    return sorted(findings.items(), key=lambda item: (item[1].case, item[0]))


def campaign_document(
    campaign: HostedCampaign, corpus: Sequence[Transactions]
) -> Document:
    """Everything that the rest depends on."""
    content = "".join(map(sequence_name, corpus))
    return {
        **campaign.document(),
        "corpus": sha256(content.encode()).hexdigest(),
    }


def finding_document(found: FoundFinding, repeats: int) -> Document:
    """A finding; `cases` are those that showed it."""
    finding = found.finding
    return {
        "kind": finding.kind,
        "name": finding.name,
        "place": finding.place,
        "facts": dict(finding.facts),
        "firstCase": found.case,
        "cases": repeats,
        "transactions": sequence_documents(finding.transactions),
    }


def function_documents(
    functions: Iterable[NamedFunction], outcomes: dict[OutcomeKey, int]
) -> list[Document]:
    """How the calls of each function ended; other call data comes last."""
    named = [(function.selector, function.signature) for function in functions]
    return [
        {
            "selector": format_data(selector) if selector else None,
            "signature": signature or None,
            "outcomes": {
                word: count
                for (key, word), count in sorted(outcomes.items())
                if key == selector
            },
        }
        for selector, signature in [*named, (b"", "")]
    ]


def never_succeeding(
    functions: Iterable[NamedFunction],
    outcomes: dict[OutcomeKey, int],
    unknown: Collection[str] = (),
) -> list[str]:
    """Functions called often enough that never succeeded: once, of those `unknown`."""
    return [
        function.signature
        for function in functions
        if not outcomes.get((function.selector, SUCCESS), 0)
        and sum(
            count for (key, _), count in outcomes.items() if key == function.selector
        )
        >= (1 if function.signature in unknown else LEAST_CALLS)
    ]


def shape_of(campaign: HostedCampaign, state: CampaignState) -> Shape | None:
    """How the function's greatest gas grows with the size parameter."""
    objective = campaign.objective
    if objective is None or objective.size is None:
        return None
    signature = objective.functions[0].signature
    return fit_shape(
        {
            size: record.gas
            for (function, size), record in state.records.items()
            if function == signature and size is not None
        }
    )


def gas_document(campaign: HostedCampaign, state: CampaignState) -> Document | None:
    """The most gas of each function, its witness, and the shape, if asked for."""
    if campaign.objective is None:
        return None
    shape = shape_of(campaign, state)
    return {
        "greatest": [
            {
                "function": record.function,
                "size": record.size,
                "gasUsed": record.gas,
                "case": record.case,
                "transactions": sequence_documents(record.transactions),
            }
            for record in sorted_records(state.records)
        ],
        "shape": None if shape is None else shape.document,
    }
