"""A plot of gas by size: the measurements, and the fitted curve."""

from pathlib import Path

from contract_fuzz.judging.gas_shape import Shape

FORMATS = (".png", ".svg")
CURVE_POINTS = 200


def draw_shape(shape: Shape, size_name: str, path: Path) -> None:
    """PNG or SVG by the extension; the same bytes for the same shape."""
    import matplotlib  # noqa: PLC0415 (an extra, and slow)
    from matplotlib import pyplot  # noqa: PLC0415

    matplotlib.use("Agg")
    matplotlib.rcParams.update({"svg.hashsalt": "contractvm", "svg.fonttype": "none"})
    figure, axis = pyplot.subplots(figsize=(7.2, 4.8))
    sizes = [size for size, _ in shape.points]
    axis.scatter(sizes, [gas for _, gas in shape.points], s=18, zorder=2)
    if shape.coefficients and sizes:
        last = max(*sizes, 1)
        curve = sorted(
            {last * step // CURVE_POINTS for step in range(CURVE_POINTS + 1)}
        )
        axis.plot(
            curve, [int(shape.gas_at(size)) for size in curve], color="0.6", zorder=1
        )
    axis.set_xlabel(size_name)
    axis.set_ylabel("gas used")
    axis.set_title(f"{shape.name}: {shape.formula}", fontsize=10)
    axis.grid(visible=True, color="0.92")
    figure.tight_layout()
    metadata = {"Date": None} if path.suffix == ".svg" else None
    figure.savefig(path, dpi=130, metadata=metadata)
    pyplot.close(figure)
