"""Coverage by source line and function: lcov files and tables."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_testing.coverage.branches import edge_counts, module_branches
from contract_testing.coverage.counts import AllCounts, Counts
from contractvm.errors import ContractVmError
from contractvm.ledger.debug_info import DebugInfo
from contractvm.ledger.source_lines import SourceLines
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module

# Where builds and their sources usually are, besides the project's root.
SOURCE_FOLDERS = ("contracts", "build", "tests")

# How many edges a branch has, and how often each was passed; None if none was reached.
EdgeCounts = tuple[int, tuple[int, ...] | None]


@dataclass(slots=True)
class FileCoverage:
    """A source file: how often its lines and functions ran.

    Functions have their first line and how often they were entered. `branches` are by
    line: how often each edge was passed, None for a branch that was never reached.
    """

    lines: dict[int, int] = field(default_factory=dict)
    functions: dict[str, tuple[int, int]] = field(default_factory=dict)
    branches: dict[int, list[EdgeCounts]] = field(default_factory=dict)

    @property
    def branch_totals(self) -> tuple[int, int]:
        """The edges that were passed, and all of the file."""
        every = [each for line in self.branches.values() for each in line]
        passed = sum(count > 0 for _, each in every for count in each or ())
        return passed, sum(edge_count for edge_count, _ in every)

    @property
    def hit(self) -> int:
        """The lines that ran."""
        return sum(count > 0 for count in self.lines.values())

    @property
    def uncovered(self) -> str:
        """`24-27, 42`: ranges of lines that did not run."""
        ranges: list[list[int]] = []
        is_open = False
        for line in sorted(self.lines):
            if self.lines[line]:
                is_open = False
            elif is_open:
                ranges[-1][1] = line
            else:
                ranges.append([line, line])
                is_open = True
        return ", ".join(
            str(first) if first == last else f"{first}-{last}" for first, last in ranges
        )


@dataclass(slots=True)
class CoverageReport:
    """Files by their path in the project.

    `missing` are sources that cannot be read, `without_lines` functions of modules that
    have no debug information, with how often they were entered.
    """

    files: dict[str, FileCoverage] = field(default_factory=dict)
    missing: set[str] = field(default_factory=set)
    without_lines: dict[str, int] = field(default_factory=dict)

    @property
    def hit(self) -> int:
        """The lines that ran, in all files."""
        return sum(file.hit for file in self.files.values())

    @property
    def found(self) -> int:
        """The lines that have code, in all files."""
        return sum(len(file.lines) for file in self.files.values())

    def reaches(self, percent: int) -> bool:
        """Whether so many per cent of the lines ran; exact."""
        return 100 * self.hit >= percent * self.found


def make_report(counts: AllCounts, root: Path) -> CoverageReport:
    """The coverage of sources below `root`, and of its folders that often have them."""
    report = CoverageReport()
    places = [root, *(root / folder for folder in SOURCE_FOLDERS)]
    for digest in sorted(counts):
        add_module(report, counts[digest], root.resolve(), places)
    return report


def add_module(
    report: CoverageReport, counts: Counts, root: Path, places: Sequence[Path]
) -> None:
    """Add a module's lines and functions."""
    try:
        module, info = decode_module(counts.module), DebugInfo.of_code(counts.module)
    except ContractVmError:
        return
    if info.lines is None:
        add_names(report, counts, module, info)
        return
    add_lines(report, counts, info, root, places)
    add_branches(report, counts, (module, info.lines), root, places)
    for name, line, entered in functions_of(counts, module, info):
        path = source_path(line[0], root, places)
        if path is not None:
            functions = report.files.setdefault(path, FileCoverage()).functions
            first, before = functions.get(name, (line[1], 0))
            functions[name] = first, before + entered


def add_names(
    report: CoverageReport, counts: Counts, module: Module, info: DebugInfo
) -> None:
    """Add the functions of a module that has no lines."""
    imported = module.func_count - len(module.funcs)
    for number, func in enumerate(module.funcs):
        name = info.names[imported + number]
        entered = counts.by_offset.get(func.offset - module.code_offset, 0)
        before = report.without_lines.get(name, 0)
        report.without_lines[name] = before + entered


def functions_of(
    counts: Counts, module: Module, info: DebugInfo
) -> Iterator[tuple[str, tuple[str, int], int]]:
    """Each function's name, the line it begins at, and how often it was entered.

    One that was inlined is entered where the code of each copy begins.
    """
    inlining = info.inlining()
    imported = module.func_count - len(module.funcs)
    for number, func in enumerate(module.funcs):
        start = func.offset - module.code_offset
        declared = inlining.func_at(start)
        line = None if info.lines is None else info.lines.line_at(start)
        if declared is not None:
            line = declared.declared_at or line
        if line is not None:
            yield info.names[imported + number], line, counts.by_offset.get(start, 0)
    for call in inlining.calls:
        if call.declared_at is not None:
            yield call.name, call.declared_at, counts.by_offset.get(call.entry, 0)


def add_lines(
    report: CoverageReport,
    counts: Counts,
    info: DebugInfo,
    root: Path,
    places: Sequence[Path],
) -> None:
    """Add the lines: each as often as the instruction of it that ran most."""
    if info.lines is None:
        return
    ran: dict[tuple[str, int], int] = dict.fromkeys(info.lines.all_lines(), 0)
    for offset, count in counts.by_offset.items():
        line = info.lines.line_at(offset)
        if line is not None:
            ran[line] = max(ran.get(line, 0), count)
    for (file, number), count in ran.items():
        path = source_path(file, root, places)
        if path is None:
            report.missing.add(file)
            continue
        lines = report.files.setdefault(path, FileCoverage()).lines
        lines[number] = lines.get(number, 0) + count


def add_branches(
    report: CoverageReport,
    counts: Counts,
    found: tuple[Module, SourceLines],
    root: Path,
    places: Sequence[Path],
) -> None:
    """Add the branches of a module's lines, if edges were counted."""
    module, source = found
    if not counts.by_edge:
        return
    for branch in module_branches(module):
        line = source.line_at(branch.offset)
        path = None if line is None else source_path(line[0], root, places)
        if line is None or path is None:
            continue
        branches = report.files.setdefault(path, FileCoverage()).branches
        edges = branch.edge_count, edge_counts(branch, counts)
        branches.setdefault(line[1], []).append(edges)


def source_path(file: str, root: Path, places: Sequence[Path]) -> str | None:
    """The path of a source in the project; None for one that is not there."""
    for place in places:
        try:
            path = place.joinpath(file).resolve()
            if path.is_file() and path.is_relative_to(root):
                return path.relative_to(root).as_posix()
        except (OSError, ValueError):
            continue
    return None


def lcov_text(report: CoverageReport) -> str:
    """The report in lcov's form: files, functions and lines in order."""
    parts = []
    for path in sorted(report.files):
        file = report.files[path]
        functions = sorted(
            file.functions.items(), key=lambda item: (item[1][0], item[0])
        )
        lines = [
            "TN:",
            f"SF:{path}",
            *(f"FN:{line},{name}" for name, (line, _) in functions),
            *(f"FNDA:{count},{name}" for name, (_, count) in functions),
            f"FNF:{len(functions)}",
            f"FNH:{sum(count > 0 for _, (_, count) in functions)}",
            *branch_lines(file),
            *(f"DA:{line},{file.lines[line]}" for line in sorted(file.lines)),
            f"LF:{len(file.lines)}",
            f"LH:{file.hit}",
            "end_of_record",
        ]
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def branch_lines(file: FileCoverage) -> Iterator[str]:
    """The file's branches in lcov's form; none where no edges were counted."""
    if not file.branches:
        return
    for line in sorted(file.branches):
        for block, (edge_count, counts) in enumerate(file.branches[line]):
            for edge in range(edge_count):
                count = "-" if counts is None else counts[edge]
                yield f"BRDA:{line},{block},{edge},{count}"
    passed, found = file.branch_totals
    yield f"BRF:{found}"
    yield f"BRH:{passed}"


def table_lines(report: CoverageReport) -> list[str]:
    """A row for each file, and the total; branches if edges were counted."""
    has_branches = any(file.branches for file in report.files.values())
    rows: list[tuple[str, ...]] = [
        ("File", "Lines", "Branches", "Functions", "Uncovered")
    ]
    for path in sorted(report.files):
        file = report.files[path]
        entered = sum(count > 0 for _, count in file.functions.values())
        rows.append(
            (
                path,
                share(file.hit, len(file.lines)),
                share(*file.branch_totals),
                share(entered, len(file.functions)),
                file.uncovered,
            )
        )
    rows.append(("Total", share(report.hit, report.found), "", "", ""))
    if not has_branches:
        rows = [(row[0], row[1], *row[3:]) for row in rows]
    return [*columns(rows), *tail_lines(report)]


def tail_lines(report: CoverageReport) -> list[str]:
    """Functions without lines, and sources that are not there."""
    lines = [
        f"{name}: entered {count:,} times, no source lines"
        for name, count in sorted(report.without_lines.items())
    ]
    if report.missing:
        lines.append(f"not in the project: {', '.join(sorted(report.missing)[:20])}")
    return lines


def columns(rows: Iterable[tuple[str, ...]]) -> list[str]:
    """Rows with their cells under each other."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in table
    ]


def share(part: int, whole: int) -> str:
    """`16/21 76.1%`, cut to a tenth."""
    if not whole:
        return "0/0"
    tenths = 1_000 * part // whole
    return f"{part}/{whole} {tenths // 10}.{tenths % 10}%"
