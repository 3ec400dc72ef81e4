"""The file of a run: every fault that was chosen, and what became of it."""

import difflib
import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from tools.planter.operators import Fault

EQUIVALENTS = Path(__file__).with_name("equivalents.json")
NOTICED = "noticed"
SURVIVED = "survived"
JUDGED = (NOTICED, SURVIVED)


@dataclass(slots=True)
class Planted:
    """A fault of a run; its column counts from the line's first letter.

    `outcome` is "" before it has run, else one of

    "noticed", "survived", "does not compile", "equivalent" (the same compiled code),
    "gone" (the source has changed since it was chosen).
    """

    path: str
    start: int
    original: str
    replacement: str
    number: int
    column: int
    line: str
    outcome: str = ""
    by: str = ""
    seconds: int = 0

    def fault_in(self, source: str) -> Fault:
        """The replacement, also where its line has moved; ValueError if it is gone."""
        start = self.start
        here = line_at(source, start), column_at(source, start)
        if here != (self.line, self.column):
            places = [
                match.end()
                for match in re.finditer(r"^[ \t]*", source, re.MULTILINE)
                if line_at(source, match.end()) == self.line
            ]
            if len(places) != 1:
                raise ValueError(f"{self.path} has the line {len(places)} times")
            start = places[0] + self.column
        return Fault(start, self.original, self.replacement)


def planted(path: str, source: str, fault: Fault) -> Planted:
    """A fault with its place as people read it: line number and text."""
    number = source.count("\n", 0, fault.start) + 1
    column, line = column_at(source, fault.start), line_at(source, fault.start)
    return Planted(
        path,
        fault.start,
        fault.original,
        fault.replacement,
        number,
        column,
        line,
    )


def line_at(source: str, place: int) -> str:
    """The line of a source that holds a place, without its indentation."""
    return source[source.rfind("\n", 0, place) + 1 :].partition("\n")[0].strip()


def column_at(source: str, place: int) -> int:
    """How many characters after its line's indentation a place is."""
    return len(source[:place].rpartition("\n")[2].lstrip())


def diff(fault: Planted, source: str) -> str:
    """The fault as a unified diff without context."""
    changed = fault.fault_in(source).plant(source)
    lines = difflib.unified_diff(
        source.splitlines(), changed.splitlines(), n=0, lineterm=""
    )
    return "\n".join(
        line for line in lines if not line.startswith(("---", "+++", "@@"))
    )


def write_results(path: Path, seed: int, chosen: Iterable[Planted]) -> None:
    """Replace the file; a reader sees the old one or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    document = {"seed": seed, "faults": [asdict(fault) for fault in chosen]}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(document, indent=1))
    partial.replace(path)


def read_results(path: Path) -> list[Planted]:
    """The faults of an earlier run."""
    return [Planted(**fault) for fault in json.loads(path.read_text())["faults"]]


Key = tuple[str, str, int, str, str]
"""The path, the text of the line, the place in it, the replaced and replacing texts.

It stays right when lines move, and ends when the line changes.
"""


def judged_equivalents() -> dict[Key, str]:
    """Why each fault that people judged to change nothing does so."""
    return {
        (
            entry["path"],
            entry["line"],
            entry["column"],
            entry["original"],
            entry["replacement"],
        ): entry["why"]
        for entry in json.loads(EQUIVALENTS.read_text())
    }


def is_judged_equivalent(fault: Planted, judged: Iterable[Key]) -> bool:
    """Whether the fault is one of those."""
    return (
        fault.path,
        fault.line,
        fault.column,
        fault.original,
        fault.replacement,
    ) in judged


def report(chosen: Iterable[Planted], sources: Path) -> str:
    """The score of each package, then each survivor with its place and difference."""
    judged = judged_equivalents()
    counts: dict[str, Counter[str]] = {}
    survivors = []
    for fault in chosen:
        outcome = fault.outcome or "not run"
        if outcome == SURVIVED:
            if is_judged_equivalent(fault, judged):
                outcome = "judged equivalent"
            else:
                survivors.append(fault)
        for package in (package_of(fault.path), "all"):
            counts.setdefault(package, Counter())[outcome] += 1
    rows = [row(package, counts[package]) for package in sorted(counts, key=last_all)]
    return "\n".join([*rows, "", *(describe(fault, sources) for fault in survivors)])


def package_of(path: str) -> str:
    """The package by which faults are counted: two folders deep."""
    return "/".join(path.split("/")[:-1][:2])


def last_all(package: str) -> tuple[bool, str]:
    return package == "all", package


def row(package: str, counts: Counter[str]) -> str:
    judged = sum(counts[outcome] for outcome in JUDGED)
    score = f"{100 * counts[NOTICED] / judged:5.1f} %" if judged else "      -"
    others = ", ".join(
        f"{count} {outcome}"
        for outcome, count in sorted(counts.items())
        if outcome not in JUDGED
    )
    text = f"{package:<28} {score}  {counts[NOTICED]}/{judged} noticed"
    return f"{text}; {others}" if others else text


def describe(fault: Planted, sources: Path) -> str:
    heading = f"{fault.path}:{fault.number}"
    try:
        return f"{heading}\n{diff(fault, (sources / fault.path).read_text())}\n"
    except ValueError:
        return f"{heading} (changed since)\n- {fault.line}\n"
