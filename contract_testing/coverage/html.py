"""Coverage as pages: an index, and each source with how often its lines ran."""

from collections.abc import Iterator
from html import escape
from pathlib import Path

from contract_testing.coverage.report import (
    CoverageReport,
    FileCoverage,
    share,
    tail_lines,
)

STYLE = """body{font-family:sans-serif;margin:2em;color:#222}
table{border-collapse:collapse}td,th{padding:.2em .8em;text-align:left}
.n{text-align:right;font-family:monospace;color:#555}
pre{margin:0;font-family:monospace}
.hit{background:#dff5dd}.missed{background:#fbdedc}.part{background:#fff3cd}
"""
# A file of more lines is shown up to here.
MAX_LINES = 50_000


def write_html(report: CoverageReport, root: Path, folder: Path) -> None:
    """Write the pages into a folder; sources are read below `root`.

    Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    names = {path: page_name(path) for path in sorted(report.files)}
    for path, name in names.items():
        text = root.joinpath(path).read_text("utf-8", errors="replace")
        page = source_page(path, report.files[path], text)
        folder.joinpath(name).write_text(page, encoding="utf-8")
    index = index_page(report, names)
    folder.joinpath("index.html").write_text(index, encoding="utf-8")


def page_name(path: str) -> str:
    """A file's name for a source: no two sources share one."""
    safe = "".join(
        letter
        if letter.isascii()
        and (letter.isalnum() or letter in "._-")
        # An underscore begins what another letter became.
        and letter != "_"
        else f"_{ord(letter):x}_"
        for letter in path
    )
    return f"{safe}.html"


def index_page(report: CoverageReport, names: dict[str, str]) -> str:
    """All files with their shares, and what is not in them."""
    rows = [
        f'<tr><td><a href="{escape(name)}">{escape(path)}</a></td>'
        f"{share_cells(report.files[path])}</tr>"
        for path, name in names.items()
    ]
    total = share(report.hit, report.found)
    rows.append(f'<tr><th>Total</th><th class="n">{total}</th><th></th><th></th></tr>')
    head = "<tr><th>File</th><th>Lines</th><th>Branches</th><th>Functions</th></tr>"
    rest = "".join(f"<p>{escape(line)}</p>" for line in tail_lines(report))
    return page_of("Coverage", f"<table>{head}{''.join(rows)}</table>{rest}")


def share_cells(file: FileCoverage) -> str:
    """Lines, branches and functions of a file."""
    entered = sum(count > 0 for _, count in file.functions.values())
    shares = (
        share(file.hit, len(file.lines)),
        share(*file.branch_totals),
        share(entered, len(file.functions)),
    )
    return "".join(f'<td class="n">{text}</td>' for text in shares)


def source_page(path: str, file: FileCoverage, text: str) -> str:
    """A source, line by line."""
    lines = text.splitlines()
    rows = "".join(source_rows(file, lines[:MAX_LINES]))
    cut = len(lines) - MAX_LINES
    more = f"<p>and {cut:,} more lines</p>" if cut > 0 else ""
    back = '<p><a href="index.html">all files</a></p>'
    return page_of(path, f"{back}<table>{rows}</table>{more}")


def source_rows(file: FileCoverage, lines: list[str]) -> Iterator[str]:
    """A row for each line: its number, its count, its branches, its text."""
    for number, line in enumerate(lines, start=1):
        count = file.lines.get(number)
        edges = file.branches.get(number, ())
        passed = sum(edge > 0 for _, each in edges for edge in each or ())
        total = sum(edge_count for edge_count, _ in edges)
        kind = ""
        if count is not None:
            kind = "hit" if count else "missed"
            if count and passed < total:
                kind = "part"
        branches = f"{passed}/{total}" if total else ""
        shown = "" if count is None else f"{count:,}"
        yield (
            f'<tr class="{kind}"><td class="n">{number}</td><td class="n">{shown}</td>'
            f'<td class="n">{branches}</td><td><pre>{escape(line)}</pre></td></tr>\n'
        )


def page_of(title: str, body: str) -> str:
    """A whole page, without scripts and without anything from elsewhere."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><h1>{escape(title)}</h1>{body}</body></html>\n"
    )
