"""Proposals that this engine does not have, recognised by where decoding stops.

The tables have the encodings of all proposals that have one of their own; extensions
that need none, or that this engine has, are not in them.
"""

from collections.abc import Callable
from typing import NamedTuple

from contractvm.errors import MalformedModule

SIMD, RELAXED_SIMD, HALF_PRECISION = "SIMD", "relaxed SIMD", "half precision"
THREADS, SHARED_EVERYTHING = "threads", "shared-everything threads"
EXCEPTIONS, LEGACY_EXCEPTIONS = "exceptions", "legacy exceptions"
REFERENCES, GC, DESCRIPTORS = "typed function references", "GC", "custom descriptors"
TAIL_CALLS, STACK_SWITCHING = "tail calls", "stack switching"
MEMORY64, MULTI_MEMORY, PAGE_SIZES = "memory64", "multi-memory", "custom page sizes"
WIDE_ARITHMETIC, MEMORY_CONTROL = "wide arithmetic", "memory control"
STRINGREF, COMPACT_IMPORTS = "stringref", "compact imports"
COMPONENT_MODEL = "the component model"


class Use(NamedTuple):
    """A proposal, and what in the module needs it."""

    proposal: str
    construct: str


NULLABLE_REFERENCE, REFERENCE, EXACT = 0x63, 0x64, 0x62
TYPES = {
    0x7B: Use(SIMD, "v128"),
    0x75: Use(STACK_SWITCHING, "nullcontref"),
    0x74: Use(EXCEPTIONS, "nullexnref"),
    0x73: Use(GC, "nullfuncref"),
    0x72: Use(GC, "nullexternref"),
    0x71: Use(GC, "nullref"),
    0x6E: Use(GC, "anyref"),
    0x6D: Use(GC, "eqref"),
    0x6C: Use(GC, "i31ref"),
    0x6B: Use(GC, "structref"),
    0x6A: Use(GC, "arrayref"),
    0x69: Use(EXCEPTIONS, "exnref"),
    0x68: Use(STACK_SWITCHING, "contref"),
    0x67: Use(STRINGREF, "stringref"),
    0x66: Use(STRINGREF, "stringview_wtf8"),
    0x65: Use(SHARED_EVERYTHING, "a shared type"),
    0x62: Use(STRINGREF, "stringview_wtf16"),
    0x61: Use(STRINGREF, "stringview_iter"),
}
DEFINED_TYPES = {
    0x65: Use(SHARED_EVERYTHING, "a shared type"),
    0x5F: Use(GC, "a struct type"),
    0x5E: Use(GC, "an array type"),
    0x5D: Use(STACK_SWITCHING, "a continuation type"),
    0x50: Use(GC, "a subtype"),
    0x4F: Use(GC, "a final subtype"),
    0x4E: Use(GC, "a recursion group"),
    0x4D: Use(DESCRIPTORS, "a type with a descriptor"),
    0x4C: Use(DESCRIPTORS, "a descriptor type"),
}
SECTIONS = {
    13: Use(EXCEPTIONS, "a tag section"),
    14: Use(STRINGREF, "a string section"),
}
EXTERN_KINDS = {
    0x04: Use(EXCEPTIONS, "a tag"),
    0x20: Use(DESCRIPTORS, "a func of an exact type"),
    0x7E: Use(COMPACT_IMPORTS, "imports of one type"),
    0x7F: Use(COMPACT_IMPORTS, "imports of one module"),
}
# By their highest bit: which matters most if several are set.
LIMITS = {
    0x02: Use(THREADS, "a shared memory"),
    0x04: Use(MEMORY64, "64-bit limits"),
    0x08: Use(PAGE_SIZES, "a page size"),
}
LIMITS_FLAGS = 0x0F
OPCODES = {
    0x06: Use(LEGACY_EXCEPTIONS, "try"),
    0x07: Use(LEGACY_EXCEPTIONS, "catch"),
    0x08: Use(EXCEPTIONS, "throw"),
    0x09: Use(LEGACY_EXCEPTIONS, "rethrow"),
    0x0A: Use(EXCEPTIONS, "throw_ref"),
    0x12: Use(TAIL_CALLS, "return_call"),
    0x13: Use(TAIL_CALLS, "return_call_indirect"),
    0x14: Use(REFERENCES, "call_ref"),
    0x15: Use(REFERENCES, "return_call_ref"),
    0x18: Use(LEGACY_EXCEPTIONS, "delegate"),
    0x19: Use(LEGACY_EXCEPTIONS, "catch_all"),
    0x1F: Use(EXCEPTIONS, "try_table"),
    0xD3: Use(GC, "ref.eq"),
    0xD4: Use(REFERENCES, "ref.as_non_null"),
    0xD5: Use(REFERENCES, "br_on_null"),
    0xD6: Use(REFERENCES, "br_on_non_null"),
    0xE0: Use(STACK_SWITCHING, "cont.new"),
    0xE1: Use(STACK_SWITCHING, "cont.bind"),
    0xE2: Use(STACK_SWITCHING, "suspend"),
    0xE3: Use(STACK_SWITCHING, "resume"),
    0xE4: Use(STACK_SWITCHING, "resume_throw"),
    0xE5: Use(STACK_SWITCHING, "resume_throw_ref"),
    0xE6: Use(STACK_SWITCHING, "switch"),
}
# Of each prefix, the numbers after it and the proposal of their instructions.
PREFIXED = {
    0xFB: (
        (range(0x1F), GC),
        (range(0x1F, 0x20), SHARED_EVERYTHING),
        (range(0x20, 0x27), DESCRIPTORS),
        (range(0x80, 0xB8), STRINGREF),
    ),
    0xFC: (
        (range(0x12, 0x13), MEMORY_CONTROL),
        (range(0x13, 0x17), WIDE_ARITHMETIC),
        (range(0x30, 0x32), HALF_PRECISION),
    ),
    0xFD: (
        (range(0x100), SIMD),
        (range(0x100, 0x120), RELAXED_SIMD),
        (range(0x120, 0x150), HALF_PRECISION),
    ),
    0xFE: ((range(0x4F), THREADS), (range(0x4F, 0x80), SHARED_EVERYTHING)),
}
REF_NULL = 0xD0
TABLE_WITH_INITIAL_VALUE = 0x40
MEMORY_INDEX_FLAG = 0x40
COMPONENT_LAYER = b"\x01\x00"


def find_use(code: bytes, fault: MalformedModule) -> Use | None:
    """What at the fault's place has the encoding of a proposal; None if nothing has.

    What follows in the module cannot be read, so it is the first use only.
    """
    for reason, find in FINDERS.items():
        if fault.reason.startswith(reason) and fault.offset < len(code):
            return find(code, fault.offset)
    return None


def _type(code: bytes, offset: int) -> Use | None:
    """The value type or reference type at an offset."""
    byte = code[offset]
    if byte not in (NULLABLE_REFERENCE, REFERENCE):
        return TYPES.get(byte)
    heap_type = code[offset + 1 : offset + 2]
    if heap_type == bytes([EXACT]):
        return Use(DESCRIPTORS, "a reference to an exact type")
    use = TYPES.get(heap_type[0]) if heap_type else None
    proposal = REFERENCES if use is None else use.proposal
    return Use(proposal, "a typed reference")


def _reference_type(code: bytes, offset: int) -> Use | None:
    byte = code[offset]
    if code[offset - 1] == REF_NULL and (byte < 0x40 or byte >= 0x80):
        return Use(REFERENCES, "ref.null of a type index")
    if byte == TABLE_WITH_INITIAL_VALUE:
        return Use(REFERENCES, "a table with an initial value")
    return _type(code, offset)


def _limits(code: bytes, offset: int) -> Use | None:
    flags = code[offset]
    if flags > LIMITS_FLAGS:
        return None
    return next((use for flag, use in LIMITS.items() if flags & flag), None)


def _memory_index(code: bytes, offset: int) -> Use | None:
    has_flag = MEMORY_INDEX_FLAG <= code[offset] < 2 * MEMORY_INDEX_FLAG
    return Use(MULTI_MEMORY, "a memory index") if has_flag else None


def _mutability(code: bytes, offset: int) -> Use | None:
    is_shared = code[offset] in (2, 3)
    return Use(SHARED_EVERYTHING, "a shared global") if is_shared else None


def _version(code: bytes, offset: int) -> Use | None:
    is_component = code[offset + 2 : offset + 4] == COMPONENT_LAYER
    return Use(COMPONENT_MODEL, "a component") if is_component else None


def _instruction(code: bytes, offset: int) -> Use | None:
    opcode = code[offset]
    if opcode not in PREFIXED:
        return OPCODES.get(opcode)
    # Two bytes of LEB128 hold numbers up to 16,383: there is none above.
    number, *more = code[offset + 1 : offset + 3] or (0xFF,)
    if number >= 0x80:
        number = number & 0x7F | (more[0] if more else 0xFF) << 7
    for numbers, proposal in PREFIXED[opcode]:
        if number in numbers:
            return Use(proposal, f"opcode {opcode:02x} {number:02x}")
    return None


def _in_table(uses: dict[int, Use]) -> Callable[[bytes, int], Use | None]:
    return lambda code, offset: uses.get(code[offset])


# By the beginning of the decoder's reason.
FINDERS: dict[str, Callable[[bytes, int], Use | None]] = {
    "unknown binary version": _version,
    "malformed section id": _in_table(SECTIONS),
    "malformed definition type": _in_table(DEFINED_TYPES),
    "malformed value type": _type,
    "malformed reference type": _reference_type,
    "malformed limits flags": _limits,
    "malformed mutability": _mutability,
    "malformed import kind": _in_table(EXTERN_KINDS),
    "malformed export kind": _in_table(EXTERN_KINDS),
    "malformed memop flags": _memory_index,
    "illegal opcode": _instruction,
}
