"""Coverage by source line and function: lcov files and tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_testing.coverage.counts import AllCounts, Counts
from contractvm.errors import ContractVmError
from contractvm.ledger.debug_info import DebugInfo
from contractvm.wasm.binary.decoder import decode_module


@dataclass(slots=True)
class FileCoverage:
    """A source file: how often its lines and functions ran.

    Functions have their first line and how often they were entered.
    """

    lines: dict[int, int] = field(default_factory=dict)
    functions: dict[str, tuple[int, int]] = field(default_factory=dict)

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


def make_report(
    counts: AllCounts, root: Path, folders: Sequence[Path] = ()
) -> CoverageReport:
    """The coverage of sources below `root`; they are looked for in `folders` too."""
    report = CoverageReport()
    places = [root, *folders]
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
    if info.lines is not None:
        add_lines(report, counts, info, root, places)
    imported = module.func_count - len(module.funcs)
    for number, func in enumerate(module.funcs):
        start = func.offset - module.code_offset
        name = info.names[imported + number]
        entered = counts.by_offset.get(start, 0)
        found = None if info.lines is None else info.lines.line_at(start)
        if found is None:
            if info.lines is None:
                before = report.without_lines.get(name, 0)
                report.without_lines[name] = before + entered
            continue
        path = source_path(found[0], root, places)
        if path is not None:
            functions = report.files.setdefault(path, FileCoverage()).functions
            before = functions.get(name, (0, 0))[1]
            functions[name] = found[1], before + entered


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
            *(f"DA:{line},{file.lines[line]}" for line in sorted(file.lines)),
            f"LF:{len(file.lines)}",
            f"LH:{file.hit}",
            "end_of_record",
        ]
        parts.append("\n".join(lines) + "\n")
    return "".join(parts)


def table_lines(report: CoverageReport) -> list[str]:
    """A row for each file, and the total."""
    rows = [("File", "Lines", "Functions", "Uncovered")]
    for path in sorted(report.files):
        file = report.files[path]
        entered = sum(count > 0 for _, count in file.functions.values())
        rows.append(
            (
                path,
                share(file.hit, len(file.lines)),
                share(entered, len(file.functions)),
                file.uncovered,
            )
        )
    rows.append(("Total", share(report.hit, report.found), "", ""))
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
