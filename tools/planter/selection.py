"""The tests that concern a source file, nearest first.

The mirror test with those that know all names, then those of its folder that import it
in some way and those that do so directly, then all others: those of the folders above
first, and of these those that use the fault's words.
"""

import math
import re
from collections import Counter, deque
from collections.abc import Iterable
from itertools import takewhile
from pathlib import Path

IMPORT = re.compile(
    r"^[ \t]*(?:from\s+(?P<source>[\w.]+)\s+c?import\s+(?P<names>\([^)]*\)|[^\n#]+)"
    r"|c?import\s+(?P<module>[\w.]+))",
    re.MULTILINE,
)
HEADER = re.compile(
    r'^\s*(?:#include|cdef extern from)\s+"(?:\w+/)*(\w+\.h)"', re.MULTILINE
)
# Names of modules that are imported when they are needed.
QUOTED = re.compile(r"""["'](\w+(?:\.\w+)+)["']""")
FOUND_BY_NAME = {
    "contractvm.hosts.registry": re.compile(r".*\.host_interface"),
    "contractvm_cli.verbs": re.compile(r"contractvm_cli\.commands\..*"),
}
WORD = re.compile(r"[A-Z]?[a-z]{3,}|[A-Z]{3,}")
HEAD = re.compile(r"[ \t]*(?:async def|def|class|cdef|cpdef|static)\b.*[(:{]")
SOURCES = (".py", ".pyx", ".pxd", ".h")
# Whole programs on both engines: slow, but they notice what no test of a file does.
BROAD = ("tests/golden", "tests/differential", "tests/properties", "tests/conformance")
UNRELATED = (
    "tests/benchmarks",
    "tests/tools",
    "tests/test_",
    "tests/examples/test_builds",
)
# They know every public name and every number, by no import that could be followed.
KNOWING_ALL = ("tests/test_public_interface.py", "tests/test_named_numbers.py")
# No faults are planted in these, but tests of them notice those below.
USERS = ("contractvm_cli", "contract_testing")
NEAR, FAR = 1, 99


class TestMap:
    """Distances from every source file of a tree to its tests."""

    __test__ = False  # for pytest, which takes the name for a test's

    def __init__(self, tree: Path, packages: Iterable[str]) -> None:
        folders = [*packages, *USERS, "tests", "examples"]
        self._paths = sorted(
            path.relative_to(tree)
            for folder in folders
            for path in (tree / folder).rglob("*")
            if path.suffix in SOURCES
        )
        self._words = {
            str(path): words(f"{path} {(tree / path).read_text()}")
            for path in self._paths
            if path.name.startswith("test_")
        }
        self._uses = Counter(word for found in self._words.values() for word in found)
        self._importers: dict[str, set[str]] = {}
        known = {module_name(path) for path in self._paths}
        for path in self._paths:
            name = module_name(path)
            found = imports((tree / path).read_text(), known)
            if name in FOUND_BY_NAME:
                found |= set(filter(FOUND_BY_NAME[name].fullmatch, known))
            for imported in found:
                self._importers.setdefault(imported, set()).add(name)

    def stages(self, path: str, about: str) -> list[list[str]]:
        """Test files in three lists: the mirror, the near ones, the others.

        `about` is text around the fault.
        """
        source = Path(path)
        mirror = f"tests/{source.parent}/test_{source.stem}.py"
        distances = self._distances(source)
        tests = [
            str(test)
            for test in self._paths
            if test.name.startswith("test_") and not str(test).startswith(UNRELATED)
        ]
        folder = f"tests/{source.parent}/"

        def rank(test: str) -> tuple[bool, int, bool, str]:
            distance = distances.get(test, FAR)
            is_beside = test.startswith(folder) and distance < FAR
            return not is_beside, distance, test.startswith(BROAD), test

        tests.sort(key=rank)
        first = [test for test in tests if test == mirror]
        first += [test for test in KNOWING_ALL if Path(test) in self._paths]
        near = [
            test
            for test in tests
            if test in distances
            and test != mirror
            and (test.startswith(folder) or distances[test] <= NEAR)
        ]
        rest = [
            test
            for test in tests
            if test not in (*first, *near)
            and (test in distances or test.startswith((folder, *BROAD)))
        ]
        sought = words(f"{path} {about}")
        rest.sort(
            key=lambda test: (-shared(source, test), -self._relevance(sought, test))
        )
        return [stage for stage in (first, near, rest) if stage]

    def _relevance(self, sought: set[str], test: str) -> float:
        """How many of the words the test uses; one that few tests use counts more."""
        used = sought & self._words[test]
        return sum(math.log(len(self._words) / self._uses[word]) for word in used)

    def _distances(self, source: Path) -> dict[str, int]:
        """How many imports lie between each test and the source."""
        start = module_name(source)
        found = {start: 0}
        queue = deque([start])
        while queue:
            name = queue.popleft()
            for importer in sorted(self._importers.get(name, ())):
                if importer not in found:
                    found[importer] = found[name] + 1
                    queue.append(importer)
        return {
            str(path): found[module_name(path)] - 1
            for path in self._paths
            if path.parts[0] == "tests" and module_name(path) in found
        }


def shared(source: Path, test: str) -> int:
    """How many folders, from the top, a source and a test have in common."""
    pairs = zip(source.parts[:-1], Path(test).parts[1:-1], strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def words(text: str) -> set[str]:
    """The words of names and texts, in small letters."""
    return {word.lower() for word in WORD.findall(text)}


def surroundings(source: str, place: int) -> str:
    """The line of a place, and the head of the function that it is in."""
    before = source[:place].splitlines()
    line = source[source.rfind("\n", 0, place) + 1 :].partition("\n")[0]
    heads = (above for above in reversed(before) if HEAD.match(above))
    return f"{next(heads, '')}\n{line}"


def module_name(path: Path) -> str:
    """The dotted name of a source; a header's is its file name."""
    if path.suffix == ".h":
        return path.name
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imports(source: str, known: set[str]) -> set[str]:
    """The known modules that a source imports, and the headers that it includes."""
    found = {*HEADER.findall(source), *QUOTED.findall(source)}
    for match in IMPORT.finditer(source):
        if match["module"]:
            found.add(match["module"])
            continue
        for text in re.sub(r"#[^\n]*", "", match["names"]).strip("()").split(","):
            name = text.strip().partition(" ")[0]
            module = f"{match['source']}.{name}"
            found.add(module if module in known else match["source"])
    return found & (known | set(HEADER.findall(source)))
