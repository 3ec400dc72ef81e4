"""A gas report as a flame graph: one self-contained SVG file."""

import zlib
from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from chain_sim.ethereum.gas_report.report_stacks import FrameKind, Path, root_frame
from chain_sim.ethereum.gas_report.report_tree import charged_tree
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import GasReport
from contractvm_cli.failures import on_one_line
from contractvm_cli.gas.amounts import GasAmounts, share_text
from contractvm_cli.gas.flame_layout import PIXEL, Box, place_boxes

# In pixels.
WIDTH, MARGIN = 1200, 16
ROW, GAP = 20, 1
HEADER, FOOTER = 66, 40
LETTER_HUNDREDTHS = 662  # of a pixel, the width of a letter of 11 px in FONT
PADDING = 5
FONT = "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace"
TITLE_FONT = "system-ui, 'DejaVu Sans', Helvetica, Arial, sans-serif"
INK, FAINT, PAPER = "#1f2430", "#5c6370", "#ffffff"

# Three shades of each, to tell neighbours apart.
COLOURS: dict[FrameKind, tuple[str, str, str]] = {
    FrameKind.TRANSACTION: ("#cfd6de", "#c3ccd6", "#d9dfe6"),
    FrameKind.MESSAGE: ("#9ec5e8", "#8fbbe3", "#aed0ee"),
    FrameKind.FUNC: ("#f7b267", "#f9c179", "#f4a259"),
    FrameKind.HOST: ("#8fcf9f", "#a3dab0", "#7fc592"),
    FrameKind.COST: ("#d9b8e6", "#cfa9df", "#e2c6ec"),
}


def flame_graph_text(report: GasReport, stacks: Mapping[Path, int]) -> str:
    """The file's text. The lowest box is all that was charged."""
    root = charged_tree(root_frame(report), stacks)
    boxes = list(place_boxes(root, (WIDTH - 2 * MARGIN) * PIXEL))
    level_count = 1 + max((box.level for box in boxes), default=0)
    bar_count = level_count + 1
    height = HEADER + bar_count * ROW + FOOTER
    svg = Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "font-family": FONT,
            "font-size": "11",
            "fill": INK,
        },
    )
    SubElement(svg, "title").text = on_one_line(report.title)
    SubElement(svg, "rect", {"width": str(WIDTH), "height": str(height), "fill": PAPER})
    add_header(svg, report)
    gas = GasAmounts(report.units_per_gas, (box.units for box in boxes))
    for box in boxes:
        top = HEADER + (level_count - 1 - box.level) * ROW
        add_box(svg, box, top, gas(box.units), share_text(box.units, root.units))
    add_settlement(svg, report, root.units, HEADER + level_count * ROW)
    add_legend(svg, [box.frame.kind for box in boxes], height - FOOTER + 16)
    indent(svg)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(svg, "unicode") + "\n"


def add_header(svg: Element, report: GasReport) -> None:
    """What was run, what it cost and under which prices."""
    title = add_text(svg, MARGIN, 26, shortened(report.title, 110))
    title.attrib.update({"font-size": "16", "font-family": TITLE_FONT})
    title.set("font-weight", "600")
    facts = (
        f"{report.gas_used:,} gas used  ·  schedule {report.schedule}"
        f" {format_data(report.schedule_hash[:8])}...  ·  widths are gas"
    )
    line = add_text(svg, MARGIN, 46, facts)
    line.attrib.update({"fill": FAINT, "font-size": "12", "font-family": TITLE_FONT})


def add_box(svg: Element, box: Box, top: int, gas: str, share: str) -> None:
    """A frame: a box with as much of its name as fits, and all of it as a tooltip."""
    left, width = box.left + MARGIN * PIXEL, box.width
    group = SubElement(svg, "g")
    name = on_one_line(box.frame.name)
    SubElement(group, "title").text = f"{name}: {gas} gas, {share}"
    shown_width = max(width - GAP * PIXEL // 2, PIXEL // 10)
    add_rect(group, left, top, shown_width, ROW - GAP).set("fill", colour_of(box))
    letters = (width - 2 * PADDING * PIXEL) // LETTER_HUNDREDTHS
    label = fitting_label(name, gas, letters)
    if label:
        add_text(group, 0, top + 14, label).set("x", pixels(left + PADDING * PIXEL))


def fitting_label(name: str, gas: str, letters: int) -> str:
    """The name and gas if they fit, else the name, its beginning, or nothing."""
    full = f"{name}  {gas}"
    if len(full) <= letters:
        return full
    return shortened(name, letters) if letters >= 3 else ""


def add_settlement(svg: Element, report: GasReport, charged: int, top: int) -> None:
    """The lowest bar: what was paid in the end, and how much was given back."""
    used = report.gas_used * report.units_per_gas
    width = (WIDTH - 2 * MARGIN) * PIXEL
    edge = used * width // charged if charged else width
    gas = GasAmounts(report.units_per_gas, (charged - used,))
    bars = [("gas used", used, 0, edge, INK, PAPER)]
    if charged > used:
        bars.append(("given back", charged - used, edge, width - edge, PAPER, INK))
    for name, units, left, size, fill, ink in bars:
        group = SubElement(svg, "g")
        label = f"{name}: {gas(units)}"
        SubElement(group, "title").text = f"{label} gas, {share_text(units, charged)}"
        shown_width = max(size - PIXEL, PIXEL // 10)
        rect = add_rect(group, left + MARGIN * PIXEL, top, shown_width, ROW - GAP)
        rect.attrib.update({"fill": fill, "stroke": INK})
        letters = (size - 2 * PADDING * PIXEL) // LETTER_HUNDREDTHS
        shown = fitting_label(name, gas(units), letters)
        if shown:
            text = add_text(group, 0, top + 14, shown)
            text.set("x", pixels(left + (MARGIN + PADDING) * PIXEL))
            text.set("fill", ink)


def add_legend(svg: Element, kinds: Sequence[FrameKind], top: int) -> None:
    """The colours used, and their meaning."""
    left = MARGIN
    for kind in FrameKind:
        if kind in kinds:
            rect = add_rect(svg, left * PIXEL, top, 12 * PIXEL, 12)
            rect.set("fill", COLOURS[kind][0])
            add_text(svg, left + 18, top + 10, kind.value).set("fill", FAINT)
            left += 18 + len(kind.value) * LETTER_HUNDREDTHS // PIXEL + 24


def add_rect(parent: Element, left: int, top: int, width: int, height: int) -> Element:
    """A rectangle with round corners; `left` and `width` in hundredths of a pixel."""
    place = {"x": pixels(left), "y": str(top), "width": pixels(width)}
    return SubElement(parent, "rect", {**place, "height": str(height), "rx": "2"})


def add_text(parent: Element, left: int, baseline: int, content: str) -> Element:
    """A line of text."""
    text = SubElement(
        parent, "text", {"x": str(left), "y": str(baseline), "xml:space": "preserve"}
    )
    text.text = content
    return text


def colour_of(box: Box) -> str:
    """The kind's colour, in a shade that the name chooses."""
    shades = COLOURS[box.frame.kind]
    return shades[zlib.crc32(box.frame.name.encode()) % len(shades)]


def shortened(text: str, letters: int) -> str:
    """The text, or its beginning and `..`."""
    clean = on_one_line(text)
    return clean if len(clean) <= letters else f"{clean[: letters - 2]}.."


def pixels(hundredths: int) -> str:
    """`12.5` for 1250."""
    whole, rest = divmod(hundredths, PIXEL)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".")
