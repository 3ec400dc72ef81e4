"""The import rules of .importlinter, for every source file, compiled ones too.

import-linter reads only Python files and misses `from package.compiled import name`;
this reads the import lines of every source file.
"""

import configparser
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from pathlib import Path

from tests.helpers.source_tree import ROOT, source_files

IMPORT = re.compile(
    r"^[ \t]*(?:from\s+(?P<source>[\w.]+)\s+c?import\s+(?P<names>\([^)]*\)|[^\n#]+)"
    r"|c?import\s+(?P<module>[\w.]+))",
    re.MULTILINE,
)
Edge = tuple[str, str]
"""The dotted names of a module and of one that it imports."""


@dataclass(frozen=True)
class Layers:
    """One list of layers from the top; those in one row do not import each other."""

    container: str
    rows: tuple[tuple[str, ...], ...]

    def rank(self, module: str) -> tuple[int, str] | None:
        """The row of a module and its name there; None if it is not in the list."""
        prefix = f"{self.container}." if self.container else ""
        if not module.startswith(prefix):
            return None
        name = module.removeprefix(prefix).partition(".")[0]
        return next(
            ((row, name) for row, names in enumerate(self.rows) if name in names), None
        )

    def allows(self, edge: Edge) -> bool:
        """Whether the import goes down, or stays within one name."""
        importer, imported = map(self.rank, edge)
        if importer is None or imported is None:
            return True
        return importer[1] == imported[1] or importer[0] < imported[0]

    def planted(self) -> Iterator[Edge]:
        """Imports that go up: from each row to the one above it, and along a row."""
        prefix = f"{self.container}." if self.container else ""
        for upper, lower in pairwise(self.rows):
            yield f"{prefix}{lower[0]}.planted", f"{prefix}{upper[0]}.planted"
        for row in self.rows:
            for left, right in pairwise(row):
                yield f"{prefix}{left}.planted", f"{prefix}{right}.planted"


def layer_lists() -> list[Layers]:
    """Every list of layers in .importlinter."""
    config = configparser.ConfigParser()
    config.read(ROOT / ".importlinter")
    return [
        Layers(
            section.get("containers", "").strip(),
            tuple(
                tuple(re.findall(r"\w+", line))
                for line in section["layers"].split("\n")
                if line.strip()
            ),
        )
        for section in config.values()
        if "layers" in section
    ]


def module_name(path: Path) -> str:
    """The dotted name of a source file."""
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported_modules(source: str, known: Iterable[str] = ()) -> list[str]:
    """What a Python or Cython source imports; `from a import b` is a.b if `known`."""
    found = []
    for match in IMPORT.finditer(source):
        if match["module"]:
            found.append(match["module"])
            continue
        for text in match["names"].strip("()").replace("\n", " ").split(","):
            if name := text.strip().partition(" ")[0]:
                module = f"{match['source']}.{name}"
                found.append(module if module in known else match["source"])
    return found


def source_edges() -> set[Edge]:
    """Every import between two source files of the packages."""
    paths = source_files(".py", ".pyx", ".pxd", ".pyi")
    known = {module_name(path) for path in paths}
    return {
        (module_name(path), imported)
        for path in paths
        for imported in imported_modules((ROOT / path).read_text(), known)
        if imported in known and imported != module_name(path)
    }


def circles(edges: Iterable[Edge]) -> list[list[str]]:
    """A cycle among the parts of each package that has one, by their full names."""
    graphs: dict[str, dict[str, set[str]]] = {}
    for importer, imported in edges:
        upper, lower = importer.split("."), imported.split(".")
        depth = next(
            (
                index
                for index, (left, right) in enumerate(zip(upper, lower, strict=False))
                if left != right
            ),
            None,
        )
        if depth is None:  # a package and a part of it
            continue
        graph = graphs.setdefault(".".join(upper[:depth]), {})
        graph.setdefault(".".join(upper[: depth + 1]), set()).add(
            ".".join(lower[: depth + 1])
        )
    found = []
    for graph in graphs.values():
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            found.append(error.args[1])
    return found
