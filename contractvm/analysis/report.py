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
from contractvm.analysis.proposals import find_proposal
from contractvm.analysis.recursion import find_recursion
from contractvm.errors import MalformedModule, RefusedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.profile import check_module_bytes, check_sizes
from contractvm.wasm.validation.validator import validate_module

# Of each kind and severity: more are counted. A module may have one for two bytes.
MAX_LISTED = 10_000


class Verdict(Enum):
    """What the findings come to."""

    OPEN = "open"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class DeterminismReport:
    """All findings, those that are open first, else in the order of the questions.

    `refusal` is why the profile refuses the module, None where it accepts it.
    `debug_fault` says what of its debug information cannot be read, None for nothing.
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
        """How many they are, those too that are not listed."""
        return sum(finding.count for finding in self.open_findings)

    @property
    def verdict(self) -> Verdict:
        """OPEN for one open finding; REFUSED where nothing is and it may not run."""
        if self.open_findings:
            return Verdict.OPEN
        return Verdict.CLOSED if self.refusal is None else Verdict.REFUSED


def check_module(code: bytes, options: CheckOptions) -> DeterminismReport:
    """Read a module and say what in it could differ between engines.

    Raises MalformedModule for bytes that are no module, nor one of a proposal that is
    known by name; InvalidModule for a module that breaks a rule of validation. A module
    above the profile's sizes is refused without a closer look.
    """
    try:
        check_module_bytes(code, options.profile)
        module = decode_module(code)
        check_sizes(module, options.profile.sizes)
        max_height = options.profile.sizes.max_operand_height
        operand_heights = validate_module(module, max_height).operand_heights
    except RefusedModule as refusal:
        return DeterminismReport(options, (), str(refusal))
    except MalformedModule as fault:
        finding = find_proposal(code, fault)
        if finding is None:
            raise
        return DeterminismReport(options, (finding,), str(fault))
    places = ModulePlaces(module)
    findings = listed(
        chain(
            find_nan_bits(module, places, options),
            find_growth(module, places, options),
            find_recursion(module, operand_heights, places, options),
            find_externs(module, places, options),
        )
    )
    # Stable: what is open comes first, and all else as it was found.
    findings.sort(key=lambda finding: finding.severity is not Severity.OPEN)
    return DeterminismReport(
        options, tuple(findings), options.refusal(module), places.debug_fault
    )


def listed(findings: Iterable[CheckFinding]) -> list[CheckFinding]:
    """The findings, where too many are alike the first; one says how many more."""
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
