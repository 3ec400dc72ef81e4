"""A plot of gas against time per program, under schedules."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from contractvm.calibration.judging import judge

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Points = Mapping[str, tuple[float, float]]
FORMATS = (".png", ".svg")


def draw(panels: Mapping[str, Points], path: Path) -> None:
    """Draw a panel for each schedule, with logarithmic axes; PNG or SVG by suffix."""
    import matplotlib  # noqa: PLC0415 (an extra, and slow)
    from matplotlib import pyplot  # noqa: PLC0415

    matplotlib.use("Agg")
    # The same bytes for the same figures, and text that can be read and searched.
    matplotlib.rcParams.update({"svg.hashsalt": "contractvm", "svg.fonttype": "none"})
    figure, axes = pyplot.subplots(
        1, len(panels), figsize=(6.2 * len(panels), 5.6), squeeze=False, sharey=True
    )
    for axis, (name, points) in zip(axes[0], panels.items(), strict=True):
        _panel(axis, name, points)
    axes[0][0].set_ylabel("time, microseconds")
    figure.tight_layout()
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, dpi=130, metadata=metadata)
    pyplot.close(figure)


def _panel(axis: "Axes", name: str, points: Points) -> None:
    found = judge(points)
    gas = [cost for cost, _ in points.values()]
    times = [time / 1000 for _, time in points.values()]
    axis.set_xscale("log")
    axis.set_yscale("log")
    ends = [min(gas) * 0.8, max(gas) * 1.25]
    rate = found.nanoseconds_per_gas / 1000
    axis.plot(ends, [rate * end for end in ends], color="0.7", linewidth=1, zorder=1)
    axis.scatter(gas, times, s=18, zorder=2)
    for label, cost, time in zip(points, gas, times, strict=True):
        axis.annotate(
            label, (cost, time), fontsize=6.5, xytext=(3, 3), textcoords="offset points"
        )
    axis.set_xlabel("gas")
    axis.set_title(
        f"{name}: {found.nanoseconds_per_gas:.0f} ns per gas,"
        f" greatest by least {found.spread:.2f}",
        fontsize=10,
    )
    axis.grid(visible=True, which="major", color="0.92")
