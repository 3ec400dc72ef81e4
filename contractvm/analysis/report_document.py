"""A determinism report as a document."""

from typing import Any

from contractvm.analysis.findings import CodePlace
from contractvm.analysis.report import DeterminismReport


def report_document(report: DeterminismReport) -> dict[str, Any]:
    """The whole report as a document."""
    options = report.options
    return {
        "profile": options.profile.name,
        "floats": options.floats,
        "maxStackHeight": options.max_stack_height,
        "verdict": report.verdict.value,
        "refusal": report.refusal,
        "debugFault": report.debug_fault,
        "openCount": report.open_count,
        "findings": [
            {
                "kind": finding.kind.value,
                "severity": finding.severity.value,
                "place": place_document(finding.place),
                "text": finding.text,
                "advice": finding.advice,
                "count": finding.count,
                "cause": finding.cause and place_document(finding.cause),
            }
            for finding in report.findings
        ],
    }


def place_document(place: CodePlace) -> dict[str, Any]:
    """A place; null for what is unknown."""
    file, line = place.source_line or (None, None)
    return {
        "func": place.func_index,
        "name": place.func_name,
        "offset": place.offset,
        "instruction": place.instruction,
        "file": file,
        "line": line,
    }
