"""A project of contracts: its folder, and what pyproject.toml says about contracts.

The table `[tool.contractvm.contracts]` has settings for all contracts, and a table for
each contract that has some of its own.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from contract_testing.building.compilers import LANGUAGES, Language
from contract_testing.building.errors import InvalidProject
from contract_testing.building.host_builds import HostBuild, find_host_build
from contractvm.runtime.module_source import MAX_TEXT_BYTES
from gas_schedule.bounded_files import read_bounded

FILE = "pyproject.toml"
OUTPUT = "build"
MAX_FILES = 5_000
MAX_MEMORY_PAGES = 1_024
MAX_CALL_DATA = 32_768
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
FLAGS = {
    suffix: f"{language.name.lower()}-flags" for suffix, language in LANGUAGES.items()
}
INTEGERS = {"memory-pages": (1, MAX_MEMORY_PAGES), "max-data": (4, MAX_CALL_DATA)}
TEXTS = ("host",)
SWITCHES = ("keep-names",)
FOR_EACH = (*TEXTS, *INTEGERS, *SWITCHES, *FLAGS.values())
OF_ALL = ("folder", *FOR_EACH)
OF_ONE = ("source", "abi", "init", *FOR_EACH)


@dataclass(frozen=True, slots=True)
class Source:
    """A contract to build; paths are relative to the project's folder.

    `abi` is None where the contract has none. `init` is the source of its constructor,
    which is built after it.
    """

    name: str
    path: Path
    language: Language
    host: HostBuild
    abi: Path | None = None
    init: Path | None = None
    memory_pages: int = 1
    max_data: int = 1_024
    keeps_names: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Project:
    """A project's folder, and its settings as they are written."""

    root: Path
    settings: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def find(cls, start: Path) -> "Project":
        """The project around a folder: the nearest whose file has our table.

        Without one, the folder itself. Raises InvalidProject, and OSError.
        """
        for folder in (start, *start.parents):
            path = folder / FILE
            if not path.is_file():
                continue
            table = read_table(path)
            if table is not None:
                return cls(folder, table)
        return cls(start)

    @property
    def folder(self) -> Path:
        """Where the sources are, below the project's folder."""
        return self.root / str(self.settings.get("folder", "contracts"))

    @property
    def output(self) -> Path:
        """Where built files go."""
        return self.root / OUTPUT

    def sources(self) -> tuple[Source, ...]:
        """The contracts, by name; raises InvalidProject.

        They are the files of the folder with an ABI or a schema beside them, and those
        that the settings name.
        """
        found: dict[str, Path] = {}
        files = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        if len(files) > MAX_FILES:
            raise InvalidProject(f"{self.folder}: more than {MAX_FILES} files")
        for path in files:
            if path.suffix in LANGUAGES and beside(path) is not None:
                self._add(found, path.stem, path)
        for name, table in self._tables().items():
            if "source" in table:
                found.pop(name, None)
                self._add(found, name, self.root / table["source"])
            elif name not in found:
                reason = f"[tool.contractvm.contracts.{name}] has no source"
                raise InvalidProject(f"{self.root / FILE}: {reason}")
        return tuple(self._source(name, path) for name, path in sorted(found.items()))

    def _tables(self) -> dict[str, dict[str, Any]]:
        return {k: v for k, v in self.settings.items() if isinstance(v, dict)}

    def _add(self, found: dict[str, Path], name: str, path: Path) -> None:
        if NAME.fullmatch(name) is None:
            raise InvalidProject(f"{path}: {name!r} is no name of a contract")
        if name in found:
            raise InvalidProject(f"{path}: {found[name].name} is {name} already")
        if path.suffix not in LANGUAGES:
            raise InvalidProject(f"{path}: sources end in {', '.join(LANGUAGES)}")
        if not path.is_file():
            raise InvalidProject(f"{path}: no such file")
        found[name] = path

    def _source(self, name: str, path: Path) -> Source:
        own = self._tables().get(name, {})
        merged = {**self.settings, **own}
        flags = FLAGS[path.suffix]
        abi = self.root / own["abi"] if "abi" in own else beside(path)
        if abi is not None and not abi.is_file():
            raise InvalidProject(f"{abi}: no such file")
        return Source(
            name,
            self._relative(path),
            LANGUAGES[path.suffix],
            find_host_build(merged.get("host", "ewasm")),
            None if abi is None else self._relative(abi),
            self._relative(self.root / own["init"]) if "init" in own else None,
            merged.get("memory-pages", 1),
            merged.get("max-data", 1_024),
            merged.get("keep-names", False),
            (*self.settings.get(flags, ()), *own.get(flags, ())),
        )

    def _relative(self, path: Path) -> Path:
        try:
            return path.resolve().relative_to(self.root.resolve())
        except ValueError as error:
            raise InvalidProject(f"{path}: not below {self.root}") from error


def constructor_of(source: Source) -> Source:
    """The constructor of a contract as a source; `source.init` is there."""
    path = source.init or source.path
    language = LANGUAGES.get(path.suffix)
    if language is None:
        raise InvalidProject(f"{path}: sources end in {', '.join(LANGUAGES)}")
    return replace(
        source, name=f"{source.name}_init", path=path, language=language, init=None
    )


def beside(path: Path) -> Path | None:
    """The ABI or schema beside a source: NAME.json, NAME.schema.json."""
    for ending in (".json", ".schema.json"):
        found = path.with_name(f"{path.stem}{ending}")
        if found.is_file():
            return found
    return None


def read_table(path: Path) -> dict[str, Any] | None:
    """The table of contracts in a file; None where the file has no table of ours."""
    try:
        text = read_bounded(path, MAX_TEXT_BYTES).decode()
        document = tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidProject(f"{path}: {error}") from error
    ours = document.get("tool", {}).get("contractvm")
    if ours is None:
        return None
    table = ours.get("contracts", {})
    if not isinstance(table, dict):
        raise InvalidProject(f"{path}: tool.contractvm.contracts is no table")
    checker = Checker(path, text)
    for key, value in table.items():
        if isinstance(value, dict):
            for inner, given in value.items():
                checker.check(inner, given, OF_ONE)
        else:
            checker.check(key, value, OF_ALL)
    return table


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks settings of a file; its text has their lines."""

    path: Path
    text: str

    def check(self, key: str, value: Any, known: tuple[str, ...]) -> None:
        """Raise InvalidProject for an unknown key, or a value of another kind."""
        if key not in known:
            near = get_close_matches(key, known, n=1, cutoff=0.5)
            told = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
            raise self._error(key, f"no setting {key!r}; {told}")
        if key in INTEGERS:
            least, most = INTEGERS[key]
            is_number = isinstance(value, int) and not isinstance(value, bool)
            if not is_number or not least <= value <= most:
                raise self._error(key, f"{key} is a number from {least} to {most}")
        elif key in SWITCHES:
            if not isinstance(value, bool):
                raise self._error(key, f"{key} is true or false")
        elif key in FLAGS.values():
            is_list = isinstance(value, list)
            if not is_list or not all(isinstance(item, str) for item in value):
                raise self._error(key, f"{key} is a list of texts")
        elif not isinstance(value, str):
            raise self._error(key, f"{key} is a text")

    def _error(self, key: str, reason: str) -> InvalidProject:
        pattern = re.compile(rf"^\s*[\"']?{re.escape(key)}[\"']?\s*=")
        for number, line in enumerate(self.text.splitlines(), 1):
            if pattern.match(line):
                return InvalidProject(f"{self.path}:{number}: {reason}")
        return InvalidProject(f"{self.path}: {reason}")
