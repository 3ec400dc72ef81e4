"""The table `[tool.contractvm]` of a project's pyproject.toml.

It is the nearest such file, from a folder upwards, that has the table. What it does not
say is `None` or empty here: options and the environment come before it, defaults after.
"""

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, TypeVar

from msgspec import Struct, ValidationError, convert, field, structs

from contractvm.errors import ContractVmError
from gas_schedule.bounded_files import read_bounded

FILE_NAME = "pyproject.toml"
TABLE = ("tool", "contractvm")
MAX_PROJECT_BYTES = 1 << 18
# The time for a dotted key grows with the square of its parts.
MAX_DOTS = 200
PART = re.compile(r"""[A-Za-z0-9_-]+|"[^"]*"|'[^']*'""")
KEY = rf"(?:{PART.pattern})(?:\s*\.\s*(?:{PART.pattern}))*"
HEADER = re.compile(rf"\s*\[\[?\s*({KEY})\s*\]")
ASSIGNMENT = re.compile(rf"\s*({KEY})\s*=")

Key = tuple[str, ...]
Lines = Mapping[Key, int]


class InvalidProject(ContractVmError):
    """The project file cannot be read, or its table says something unknown.

    `line` counts from 1; None where no line is to blame.
    """

    def __init__(self, path: Path, line: int | None, reason: str) -> None:
        place = str(path) if line is None else f"{path}:{line}"
        super().__init__(f"{place}: {reason}")
        self.path = path
        self.line = line
        self.reason = reason


class Table(Struct, frozen=True, forbid_unknown_fields=True, rename="kebab"):
    """A table of the project file; its keys are the fields with dashes."""


T = TypeVar("T", bound=Table)


class ContractSource(Table, frozen=True):
    """A contract of the project; its paths are relative to the project's folder.

    What it does not say of a build is said for all contracts.
    """

    source: str
    abi: str | None = None
    init: str | None = None
    host: str | None = None
    max_data: int | None = None
    memory_pages: int | None = None


class ContractSettings(Table, frozen=True):
    """How contracts are built; `named` are those with a table of their own.

    `max_data` is in bytes of call data, `memory_pages` in pages of 65,536 bytes.
    """

    folder: str = "contracts"
    host: str | None = None
    max_data: int | None = None
    memory_pages: int | None = None
    keep_names: bool = False
    c_flags: tuple[str, ...] = ()
    zig_flags: tuple[str, ...] = ()
    rust_flags: tuple[str, ...] = ()
    assemblyscript_flags: tuple[str, ...] = ()
    named: dict[str, ContractSource] = field(default_factory=dict)


class GasSettings(Table, frozen=True):
    """The gas files of tests; `tolerance` is in per cent, as it was written."""

    snapshot: str | None = None
    tolerance: int | str | None = None
    report_exclude: tuple[str, ...] = ()


class CoverageSettings(Table, frozen=True):
    """Coverage of contracts; `fail_under` is in per cent of lines."""

    lcov: str | None = None
    fail_under: int | None = None
    exclude: tuple[str, ...] = ()


class Settings(Table, frozen=True):
    """What the table says."""

    chain: str | None = None
    rpc: str | None = None
    schedule: str | None = None
    engine: Literal["interpreter", "wasmtime"] | None = None
    cross_check: bool | None = None
    sender: int | str | None = None
    contracts: ContractSettings = ContractSettings()
    aliases: dict[str, str] = field(default_factory=dict)
    gas: GasSettings = GasSettings()
    coverage: CoverageSettings = CoverageSettings()


class Project(Struct, frozen=True):
    """A project file with the table: where it is, and what the table says.

    `lines` are the lines of its keys, by their path within the table.
    """

    path: Path
    settings: Settings
    lines: Lines

    @property
    def root(self) -> Path:
        """The project's folder, to which its paths are relative."""
        return self.path.parent

    def invalid(self, key: Key, reason: str) -> InvalidProject:
        """The error for the value of a key."""
        return InvalidProject(self.path, line_of(self.lines, key), reason)


def find_project(start: Path) -> Project | None:
    """The project of a folder; None without one. Raises InvalidProject and OSError."""
    for folder in (start, *start.parents):
        path = folder.joinpath(FILE_NAME)
        if os.path.isfile(path) and (found := read_project(path)) is not None:
            return found
    return None


def read_project(path: Path) -> Project | None:
    """The table of a project file; None if it has none.

    Raises InvalidProject and OSError.
    """
    content = read_bounded(path, MAX_PROJECT_BYTES)
    if TABLE[-1].encode() not in content:
        return None
    for number, row in enumerate(content.split(b"\n"), 1):
        if row.count(b".") > MAX_DOTS:
            raise InvalidProject(path, number, f"more than {MAX_DOTS} dots in a line")
    try:
        text = content.decode()
        document: Any = tomllib.loads(text, parse_float=str)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidProject(path, line, "not UTF-8") from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        found = re.search(r"at line (\d+)", str(error))
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error)
        raise InvalidProject(path, int(found[1]) if found else None, reason) from error
    for name in TABLE:
        document = document.get(name)
        if document is None:
            return None
        if not isinstance(document, dict):
            raise InvalidProject(path, None, f"{name} is no table")
    lines = {key[len(TABLE) :]: line for key, line in key_lines(text) if in_table(key)}
    return Project(path, read_settings(path, document, lines), lines)


def in_table(key: Key) -> bool:
    """Whether a key is the table's."""
    return key[: len(TABLE)] == TABLE


def read_settings(path: Path, document: dict[str, Any], lines: Lines) -> Settings:
    """What the table says; raises InvalidProject, with the line that is to blame."""
    contracts = document.get("contracts", {})
    named = {}
    if isinstance(contracts, dict):
        named = {name: of for name, of in contracts.items() if isinstance(of, dict)}
        rest = {name: of for name, of in contracts.items() if name not in named}
        document = {**document, "contracts": rest}
    reader = TableReader(path, lines)
    settings = reader.read(Settings, document, ())
    for name, table in named.items():
        key = ("contracts", name)
        settings.contracts.named[name] = reader.read(ContractSource, table, key)
    if settings.chain is not None and settings.rpc is not None:
        reason = "give either chain or rpc: a node has its own chain"
        raise InvalidProject(path, line_of(lines, ("rpc",)), reason)
    return settings


class TableReader(Struct, frozen=True):
    """Reads tables of a file as structs."""

    path: Path
    lines: Lines

    def read(self, kind: type[T], table: dict[str, Any], key: Key) -> T:
        """The table at `key`; raises InvalidProject."""
        self.refuse_unknown(kind, table, key)
        try:
            return convert(table, kind)
        except ValidationError as error:
            message, _, place = str(error).partition(" - at `$")
            at = (*key, *re.findall(r"\.([\w-]+)", place))
            reason = f"{'.'.join(at)}: {message[:1].lower()}{message[1:]}"
            raise InvalidProject(self.path, line_of(self.lines, at), reason) from error

    def refuse_unknown(
        self, kind: type[Table], table: dict[str, Any], key: Key
    ) -> None:
        """Raise InvalidProject for a key that the struct has not."""
        known = {one.encode_name: one.type for one in structs.fields(kind)}
        for name, value in table.items():
            if name not in known:
                near = get_close_matches(name, known, n=1, cutoff=0)
                where = ".".join((*TABLE, *key))
                reason = f"no key {name!r} in [{where}]: did you mean {near[0]!r}?"
                raise InvalidProject(
                    self.path, line_of(self.lines, (*key, name)), reason
                )
            inner = known[name]
            is_table = isinstance(inner, type) and issubclass(inner, Table)
            if is_table and isinstance(value, dict):
                self.refuse_unknown(inner, value, (*key, name))


def line_of(lines: Lines, key: Key) -> int | None:
    """The line of a key, or of the nearest table that holds it."""
    while key and key not in lines:
        key = key[:-1]
    return lines.get(key)


def key_lines(text: str) -> Iterator[tuple[Key, int]]:
    """The keys of a TOML document and their lines, the tables' among them.

    Lines within a string of several lines may be taken for keys; the first line of a
    key is its own.
    """
    table: Key = ()
    seen: set[Key] = set()
    for number, line in enumerate(text.split("\n"), 1):
        found = HEADER.match(line)
        key: Key = ()
        if found is not None:
            table = key = key_parts(found[1])
        elif (found := ASSIGNMENT.match(line)) is not None:
            key = (*table, *key_parts(found[1]))
        for length in range(1, len(key) + 1):
            if key[:length] not in seen:
                seen.add(key[:length])
                yield key[:length], number


def key_parts(text: str) -> Key:
    """`a."b.c"` as its names."""
    return tuple(part.strip("\"'") for part in PART.findall(text))
