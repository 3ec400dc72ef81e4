"""The determinism report of a module: every finding, and the verdict."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import chain

from contractvm.analysis.externs import find_externs
from contractvm.analysis.findings import CheckFinding, CodePlace, FindingKind, Severity
from contractvm.analysis.growth import find_growth
from contractvm.analysis.nan_bits import find_nan_bits
from contractvm.analysis.options import CheckOptions
from contractvm.analysis.places import ModulePlaces
from contractvm.analysis.proposals import proposal_finding
from contractvm.analysis.recursion import find_recursion
from contractvm.errors import ForbiddenProposal, RefusedModule, UnreadableProposal
from contractvm.runtime.module_source import ModuleSource, module_bytes
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.profile import check_module_bytes, check_sizes
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.arguments import as_kind

# Per kind and severity; more are only counted. A module may have one for two bytes.
MAX_LISTED = 10_000


class Verdict(Enum):
    """The verdict of a report."""

    OPEN = "open"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeterminismReport:
    """All findings, open ones first, otherwise in the order of the questions.

    `refusal` is why the profile refuses the module, None if it accepts it.
    `debug_fault` says which debug information cannot be read, None if all can.
    """

    options: CheckOptions
    findings: tuple[CheckFinding, ...]
    refusal: str | None
    debug_fault: str | None = None

    @property
    def open_findings(self) -> tuple[CheckFinding, ...]:
        """What can still differ between engines."""
        return tuple(
            finding for finding in self.findings if finding.severity is Severity.OPEN
        )

    @property
    def open_count(self) -> int:
        """The number of findings, including those that are not listed."""
        return sum(finding.count for finding in self.open_findings)

    @property
    def verdict(self) -> Verdict:
        """OPEN if any finding is; otherwise REFUSED if the module may not run."""
        if self.open_findings:
            return Verdict.OPEN
        return Verdict.CLOSED if self.refusal is None else Verdict.REFUSED


def check_module(code: ModuleSource, options: CheckOptions) -> DeterminismReport:
    """Report what in a module could differ between engines.

    `code` is what `module_bytes` takes; raises what it does.

    Raises MalformedModule for bytes that are neither a module nor one of a proposal
    that is known; InvalidModule for a module that breaks a rule of validation. A module
    above the profile's sizes is refused without further checks.
    """
    code, options = module_bytes(code), as_kind(options, "options", CheckOptions)
    try:
        check_module_bytes(code, options.profile)
        module = decode_module(code)
        check_sizes(module, options.profile.sizes)
        max_height = options.profile.sizes.max_operand_height
        operand_heights = validate_module(module, max_height).operand_heights
    except (UnreadableProposal, ForbiddenProposal) as fault:
        return DeterminismReport(options, (proposal_finding(fault),), str(fault))
    except RefusedModule as refusal:
        return DeterminismReport(options, (), str(refusal))
    places = ModulePlaces(module)
    findings = listed(
        chain(
            find_nan_bits(module, places, options),
            find_growth(module, places, options),
            find_recursion(module, operand_heights, places, options),
            find_externs(module, places, options),
        )
    )
    # A stable sort: open findings first, the rest as found.
    findings.sort(key=lambda finding: finding.severity is not Severity.OPEN)
    return DeterminismReport(
        options, tuple(findings), options.refusal(module), places.debug_fault
    )


def listed(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """The findings; of too many alike only the first, and one that counts the rest."""
    kept: list[CheckFinding] = []
    counts: Counter[tuple[FindingKind, Severity]] = Counter()
    advices: dict[tuple[FindingKind, Severity], str] = {}
    for finding in findings:
        key = finding.kind, finding.severity
        counts[key] += 1
        advices.setdefault(key, finding.advice)
        if counts[key] <= MAX_LISTED:
            kept.append(finding)
    for (kind, severity), count in counts.items():
        more = count - MAX_LISTED
        if more > 0:
            text = f"{more:,} more of this kind, which are not listed"
            advice = advices[kind, severity]
            kept.append(
                CheckFinding(kind, severity, CodePlace(), text, advice, count=more)
            )
    return kept
