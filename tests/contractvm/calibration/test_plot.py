"""Plots of gas against time: the same bytes for the same figures."""

from pathlib import Path

import pytest

from contractvm.calibration.plot import Points, draw

PANELS: dict[str, Points] = {
    "first": {"sort": (10.0, 20_000.0), "hash": (100.0, 150_000.0)},
    "second": {"sort": (20.0, 20_000.0), "hash": (150.0, 150_000.0)},
}


def test_an_svg_is_text_and_the_same_each_time(tmp_path: Path) -> None:
    one, two = tmp_path / "one.svg", tmp_path / "two.svg"
    draw(PANELS, one)
    draw(PANELS, two)
    text = one.read_text()
    assert text == two.read_text()
    assert "<dc:date>" not in text
    # The median rate: of 2,000 and 1,500, and of 1,000 twice.
    assert ">first: 1750 ns per gas, greatest by least 1.33</text>" in text
    assert ">second: 1000 ns per gas, greatest by least 1.00</text>" in text
    assert text.count(">sort</text>") == text.count(">hash</text>") == 2
    assert text.count(">gas</text>") == 2
    assert text.count(">time, microseconds</text>") == 1


def test_a_panel_has_both_axes_and_the_line_of_its_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matplotlib import pyplot  # noqa: PLC0415 (slow)

    kept = []
    monkeypatch.setattr(pyplot, "close", kept.append)
    draw(PANELS, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")
    (figure,) = kept
    monkeypatch.undo()
    first, second = figure.axes
    assert figure.get_size_inches().tolist() == [12.4, 5.6]
    assert (first.get_xscale(), first.get_yscale()) == ("log", "log")
    (line,) = second.lines
    assert line.get_xdata() == pytest.approx([16.0, 187.5])
    assert line.get_ydata() == pytest.approx([16.0, 187.5])
    (dots,) = first.collections
    assert dots.get_offsets().tolist() == [[10.0, 20.0], [100.0, 150.0]]
    assert [text.xy for text in first.texts] == [(10.0, 20.0), (100.0, 150.0)]
    pyplot.close(figure)
