"""Differences of gas and gas reports as text and Markdown. Imports nothing heavy."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from contract_testing.plugin.comparison import Change, Comparison, Verdict
from contract_testing.plugin.gas_file import GasEntry

MAX_ROWS = 50
MAX_CHARACTERS = 60_000
MAX_NAME = 200
WORDS = {Verdict.NEW: "new ", Verdict.TOLERATED: "ok  "}


def difference_lines(comparison: Comparison) -> list[str]:
    """A line for each change that is not the same, failing ones first."""
    shown = [*comparison.failing]
    shown += [
        change
        for change in comparison.of(Verdict.NEW, Verdict.TOLERATED)
        if change not in shown
    ]
    width = max((len(change.name) for change in shown), default=0)
    failing = set(map(id, comparison.failing))
    lines = [*comparison.problems]
    for change in shown:
        word = "FAIL" if id(change) in failing else WORDS[change.verdict]
        lines.append(f"{word}  {change.name.ljust(width)}  {numbers_text(change)}")
    return [*lines, *comparison.notes]


def numbers_text(change: Change) -> str:
    """`44,996 -> 46,196   +1,200  +2.67%   storage +1,200`."""
    if change.after is None:
        return f"{entry_text(change.before)} -> gone"
    if change.before is None:
        return entry_text(change.after)
    parts = [
        f"{entry_text(change.before)} -> {entry_text(change.after)}",
        f"{change.difference:+,}",
        change.per_cent,
        change.why,
    ]
    return "   ".join(part for part in parts if part)


def entry_text(entry: GasEntry | None) -> str:
    """The gas with thousands apart; mean and median for a property."""
    if entry is None:
        return ""
    if entry.invariant:
        return entry.invariant
    if entry.runs is None:
        return f"{entry.gas:,}"
    return f"\u03bc {entry.gas:,} ~ {entry.median:,} of {entry.runs:,}"


def markdown(comparison: Comparison, rules: str, report: Sequence[str]) -> str:
    """The comment of a pull request; below 60,000 characters."""
    if not comparison.fails and not comparison.title:
        head = [f"Gas unchanged ({comparison.counted} entries)."]
    else:
        head = [f"## Gas: {comparison.title or 'checked'}", "", rules]
    head += ["", *map(escaped, comparison.problems)] if comparison.problems else []
    changed = sorted(
        comparison.of(Verdict.WORSE, Verdict.BETTER),
        key=lambda change: (-abs(change.difference), change.name),
    )
    lines = [*head]
    if changed:
        lines += ["", "| test | before | after | change | % | why |"]
        lines += ["| --- | ---: | ---: | ---: | ---: | --- |"]
        lines += [markdown_row(change) for change in changed[:MAX_ROWS]]
        if len(changed) > MAX_ROWS:
            lines += ["", f"and {len(changed) - MAX_ROWS:,} more"]
    for verdict in (Verdict.NEW, Verdict.GONE, Verdict.TOLERATED):
        found = comparison.of(verdict)
        if found:
            lines += [
                "",
                f"<details><summary>{len(found)} {verdict.value}</summary>",
                "",
            ]
            lines += [
                f"- {escaped(each.name)}: {numbers_text(each)}"
                for each in found[:MAX_ROWS]
            ]
            if len(found) > MAX_ROWS:
                lines.append(f"- and {len(found) - MAX_ROWS:,} more")
            lines += ["", "</details>"]
    if report:
        lines += ["", "```text", *report, "```"]
    return cut("\n".join(lines))


def cut(text: str) -> str:
    """The text, its end left out where it is too long for a comment."""
    if len(text) < MAX_CHARACTERS:
        return text + "\n"
    kept = text[: MAX_CHARACTERS - 100].rpartition("\n")[0]
    return f"{kept}\n\nand {text.count(chr(10)) - kept.count(chr(10)):,} more lines\n"


def markdown_row(change: Change) -> str:
    """A row of the table."""
    cells = (
        escaped(change.name),
        entry_text(change.before),
        entry_text(change.after),
        f"{change.difference:+,}",
        change.per_cent,
        escaped(change.why),
    )
    return f"| {' | '.join(cells)} |"


def escaped(text: str) -> str:
    """Text that Markdown shows as it is."""
    for mark in "\\`|<>*_":
        text = text.replace(mark, f"\\{mark}")
    return text[:MAX_NAME]


# The gas report


@dataclass(slots=True)
class FunctionGas:
    """The gas of a function's transactions."""

    gas: list[int] = field(default_factory=list)
    failed: int = 0


@dataclass(slots=True)
class ContractGas:
    """A contract in a gas report: its deployment, and its functions by name."""

    deployment: tuple[int, int] = (0, 0)
    functions: dict[str, FunctionGas] = field(default_factory=dict)


HEAD = ("Function", "Min", "Avg", "Median", "Max", "# Calls", "Failed")


def median_of(gas: Sequence[int]) -> int:
    """The median, a whole number."""
    ordered = sorted(gas)
    middle = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[middle]
    return (ordered[middle - 1] + ordered[middle]) // 2


def report_lines(
    contracts: Mapping[str, ContractGas], columns: int | None = None
) -> list[str]:
    """A table for each contract, by name; lists where one is wider than `columns`.

    A number that a terminal breaks in the middle reads as two.
    """
    lines: list[str] = []
    for name in sorted(contracts):
        contract = contracts[name]
        gas, size = contract.deployment
        rows = [
            (function, *map(str, figures(contract.functions[function])))
            for function in sorted(contract.functions)
        ]
        lines += ["", f"{name}: deployed for {gas} gas, {size} bytes"]
        table = table_lines(rows)
        if columns is None or len(table[0]) <= columns:
            lines += table
        else:
            lines += list_lines(rows)
    return lines[1:]


def table_lines(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """The head and a line for each function, all of one width."""
    table = [HEAD, *rows]
    widths = [max(len(row[place]) for row in table) for place in range(len(HEAD))]
    return [
        "  ".join(
            cell.rjust(width) if place else cell.ljust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in table
    ]


def list_lines(rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Each function's figures, one a line, after an empty line."""
    width = max(map(len, HEAD))
    for row in rows:
        yield ""
        for name, cell in zip(HEAD, row, strict=True):
            yield f"{name.ljust(width)}  {cell}"


def figures(function: FunctionGas) -> tuple[int, ...]:
    """Least, average, median and most gas, how many calls, how many failed."""
    gas = function.gas
    return (
        min(gas),
        sum(gas) // len(gas),
        median_of(gas),
        max(gas),
        len(gas),
        function.failed,
    )


def report_document(contracts: Mapping[str, ContractGas]) -> list[dict[str, object]]:
    """The report in the form of forge's JSON."""
    return [
        {
            "contract": name,
            "deployment": {
                "gas": contracts[name].deployment[0],
                "size": contracts[name].deployment[1],
            },
            "functions": {
                signature: dict(
                    zip(
                        ("min", "mean", "median", "max", "calls"),
                        figures(contracts[name].functions[signature]),
                        strict=False,
                    )
                )
                for signature in sorted(contracts[name].functions)
            },
        }
        for name in sorted(contracts)
    ]
