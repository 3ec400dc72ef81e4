"""The contracts of a project: sources, and how each is built."""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

from contract_testing.building.compilers import LANGUAGES, Language
from contract_testing.building.errors import UnfitSources
from contract_testing.building.host_builds import DEFAULT, HostBuild, find_host_build
from contract_testing.project import ContractSettings, ContractSource, find_project

OUTPUT = "build"
MAX_FILES = 5_000
MAX_MEMORY_PAGES = 1_024
MAX_CALL_DATA = 32_768
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
ENDINGS = ", ".join(LANGUAGES)


@dataclass(frozen=True, slots=True)
class Source:
    """A contract to build; paths are relative to the project's folder.

    `abi` is None where the contract has none. `init` is the source of its constructor,
    which is built after it. `max_data` limits call data, in bytes. `is_debug` builds
    are not optimised.
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
    is_debug: bool = False


@dataclass(frozen=True, slots=True)
class Project:
    """A project's folder, and its settings for contracts.

    With `is_debug`, compilers do not optimise: each line of a source has its own code.
    """

    root: Path
    settings: ContractSettings = field(default_factory=ContractSettings)
    is_debug: bool = False

    @classmethod
    def find(cls, start: Path, *, is_debug: bool = False) -> "Project":
        """The project around a folder; without a project file, the folder itself.

        Raises InvalidProject, and OSError.
        """
        found = find_project(start)
        if found is None:
            return cls(start, is_debug=is_debug)
        return cls(found.root, found.settings.contracts, is_debug)

    @property
    def folder(self) -> Path:
        """Where the sources are."""
        return self.root / self.settings.folder

    @property
    def output(self) -> Path:
        """Where built files go."""
        return self.root / OUTPUT

    def sources(self) -> tuple[Source, ...]:
        """The contracts, by name; raises UnfitSources.

        They are the files of the folder with an ABI or a schema beside them, and those
        that the settings name.
        """
        found: dict[str, ContractSource] = {}
        files = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        if len(files) > MAX_FILES:
            raise UnfitSources(f"{self.folder}: more than {MAX_FILES} files")
        for path in files:
            if path.suffix in LANGUAGES and beside(path) is not None:
                if path.stem in found:
                    raise UnfitSources(f"{path}: a second source of {path.stem}")
                found[path.stem] = ContractSource(source=str(self._relative(path)))
        found |= self.settings.named
        return tuple(self._source(name, found[name]) for name in sorted(found))

    def _source(self, name: str, given: ContractSource) -> Source:
        path = self.root / given.source
        if NAME.fullmatch(name) is None:
            raise UnfitSources(f"{path}: {name!r} is no name of a contract")
        language = language_of(path)
        abi = beside(path) if given.abi is None else self.root / given.abi
        for needed in (path, abi):
            if needed is not None and not needed.is_file():
                raise UnfitSources(f"{needed}: no such file")
        of_all = self.settings
        flags = getattr(of_all, f"{language.name.lower()}_flags", ())
        return Source(
            name,
            self._relative(path),
            language,
            find_host_build(given.host or of_all.host or DEFAULT.name),
            None if abi is None else self._relative(abi),
            None if given.init is None else self._relative(self.root / given.init),
            within(
                "memory-pages",
                given.memory_pages or of_all.memory_pages or 1,
                MAX_MEMORY_PAGES,
            ),
            within(
                "max-data", given.max_data or of_all.max_data or 1_024, MAX_CALL_DATA
            ),
            of_all.keep_names,
            flags,
            self.is_debug,
        )

    def _relative(self, path: Path) -> Path:
        try:
            return path.resolve().relative_to(self.root.resolve())
        except ValueError as error:
            raise UnfitSources(f"{path}: not below {self.root}") from error


def within(what: str, number: int, most: int) -> int:
    """A setting from 1 to `most`; raises UnfitSources."""
    if not 1 <= number <= most:
        raise UnfitSources(f"{what} is {number}: a number from 1 to {most} is needed")
    return number


def language_of(path: Path) -> Language:
    """The language of a source; raises UnfitSources."""
    if path.suffix not in LANGUAGES:
        raise UnfitSources(f"{path}: sources end in {ENDINGS}")
    return LANGUAGES[path.suffix]


def constructor_of(source: Source) -> Source:
    """The constructor of a contract as a source; `source.init` is there."""
    path = source.init or source.path
    return replace(
        source,
        name=f"{source.name}_init",
        path=path,
        language=language_of(path),
        init=None,
    )


def beside(path: Path) -> Path | None:
    """The ABI or schema beside a source: NAME.json, NAME.schema.json."""
    for ending in (".json", ".schema.json"):
        found = path.with_name(f"{path.stem}{ending}")
        if found.is_file():
            return found
    return None
