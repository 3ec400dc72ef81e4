"""The picture of the README: what a few commands print, and where the gas goes.

`python -m tools.tour_picture` runs the commands in an empty folder and writes
docs/figures/tour.svg. The result is the same on every machine.
"""

import io
import json
import shlex
import tempfile
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from contractvm_cli.main import main

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "figures" / "tour.svg"
# Each command, and the beginnings of the lines that are shown of what it prints.
STEPS = (
    (
        "deploy --init-code token/token_init.wasm --as token --abi token/token.json",
        ("contract ", "gas used"),
    ),
    ("book add bob @1", ()),
    (
        "send token transfer bob 1.5ether --cross-check",
        ("status", "gas used", "result"),
    ),
    ("trace '$tx'", ("token::", "├─ emit", "└─")),
)
EXPLAINED = "gas '$tx'"
WIDTH, ROW, MARGIN, MOST_CHARACTERS = 920, 19, 24, 104
COLOURS = {
    "storage": "#2f6fde",
    "transaction": "#8a94a6",
    "calldata": "#e0a030",
    "memory": "#9b59d0",
    "host": "#2e9e6b",
    "instructions": "#d0503f",
}
STYLE = """
svg { --paper: #fbfbfd; --ink: #1d2330; --faint: #667085; --edge: #d5d9e2 }
@media (prefers-color-scheme: dark) {
  svg { --paper: #171b22; --ink: #e6e9ef; --faint: #9aa4b2; --edge: #323a46 }
}
text { font: 13px ui-monospace, Menlo, Consolas, monospace; fill: var(--ink);
  white-space: pre }
.faint { fill: var(--faint) } .command { font-weight: 700 }
rect.card { fill: var(--paper); stroke: var(--edge) }
"""


def printed(command: str) -> str:
    """What a command prints; raises RuntimeError if it fails."""
    content = io.BytesIO()
    shown = io.TextIOWrapper(content, encoding="utf-8", write_through=True)
    with redirect_stdout(shown), redirect_stderr(shown):
        code = main(shlex.split(command))
    if code != 0:
        raise RuntimeError(f"contractvm {command}: {content.getvalue().decode()}")
    return content.getvalue().decode()


def session() -> tuple[list[tuple[str, list[str]]], dict[str, Any]]:
    """The commands with the lines that are shown, and the explained gas."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        Path("token").symlink_to(ROOT / "examples" / "token")
        steps = []
        for command, beginnings in STEPS:
            lines = printed(command).splitlines()
            shown = [line for line in lines if line.startswith(beginnings)]
            steps.append((command, shown))
        return steps, json.loads(printed(f"{EXPLAINED} --json"))


def text(place: tuple[int, int], content: str, kind: str = "") -> str:
    """A line of text."""
    shown = content
    if len(content) > MOST_CHARACTERS:
        shown = f"{content[: MOST_CHARACTERS - 3]}..."
    mark = f' class="{kind}"' if kind else ""
    return f'<text x="{place[0]}" y="{place[1]}"{mark}>{escape(shown)}</text>'


def bars(gas: dict[str, Any], top: int) -> Iterator[str]:
    """The gas of a transaction, as one bar of its groups with their shares."""
    per_gas, total = gas["unitsPerGas"], gas["gasUsedUnits"]
    yield text((MARGIN, top), f"$ contractvm {EXPLAINED}", "command")
    whole = f"{gas['gasUsed']:,} gas, to the last of {total:,} units"
    yield text((MARGIN, top + ROW), whole)
    groups = [one for one in gas["groups"] if one["group"] in COLOURS]
    groups.sort(key=lambda one: -one["units"])
    left, length, row = MARGIN, WIDTH - 2 * MARGIN, top + 2 * ROW
    for index, one in enumerate(groups):
        width = one["units"] * length // total
        colour = COLOURS[one["group"]]
        yield (
            f'<rect x="{left}" y="{row - 9}" width="{max(width, 1)}" height="16"'
            f' fill="{colour}"/>'
        )
        left += width
        place = MARGIN + index % 3 * (length // 3), row + 30 + index // 3 * ROW
        yield (
            f'<rect x="{place[0]}" y="{place[1] - 10}" width="10" height="10"'
            f' fill="{colour}"/>'
        )
        shown = f"{one['units'] / per_gas:,.1f}"
        yield text((place[0] + 16, place[1]), f"{one['group']} {shown}")


def picture() -> str:
    """The whole drawing."""
    steps, gas = session()
    parts, row = [], MARGIN + ROW
    for command, lines in steps:
        parts.append(text((MARGIN, row), f"$ contractvm {command}", "command"))
        for line in lines:
            row += ROW
            parts.append(text((MARGIN, row), line, "faint"))
        row += ROW + 6
    parts += bars(gas, row)
    height = row + 5 * ROW + MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        ' role="img" aria-label="A token is deployed and called; every unit of gas'
        ' is explained">'
    )
    card = (
        f'<rect class="card" x="1" y="1" width="{WIDTH - 2}" height="{height - 2}"'
        ' rx="10"/>'
    )
    return "\n".join((head, f"<style>{STYLE}</style>", card, *parts, "</svg>")) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
