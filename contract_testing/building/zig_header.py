"""The ABI of a contract for Zig: what the header in C declares, as Zig declares it.

The entry and the conversions of values are those of C, in an object of their own.
"""

import re
from collections.abc import Iterator

from contract_testing.building.c_names import INCLUDE

TYPES = {
    "uint8_t": "u8",
    "uint32_t": "u32",
    "uint64_t": "u64",
    "int64_t": "i64",
    "const uint8_t *": "[*]const u8",
    "const char *": "[*:0]const u8",
    "const void *": "*const anyopaque",
    "void *": "*anyopaque",
    "const Word *": "*const Word",
    "Word *": "*Word",
}
FUNC = re.compile(r"^ABI_FUNC (_Noreturn )?(\w+) (\w+)\(([^)]*)\) \{", re.MULTILINE)
OWN = re.compile(r"^ABI_OWN (\w+) (\w+)\(([^)]*)\); /\* (.*) \*/$", re.MULTILINE)
STRUCT = re.compile(r"^typedef struct \{\n((?:    \w+ \w+;\n)+)\} (\w+);", re.MULTILINE)
FIELD = re.compile(r"    (\w+) (\w+);\n")
KEYWORDS = frozenset(
    (
        *("_", "addrspace", "align", "allowzero", "and", "anyerror", "anyframe"),
        *("anyopaque", "anytype", "asm", "bool", "break", "callconv", "catch"),
        *("comptime", "comptime_float", "comptime_int", "const", "continue", "defer"),
        *("else", "enum", "errdefer", "error", "export", "extern", "false", "fn"),
        *("for", "if", "inline", "isize", "linksection", "noalias", "noinline"),
        *("noreturn", "nosuspend", "null", "opaque", "or", "orelse", "packed", "pub"),
        *("resume", "return", "struct", "suspend", "switch", "test", "threadlocal"),
        *("true", "try", "type", "undefined", "union", "unreachable", "usize", "var"),
        *("void", "volatile", "while"),
    )
)
NUMBER_TYPE = re.compile(r"[iuf]\d+|c_\w+")
# What only the entry calls.
PRIVATE = re.compile(r"abi_(?!word$)")
TEXT = """\
//! The ABI of {name}: made by `contractvm build`, which writes it again.
//!
//! Write these functions, each with `export`, in the file that imports this one:
//!
{own}

/// A number of more than 64 bits, or bytes1 to bytes32, as the ABI has it.
pub const Word = extern struct {{ bytes: [32]u8 }};
pub const Address = extern struct {{ bytes: [20]u8 }};

/// Bytes or text.
pub const Bytes = extern struct {{ data: [*]const u8, size: u32 }};

/// The items of an array, as the ABI has them.
pub const Words = extern struct {{ data: [*]const Word, count: u32 }};

{declared}
"""
SOURCE = """\
/* The entry of a contract in Zig, and what it calls. */
#define ABI_FUNC
#define ABI_OWN
#include "{name}_abi.h"
"""


def zig_declarations(header: str, name: str) -> str:
    """The declarations for a contract whose header in C is this."""
    shared = (INCLUDE / "contract.h").read_text()
    own = [
        f"//!     export fn {quoted(func)}({', '.join(params(given, named=True))})"
        f" {zig_type(kind)} // {signature}"
        for kind, func, given, signature in OWN.findall(header)
    ]
    declared = [*structs(header), *funcs(header), *funcs(shared)]
    return TEXT.format(name=name, own="\n".join(own), declared="\n".join(declared))


def entry_source(name: str) -> str:
    """The file in C that is linked with the contract."""
    return SOURCE.format(name=name)


def structs(header: str) -> Iterator[str]:
    """The structs of a header."""
    for fields, name in STRUCT.findall(header):
        parts = [
            f"{quoted(field)}: {zig_type(kind)}"
            for kind, field in FIELD.findall(fields)
        ]
        yield f"pub const {quoted(name)} = extern struct {{ {', '.join(parts)} }};"


def funcs(header: str) -> Iterator[str]:
    """The functions of a header that contracts call."""
    for ends, kind, name, given in FUNC.findall(header):
        if PRIVATE.match(name) is None:
            result = "noreturn" if ends else zig_type(kind)
            yield f"pub extern fn {quoted(name)}({', '.join(params(given))}) {result};"


def params(given: str, *, named: bool = False) -> Iterator[str]:
    """The parameters of a function in C; without names they shadow nothing."""
    for param in given.split(","):
        if param.strip() != "void":
            kind, name = re.split(r"(?<=[ *])(?=\w+$)", param.strip())
            found = zig_type(kind.strip())
            yield f"{quoted(name)}: {found}" if named else found


def zig_type(kind: str) -> str:
    """A type of C."""
    return TYPES.get(kind, kind)


def quoted(name: str) -> str:
    """A name, which may be a word of Zig."""
    is_taken = name in KEYWORDS or NUMBER_TYPE.fullmatch(name) is not None
    return f'@"{name}"' if is_taken else name
