"""Modules that need a proposal which this engine lacks: named, with the place."""

from collections.abc import Callable

import pytest

from contractvm.errors import (
    ForbiddenProposal,
    InvalidModule,
    MalformedModule,
    MissingProposal,
    UnreadableProposal,
)
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.module_bytes import (
    CODE,
    ELEMENT,
    EXPORT,
    FUNC,
    GLOBAL,
    IMPORT,
    MEMORY,
    TABLE,
    TYPE,
    module,
    module_with_body,
    section,
)
from tests.helpers.wat import wat_to_wasm

FUNCS = "typed function references"
# Text, the proposal, what needs it, and the byte where that is.
IN_TEXT = [
    ("(func (param v128))", "SIMD", "v128", 13),
    ("(func (local i32) (local v128))", "SIMD", "v128", 26),
    ("(func (block (result v128) unreachable) drop)", "SIMD", "v128", 24),
    ("(func unreachable (select (result v128)) drop)", "SIMD", "v128", 26),
    ("(global v128 (v128.const i64x2 0 0))", "SIMD", "v128", 11),
    ("(func (drop (v128.const i64x2 0 0)))", "SIMD", "opcode fd 0c", 23),
    (
        "(func unreachable i8x16.relaxed_swizzle drop)",
        "relaxed SIMD",
        "opcode fd 100",
        24,
    ),
    ("(memory 1 2 shared)", "threads", "a shared memory", 11),
    ("(func atomic.fence)", "threads", "opcode fe 03", 23),
    ("(func try catch_all end)", "legacy exceptions", "try", 23),
    ("(func (throw 0))", "exceptions", "throw", 23),
    ("(func unreachable throw_ref)", "exceptions", "throw_ref", 24),
    ("(func try_table end)", "exceptions", "try_table", 23),
    ("(tag)", "exceptions", "a tag section", 14),
    ('(import "a" "b" (tag))', "exceptions", "a tag", 21),
    ("(func (param exnref))", "exceptions", "exnref", 13),
    ("(func (drop (ref.null exn)))", "exceptions", "exnref", 24),
    ("(type (struct (field i32)))", "GC", "a struct type", 11),
    ("(type (array i32))", "GC", "an array type", 11),
    ("(type (sub (func)))", "GC", "a subtype", 11),
    ("(type (sub final 0 (func)))", "GC", "a final subtype", 11),
    ("(rec (type (func)) (type (func)))", "GC", "a recursion group", 11),
    ("(func (param anyref))", "GC", "anyref", 13),
    ("(func (param (ref any)))", "GC", "a typed reference", 13),
    ("(func (drop (ref.null nofunc)))", "GC", "nullfuncref", 24),
    ("(func (drop (ref.i31 (i32.const 1))))", "GC", "opcode fb 1c", 25),
    ("(func unreachable ref.eq drop)", "GC", "ref.eq", 24),
    ("(table 1 anyref)", "GC", "anyref", 11),
    ("(type $t (func)) (func (param (ref $t)))", FUNCS, "a typed reference", 16),
    ("(func (param (ref func)))", FUNCS, "a typed reference", 13),
    (
        "(type $t (func)) (func (drop (ref.null $t)))",
        FUNCS,
        "ref.null of a type index",
        24,
    ),
    ("(type $t (func)) (func unreachable (call_ref $t))", FUNCS, "call_ref", 24),
    ("(func unreachable br_on_null 0 drop)", FUNCS, "br_on_null", 24),
    (
        "(func $f) (table 1 funcref (ref.func $f))",
        FUNCS,
        "a table with an initial value",
        21,
    ),
    ("(func (return_call 0))", "tail calls", "return_call", 23),
    ("(memory i64 1)", "memory64", "64-bit limits", 11),
    ("(table i64 1 funcref)", "memory64", "64-bit limits", 12),
    (
        "(memory 1) (memory 1) (func (drop (i32.load 1 (i32.const 0))))",
        "multi-memory",
        "a memory index",
        33,
    ),
    ("(memory 1 (pagesize 1))", "custom page sizes", "a page size", 11),
    ("(type $f (func)) (type (cont $f))", "stack switching", "a continuation type", 14),
    ("(func (param contref))", "stack switching", "contref", 13),
    ("(func unreachable i64.add128 drop drop)", "wide arithmetic", "opcode fc 13", 24),
    (
        "(memory 1) (func unreachable memory.discard)",
        "memory control",
        "opcode fc 12",
        29,
    ),
    (
        "(type (shared (func)))",
        "shared-everything threads",
        "a shared type",
        11,
    ),
    (
        "(global (shared i32) (i32.const 0))",
        "shared-everything threads",
        "a shared global",
        12,
    ),
    (
        "(type $t (func)) (func (param (ref (exact $t))))",
        "custom descriptors",
        "a reference to an exact type",
        16,
    ),
]


def check_unreadable(data: bytes, proposal: str, construct: str, offset: int) -> None:
    with pytest.raises(UnreadableProposal) as caught:
        decode_module(data)
    found = caught.value
    assert (found.proposal, found.construct, found.offset) == (
        proposal,
        construct,
        offset,
    )
    assert str(found) == (
        f"needs {proposal} ({construct} at byte {offset}),"
        " which contractvm does not have"
    )
    assert isinstance(found, MissingProposal)


@pytest.mark.parametrize(("text", "proposal", "construct", "offset"), IN_TEXT)
def test_proposal_is_named_with_its_place(
    text: str, proposal: str, construct: str, offset: int
) -> None:
    data = wat_to_wasm(f"(module {text})")
    check_unreadable(data, proposal, construct, offset)


# What no text format has, or none that we have.
ENCODED = [
    (module(section(14, b"\0")), "stringref", "a string section", 8),
    (
        module(section(TYPE, b"\1\x60\1\x67\0")),
        "stringref",
        "stringref",
        13,
    ),
    (module_with_body(b"\xfb\x80\1\0\x0b"), "stringref", "opcode fb 80", 23),
    (module_with_body(b"\xfd\xa0\2\x0b"), "half precision", "opcode fd 120", 23),
    (module_with_body(b"\xfc\x30\0\0\x0b"), "half precision", "opcode fc 30", 23),
    (module_with_body(b"\xfe\x4f\0\0\x0b"), "shared-everything threads", None, 23),
    (module_with_body(b"\xfb\x20\0\x0b"), "custom descriptors", "opcode fb 20", 23),
    (module_with_body(b"\xe0\0\x0b"), "stack switching", "cont.new", 23),
    (
        module(section(IMPORT, b"\1\1a\0\x7f\1\1b\0\0")),
        "compact imports",
        "imports of one module",
        14,
    ),
    (
        module(section(EXPORT, b"\1\1a\4\0")),
        "exceptions",
        "a tag",
        13,
    ),
    (module(section(TYPE, b"\1\x4d\0")), "custom descriptors", None, 11),
    (b"\0asm\x0d\0\1\0", "the component model", "a component", 4),
    (module(section(MEMORY, b"\1\7\1\1")), "threads", "a shared memory", 11),
]


@pytest.mark.parametrize(("data", "proposal", "construct", "offset"), ENCODED)
def test_encoding_alone_names_its_proposal(
    data: bytes, proposal: str, construct: str | None, offset: int
) -> None:
    with pytest.raises(UnreadableProposal) as caught:
        decode_module(data)
    assert (caught.value.proposal, caught.value.offset) == (proposal, offset)
    assert construct in (None, caught.value.construct)


# The first and the last number of each run, as LEB128, and the proposal.
PREFIXED = [
    (0xFB, b"\0", "GC"),
    (0xFB, b"\x1e", "GC"),
    (0xFB, b"\x1f", "shared-everything threads"),
    (0xFB, b"\x20", "custom descriptors"),
    (0xFB, b"\x26", "custom descriptors"),
    (0xFB, b"\x80\1", "stringref"),
    (0xFB, b"\xb7\1", "stringref"),
    (0xFC, b"\x12", "memory control"),
    (0xFC, b"\x13", "wide arithmetic"),
    (0xFC, b"\x16", "wide arithmetic"),
    (0xFC, b"\x30", "half precision"),
    (0xFC, b"\x31", "half precision"),
    (0xFD, b"\0", "SIMD"),
    (0xFD, b"\xff\1", "SIMD"),
    (0xFD, b"\x80\2", "relaxed SIMD"),
    (0xFD, b"\x9f\2", "relaxed SIMD"),
    (0xFD, b"\xa0\2", "half precision"),
    (0xFD, b"\xcf\2", "half precision"),
    (0xFE, b"\0", "threads"),
    (0xFE, b"\x4e", "threads"),
    (0xFE, b"\x4f", "shared-everything threads"),
    (0xFE, b"\x7f", "shared-everything threads"),
]


@pytest.mark.parametrize(("prefix", "number", "proposal"), PREFIXED)
def test_a_prefix_and_a_number_name_their_proposal(
    prefix: int, number: bytes, proposal: str
) -> None:
    with pytest.raises(UnreadableProposal) as caught:
        decode_module(module_with_body(bytes([prefix]) + number + b"\x0b"))
    assert (caught.value.proposal, caught.value.offset) == (proposal, 23)


OPCODES = {
    "legacy exceptions": {
        0x06: "try",
        0x07: "catch",
        0x09: "rethrow",
        0x18: "delegate",
        0x19: "catch_all",
    },
    "exceptions": {0x08: "throw", 0x0A: "throw_ref", 0x1F: "try_table"},
    "tail calls": {0x12: "return_call", 0x13: "return_call_indirect"},
    FUNCS: {
        0xD0: "ref.null of a type index",
        0x14: "call_ref",
        0x15: "return_call_ref",
        0xD4: "ref.as_non_null",
        0xD5: "br_on_null",
        0xD6: "br_on_non_null",
    },
    "GC": {0xD3: "ref.eq"},
    "stack switching": {
        0xE0: "cont.new",
        0xE1: "cont.bind",
        0xE2: "suspend",
        0xE3: "resume",
        0xE4: "resume_throw",
        0xE5: "resume_throw_ref",
        0xE6: "switch",
    },
}
TYPES = {
    "SIMD": {0x7B: "v128"},
    "stack switching": {0x75: "nullcontref", 0x68: "contref"},
    "exceptions": {0x74: "nullexnref", 0x69: "exnref"},
    "GC": {
        0x73: "nullfuncref",
        0x72: "nullexternref",
        0x71: "nullref",
        0x6E: "anyref",
        0x6D: "eqref",
        0x6C: "i31ref",
        0x6B: "structref",
        0x6A: "arrayref",
    },
    "stringref": {
        0x67: "stringref",
        0x66: "stringview_wtf8",
        0x62: "stringview_wtf16",
        0x61: "stringview_iter",
    },
    "shared-everything threads": {0x65: "a shared type"},
    FUNCS: {0x63: "a typed reference", 0x64: "a typed reference"},
}
DEFINED_TYPES = {
    "shared-everything threads": {0x65: "a shared type"},
    "GC": {
        0x5F: "a struct type",
        0x5E: "an array type",
        0x50: "a subtype",
        0x4F: "a final subtype",
        0x4E: "a recursion group",
    },
    "stack switching": {0x5D: "a continuation type"},
    "custom descriptors": {
        0x4D: "a type with a descriptor",
        0x4C: "a descriptor type",
    },
}
IMPORT_KINDS = {
    "exceptions": {4: "a tag"},
    "custom descriptors": {0x20: "a func of an exact type"},
    "compact imports": {0x7E: "imports of one type", 0x7F: "imports of one module"},
}


@pytest.mark.parametrize(
    ("known", "encoded"),
    [
        (OPCODES, lambda byte: module_with_body(bytes([byte, 0, 0x0B]))),
        (TYPES, lambda byte: module(section(TYPE, bytes([1, 0x60, 1, byte, 0])))),
        (DEFINED_TYPES, lambda byte: module(section(TYPE, bytes([1, byte, 0])))),
        (
            IMPORT_KINDS,
            lambda byte: module(section(IMPORT, b"\1\1a\1b" + bytes([byte, 0]))),
        ),
    ],
    ids=["opcodes", "types", "defined types", "import kinds"],
)
def test_each_byte_names_its_proposal_or_none(
    known: dict[str, dict[int, str]], encoded: Callable[[int], bytes]
) -> None:
    found: dict[str, dict[int, str]] = {}
    for byte in range(256):
        try:
            decode_module(encoded(byte))
        except UnreadableProposal as caught:
            # Those with a number after them have a test of their own.
            if not caught.construct.startswith("opcode"):
                found.setdefault(caught.proposal, {})[byte] = caught.construct
        except MalformedModule:
            continue
    assert found == known


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (
            "(memory 1) (memory 1)",
            "needs multi-memory (a second memory), which contractvm does not have",
        ),
        (
            '(import "a" "b" (memory 1)) (memory 1)',
            "needs multi-memory (a second memory), which contractvm does not have",
        ),
        (
            "(global i32 (i32.const 1)) (global i32 (global.get 0))",
            "needs GC (global.get 0 in a constant expression at byte 18),"
            " which contractvm does not have",
        ),
        (
            '(memory 1) (global i32 (i32.const 1)) (data (global.get 0) "")',
            "needs GC (global.get 0 in a constant expression at byte 25),"
            " which contractvm does not have",
        ),
    ],
)
def test_proposal_that_validation_misses_is_named(text: str, line: str) -> None:
    with pytest.raises(ForbiddenProposal) as caught:
        validate_module(decode_module(wat_to_wasm(f"(module {text})")))
    assert str(caught.value) == line
    assert caught.value.reason in ("multiple memories", "unknown global 0")
    assert isinstance(caught.value, MissingProposal)


I32_GLOBAL = b"\x7f\0\x41\0\x0b"


@pytest.mark.parametrize(
    ("globals_", "reason"),
    [
        (b"\1\x7f\0\x23\0\x0b", "unknown global 0"),  # itself
        (b"\2\x7f\0\x23\1\x0b" + I32_GLOBAL, "unknown global 1"),  # a later one
        (b"\2\x7f\1\x41\0\x0b\x7f\0\x23\0\x0b", "unknown global 0"),  # one that changes
    ],
)
def test_constant_that_no_proposal_allows_is_invalid(
    globals_: bytes, reason: str
) -> None:
    decoded = decode_module(module(section(GLOBAL, globals_)))
    with pytest.raises(InvalidModule) as caught:
        validate_module(decoded)
    assert type(caught.value) is InvalidModule
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\0asm\2\0\0\0", "unknown binary version"),
        (b"\0asm\x0d\0\0\0", "unknown binary version"),
        (module(section(15, b"\0")), "malformed section id"),
        (module(section(TYPE, b"\1\x51")), "malformed definition type"),
        (module(section(TYPE, b"\1\x60\1\x7a\0")), "malformed value type"),
        (module(section(TABLE, b"\1\5\0\0")), "malformed reference type"),
        (module(section(MEMORY, b"\1\x10\1")), "malformed limits flags"),
        (module(section(GLOBAL, b"\1\x7f\4\x41\0\x0b")), "malformed mutability"),
        (module(section(IMPORT, b"\1\1a\1b\5\0")), "malformed import kind"),
        (module(section(EXPORT, b"\1\1a\5\0")), "malformed export kind"),
        (module(section(ELEMENT, b"\1\1\1\0")), "malformed element kind"),
        (module_with_body(b"\x27\x0b"), "illegal opcode 27"),
        (module_with_body(b"\xfb\x27\x0b"), "illegal opcode fb"),
        (module_with_body(b"\xfb\xb8\1\x0b"), "illegal opcode fb"),
        (module_with_body(b"\xfc\x17\x0b"), "illegal opcode fc 17"),
        (module_with_body(b"\xfc\x32\x0b"), "illegal opcode fc 32"),
        (module_with_body(b"\xfd\xd0\2\x0b"), "illegal opcode fd"),
        (module_with_body(b"\xfe\x80\1\x0b"), "illegal opcode fe"),
        (module_with_body(b"\xfd\xff\xff\xff\x0f\x0b"), "illegal opcode fd"),
        (module_with_body(b"\xe7\x0b"), "illegal opcode e7"),
        (module_with_body(b"\x41\0\x28\x80\1\0\x1a\x0b"), "malformed memop flags"),
        (module_with_body(b"\xd0\x77\x1a\x0b"), "malformed reference type"),
        (module(section(FUNC, b"\1\0"), section(CODE, b"\1\1\xfd")), None),
    ],
)
def test_bytes_of_no_proposal_stay_malformed(data: bytes, reason: str | None) -> None:
    with pytest.raises(MalformedModule) as caught:
        decode_module(data)
    assert type(caught.value) is MalformedModule
    assert reason in (None, caught.value.reason)


@pytest.mark.parametrize("prefix", [0xFB, 0xFC, 0xFD, 0xFE])
def test_code_that_ends_after_a_prefix_is_malformed(prefix: int) -> None:
    data = module_with_body(bytes([prefix]))
    with pytest.raises(MalformedModule) as caught:
        decode_module(data)
    assert type(caught.value) is MalformedModule


def test_every_second_byte_of_a_module_is_an_error_of_ours_or_none() -> None:
    whole = wat_to_wasm(
        "(module (memory 1) (table 1 funcref) (global i32 (i32.const 7))"
        ' (func (export "f") (result i32) (i32.load (i32.const 0))))'
    )
    kinds = set()
    for position in range(4, len(whole)):
        for byte in range(256):
            data = whole[:position] + bytes([byte]) + whole[position + 1 :]
            try:
                decode_module(data)
            except MalformedModule as fault:
                kinds.add(type(fault))
    assert kinds == {MalformedModule, UnreadableProposal}
