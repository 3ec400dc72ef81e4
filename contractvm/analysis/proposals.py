"""The finding about a module that needs a proposal which this engine does not have."""

from contractvm.analysis.findings import CheckFinding, CodePlace, FindingKind, Severity
from contractvm.errors import ForbiddenProposal, UnreadableProposal

# What in a proposal could differ between engines.
DIFFERENCES = {
    "relaxed SIMD": "its results depend on the machine, by design",
    "SIMD": "the bits of NaNs in its vectors are open",
    "half precision": "the bits of NaNs in its vectors are open",
    "threads": "in which order several threads see a shared memory is open",
    "shared-everything threads": "in which order several threads see values is open",
    "GC": "when memory runs out is another time on each",
    "memory64": "which sizes can be reserved is open",
}
NO_DIFFERENCE = "nothing of its own differs between engines"


def proposal_finding(fault: UnreadableProposal | ForbiddenProposal) -> CheckFinding:
    """The finding about the proposal of an error.

    Only the first such place is known: what follows cannot be read.
    """
    name = fault.proposal
    difference = DIFFERENCES.get(name, NO_DIFFERENCE)
    return CheckFinding(
        FindingKind.PROPOSAL,
        Severity.CLOSED_BY_PROFILE,
        CodePlace(offset=fault.offset),
        f"needs {name}, which no profile here has: {difference}",
        f"compile without {name}: the module is refused",
    )
