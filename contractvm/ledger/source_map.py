"""Source maps, version 3: the lines of compilers that write no DWARF.

A map of a module has one line, whose columns are offsets in the module's file. Maps are
of strangers: whatever is not as it should be is refused by name.
"""

import json
import posixpath
from collections.abc import Iterator
from operator import itemgetter
from typing import Any

from contractvm.errors import ContractVmError
from contractvm.ledger.dwarf.writing import Row, with_lines
from contractvm.nesting import check_json_nesting
from contractvm.wasm.structure.module import Module

MAX_MAP_BYTES = 16 * 1024 * 1024
MAX_SOURCES = 10_000
MAX_SEGMENTS = 1_000_000
MAX_PATH = 1_024
VERSION = 3
MAX_NUMBER = (1 << 31) - 1
# Fields of a segment: a column alone, or with source, line and column, and a name.
SIZES = frozenset({1, 4, 5})
DIGITS = {
    letter: value
    for value, letter in enumerate(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    )
}
CONTINUES, BITS = 0x20, 5
# The compiler's own library, which is no file.
LIBRARY = "~lib/"


class MalformedSourceMap(ContractVmError):
    """A source map that cannot be used; `name` is its file."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.name = name
        self.reason = reason


def with_map_lines(code: bytes, module: Module, content: bytes, name: str) -> bytes:
    """The module with the lines of its map; `module` is `code`, decoded.

    Segments outside the code section have no place. Raises MalformedSourceMap.
    """
    if not module.funcs:
        return code
    last = module.funcs[-1]
    end = last.offset + len(last.code)
    start = module.code_offset
    rows = (
        (column - start, path, line)
        for column, path, line in sorted(map_rows(content, name), key=itemgetter(0))
        if start < column < end
    )
    return with_lines(code, rows, end - start)


def map_rows(content: bytes, name: str) -> list[Row]:
    """The rows of a map: offset in the file, source, line; line 0 is none."""
    document = read_document(content, name)
    sources = read_sources(document, name)
    mappings = document.get("mappings")
    if not isinstance(mappings, str):
        raise MalformedSourceMap(name, "`mappings` is no text")
    if ";" in mappings:
        raise MalformedSourceMap(
            name, "the map of a module has one line, this has more"
        )
    if mappings.count(",") >= MAX_SEGMENTS:
        raise MalformedSourceMap(name, f"more than {MAX_SEGMENTS:,} segments")
    rows = []
    column = source = line = 0
    for number, segment in enumerate(mappings.split(",")):
        if not segment:
            continue
        try:
            fields = tuple(numbers(segment))
            column = moved(column, fields[0], "column")
            if len(fields) not in SIZES:
                raise ValueError(f"{len(fields)} fields")
            if len(fields) == 1:
                rows.append((column, "", 0))
                continue
            source = moved(source, fields[1], "source")
            line = moved(line, fields[2], "line")
            if source >= len(sources):
                raise ValueError(f"source {source} of {len(sources)}")
        except ValueError as error:
            raise MalformedSourceMap(name, f"segment {number}: {error}") from error
        rows.append((column, sources[source], line + 1))
    return rows


def read_document(content: bytes, name: str) -> dict[str, Any]:
    """The map's JSON."""
    if len(content) > MAX_MAP_BYTES:
        raise MalformedSourceMap(name, f"more than {MAX_MAP_BYTES:,} bytes")
    try:
        check_json_nesting(content)
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise MalformedSourceMap(name, str(error)) from error
    if not isinstance(document, dict):
        raise MalformedSourceMap(name, "no JSON object")
    if document.get("version") != VERSION:
        raise MalformedSourceMap(name, f"its version is not {VERSION}")
    if "sections" in document:
        raise MalformedSourceMap(name, "a map of several maps")
    return document


def read_sources(document: dict[str, Any], name: str) -> list[str]:
    """The paths of the sources, without steps back and forth.

    `sourceRoot` is left out: compilers of modules write a name that is no folder.
    """
    sources = document.get("sources")
    if not isinstance(sources, list) or len(sources) > MAX_SOURCES:
        raise MalformedSourceMap(name, f"`sources` is no list of up to {MAX_SOURCES:,}")
    for source in sources:
        if not isinstance(source, str) or "\0" in source or len(source) > MAX_PATH:
            reason = f"a source is no path of up to {MAX_PATH:,} characters"
            raise MalformedSourceMap(name, reason)
    return [
        source if source.startswith(LIBRARY) else posixpath.normpath(source)
        for source in sources
    ]


def numbers(segment: str) -> Iterator[int]:
    """The numbers of a segment, each a sequence of base 64 digits, the lowest first.

    Raises ValueError.
    """
    value = shift = 0
    for letter in segment:
        digit = DIGITS.get(letter)
        if digit is None:
            raise ValueError(f"{letter!r} is no digit of base 64")
        value |= (digit & (CONTINUES - 1)) << shift
        shift += BITS
        if value > 2 * MAX_NUMBER + 1:
            raise ValueError("a number has more than 32 bits")
        if not digit & CONTINUES:
            yield -(value >> 1) if value & 1 else value >> 1
            value = shift = 0
        elif shift > 32:
            raise ValueError("a number has more than 32 bits")
    if shift:
        raise ValueError("it ends in a number")


def moved(before: int, step: int, what: str) -> int:
    """A field after a step; raises ValueError for one that no map can have."""
    after = before + step
    if not 0 <= after <= MAX_NUMBER:
        raise ValueError(f"{what} {after}")
    return after
