"""Modules that need a proposal which this engine's decoder does not know."""

from typing import NamedTuple

from contractvm.analysis.findings import CheckFinding, CodePlace, FindingKind, Severity
from contractvm.errors import MalformedModule

SIMD_PREFIX = 0xFD
# From this number after the prefix on, instructions are relaxed ones.
FIRST_RELAXED = 0x100
SHARED_FLAG = 0x02
WIDE_FLAG = 0x04


class Proposal(NamedTuple):
    """A proposal's name, and what in it could differ between engines."""

    name: str
    difference: str


RELAXED_SIMD = Proposal("relaxed SIMD", "its results depend on the machine, by design")
SIMD = Proposal("SIMD", "the bits of NaNs in its vectors are open")
THREADS = Proposal(
    "threads", "in which order several threads see a shared memory is open"
)
NO_DIFFERENCE = "nothing of its own differs between engines"
TAIL_CALLS = Proposal("tail calls", NO_DIFFERENCE)
EXCEPTIONS = Proposal("exceptions", NO_DIFFERENCE)
REFERENCES = Proposal("typed function references", NO_DIFFERENCE)
GARBAGE_COLLECTION = Proposal("GC", "when memory runs out is another time on each")
MEMORY64 = Proposal("memory64", "which sizes can be reserved is open")

BY_OPCODE = {
    0xFE: THREADS,
    0xFB: GARBAGE_COLLECTION,
    **dict.fromkeys((0x12, 0x13), TAIL_CALLS),
    **dict.fromkeys((0x06, 0x07, 0x08, 0x09, 0x0A, 0x18, 0x19, 0x1F), EXCEPTIONS),
    **dict.fromkeys((0x14, 0x15, 0xD3, 0xD4, 0xD5, 0xD6), REFERENCES),
}


def find_proposal(code: bytes, fault: MalformedModule) -> CheckFinding | None:
    """The proposal of the bytes that the decoder stopped at; None if there is none.

    Only the first such place is known: what follows cannot be read.
    """
    proposal = proposal_at(code, fault)
    if proposal is None:
        return None
    return CheckFinding(
        FindingKind.PROPOSAL,
        Severity.CLOSED_BY_PROFILE,
        CodePlace(offset=fault.offset),
        f"needs {proposal.name}, which no profile here has: {proposal.difference}",
        f"compile without {proposal.name}: the module is refused",
    )


def proposal_at(code: bytes, fault: MalformedModule) -> Proposal | None:
    """The proposal whose encoding the decoder met."""
    if fault.offset >= len(code):
        return None
    byte = code[fault.offset]
    if fault.reason == "malformed limits flags":
        if byte & ~(SHARED_FLAG | WIDE_FLAG | 1):
            return None
        return THREADS if byte & SHARED_FLAG else MEMORY64
    if not fault.reason.startswith("illegal opcode"):
        return None
    if byte == SIMD_PREFIX:
        number = code[fault.offset + 1 : fault.offset + 3]
        # Two bytes of LEB128 hold numbers up to 16,383: all that there are.
        is_long = len(number) == 2 and number[0] >= 0x80
        is_relaxed = is_long and (number[0] & 0x7F | number[1] << 7) >= FIRST_RELAXED
        return RELAXED_SIMD if is_relaxed else SIMD
    return BY_OPCODE.get(byte)
