"""The gas file: a line for each test, in forge's form. Imports nothing heavy."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

MAX_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 50_000
LINE = re.compile(
    r"(?P<name>[^\[\]\r\n]+:[^\[\]\r\n]+)"
    r" \((?:gas: (?P<gas>[0-9]{1,20})"
    r"|runs: (?P<runs>[0-9]{1,20}), \u03bc: (?P<mean>[0-9]{1,20}),"
    r" ~: (?P<median>[0-9]{1,20})"
    r"|(?P<invariant>runs: [0-9]{1,20}, calls: [0-9]{1,20}, reverts: [0-9]{1,20}))\)"
)
# Two lines that were glued, which forge reads as one.
GLUED = re.compile(r"\((?:gas|runs): [0-9]+[^()]*\)")


@dataclass(frozen=True, slots=True)
class GasEntry:
    """The gas of a test; with `runs`, of a property: mean and median of its examples.

    `gas` is the sum of its transactions, or the mean. `invariant` is what forge notes
    for one of its invariants, which has no gas.
    """

    gas: int
    runs: int | None = None
    median: int | None = None
    invariant: str = ""

    @property
    def text(self) -> str:
        """What stands in the brackets of its line."""
        if self.invariant:
            return self.invariant
        if self.runs is None:
            return f"gas: {self.gas}"
        return f"runs: {self.runs}, \u03bc: {self.gas}, ~: {self.median}"


def entry_of_examples(gas: Sequence[int]) -> GasEntry:
    """The entry of a property whose examples used this gas."""
    ordered = sorted(gas)
    middle = len(ordered) // 2
    median = ordered[middle]
    if len(ordered) % 2 == 0:
        median = (ordered[middle - 1] + median) // 2
    return GasEntry(sum(ordered) // len(ordered), len(ordered), median)


def test_name(nodeid: str) -> str:
    """The name of a test in the file: `tests.test_vault.TestPay:test_two(2-a)`.

    Brackets and line breaks within become `_`, other control characters `?`; so does
    what is no part of a word in the test's own name, where forge wants one word.
    """
    path, _, rest = nodeid.partition("::")
    bare, bracket, params = rest.partition("[")
    *classes, name = bare.split("::")
    module = path.removesuffix(".py").replace("/", ".")
    params = params.removesuffix("]") if bracket else ""
    word = re.sub(r"\W", "_", name)
    return f"{'.'.join([module, *map(clean, classes)])}:{word}({clean(params)})"


test_name.__test__ = False  # type: ignore[attr-defined]


def cosmos_names(name: str) -> tuple[str, str]:
    """The names of a test's gas on a Cosmos chain: the SDK's, the virtual machine's."""
    start = name.removesuffix(")")
    start += "" if start.endswith("(") else ", "
    return f"{start}sdk gas)", f"{start}vm gas)"


def clean(text: str) -> str:
    """Text without what another reader of the file would stumble over."""
    plain = re.sub(r"[\[\]\r\n\u2028\u2029\x85]", "_", text)
    return "".join("?" if ord(letter) < ord(" ") else letter for letter in plain)


def read_gas_file(path: Path) -> dict[str, GasEntry] | None:
    """The entries by name; None if there is no file. UsageError for another form."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise pytest.UsageError(f"{path}: {error.strerror}") from error
    if len(content) > MAX_BYTES:
        raise pytest.UsageError(f"{path}: more than {MAX_BYTES} bytes")
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise pytest.UsageError(f"{path}: byte {error.start} is not UTF-8") from error
    entries: dict[str, GasEntry] = {}
    for number, line in enumerate(re.split(r"\r?\n", text), start=1):
        if not line:
            continue
        name, entry = read_line(path, number, line)
        if name in entries:
            raise pytest.UsageError(f"{path}, line {number}: {name} is there twice")
        entries[name] = entry
        if len(entries) > MAX_ENTRIES:
            raise pytest.UsageError(f"{path}: more than {MAX_ENTRIES} entries")
    return entries


def read_line(path: Path, number: int, line: str) -> tuple[str, GasEntry]:
    """The name and entry of a line; UsageError for another form."""
    found = LINE.fullmatch(line)
    if found is None:
        raise pytest.UsageError(f"{path}, line {number}: no line of a gas file")
    if GLUED.search(found["name"]):
        raise pytest.UsageError(f"{path}, line {number}: two lines without a break")
    if found["gas"] is not None:
        return found["name"], GasEntry(int(found["gas"]))
    if found["invariant"] is not None:
        return found["name"], GasEntry(0, invariant=found["invariant"])
    return found["name"], GasEntry(
        int(found["mean"]), int(found["runs"]), int(found["median"])
    )


def write_gas_file(path: Path, entries: Mapping[str, GasEntry]) -> None:
    """Sorted lines, and no break after the last, as forge writes them."""
    lines = sorted(f"{name} ({entry.text})" for name, entry in entries.items())
    path.write_bytes("\n".join(lines).encode())


def write_named_values(
    folder: Path, values: Iterable[tuple[str, str, int]], *, is_partial: bool
) -> None:
    """A file for each group of named gas; a partial run keeps the other names."""
    groups: dict[str, dict[str, str]] = {}
    for group, name, gas in values:
        groups.setdefault(group, {})[name] = str(gas)
    for group, found in groups.items():
        folder.mkdir(exist_ok=True)
        path = folder / f"{group}.json"
        kept = json.loads(path.read_bytes()) if is_partial and path.is_file() else {}
        whole = {**kept, **found}
        ordered = {name: whole[name] for name in sorted(whole)}
        path.write_text(json.dumps(ordered, indent=2, ensure_ascii=False), "utf-8")
