"""The table and the plot of benchmarks.trie_sizes."""

from collections.abc import Sequence
from pathlib import Path

Figures = dict[str, float]
LINES = {
    "get": "get",
    "proof": "proof",
    "update": "update and commit, 1,000 keys at once",
}


def table(rows: Sequence[Figures]) -> str:
    """A Markdown table; the update also relative to that of 10^4 keys."""
    by_size = {row["size"]: row["update"] for row in rows}
    base = by_size.get(10_000, rows[0]["update"])
    lines = [
        "| keys | get, µs | proof, µs | update and commit of 1,000, ms | to 10^4"
        " | passed, ms | load, s | peak while loading, MB | on disk, MB |",
        "| ---: " * 9 + "|",
    ]
    lines += [
        f"| {row['size']:,.0f} | {row['get'] * 1e6:.1f} | {row['proof'] * 1e6:.1f}"
        f" | {row['update'] * 1e6:.1f} | {row['update'] / base:.2f}"
        f" | {row['update_wall'] * 1e6:.0f} | {row['load_seconds']:.1f}"
        f" | {row['load_peak_megabytes']:.0f} | {row['disk_megabytes']:.1f} |"
        for row in rows
    ]
    return "\n".join(lines)


def draw(rows: Sequence[Figures], path: Path) -> None:
    """Write the plot as `path`.png and .svg."""
    # Needed only for plots: the extra `bench`.
    import matplotlib as mpl

    mpl.use("Agg")
    mpl.rcParams["svg.hashsalt"] = "contractvm"
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    sizes = [row["size"] for row in rows]
    for name, label in LINES.items():
        axes.plot(sizes, [row[name] * 1e6 for row in rows], marker="o", label=label)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("keys in the trie")
    axes.set_ylabel("processor time, microseconds a key")
    axes.set_title("The trie's cost against its size, on LevelDB")
    axes.grid(visible=True, alpha=0.3)
    axes.legend()
    figure.savefig(path.with_suffix(".png"), dpi=150, metadata={"Software": None})
    figure.savefig(path.with_suffix(".svg"), metadata={"Date": None, "Creator": None})
    plt.close(figure)
