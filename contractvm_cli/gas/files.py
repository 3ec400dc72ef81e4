"""Output files of `contractvm gas`, and their options."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import click

from chain_sim.ethereum.gas_report.report_stacks import gas_stacks
from contractvm.ledger.report import GasReport
from contractvm_cli.gas.flame_graph import flame_graph_text
from contractvm_cli.gas.profiles import folded_text, speedscope_text
from contractvm_cli.options import gathered
from contractvm_cli.output_paths import STDOUT, OutputFile


@dataclass(frozen=True, slots=True)
class OutputFiles:
    """Where to write which form of the stacks; None is nowhere, `-` is stdout."""

    flamegraph: Path | None
    speedscope: Path | None
    folded: Path | None

    @property
    def takes_stdout(self) -> bool:
        """Whether one of them goes to stdout, instead of the tables."""
        return STDOUT in (self.flamegraph, self.speedscope, self.folded)

    def write(self, report: GasReport) -> None:
        """Write what was asked for; OSError names the file."""
        stacks = gas_stacks(report)
        texts: tuple[tuple[Path | None, Callable[[], str]], ...] = (
            (self.flamegraph, lambda: flame_graph_text(report, stacks)),
            (self.speedscope, lambda: speedscope_text(report, stacks)),
            (self.folded, lambda: folded_text(stacks)),
        )
        for path, make_text in texts:
            if path == STDOUT:
                click.echo(make_text(), nl=False)
            elif path is not None:
                path.write_text(make_text(), encoding="utf-8")

    def written(self) -> Iterator[str]:
        """The files, as text."""
        for path in (self.flamegraph, self.speedscope, self.folded):
            if path is not None and path != STDOUT:
                yield str(path)


def output_option(name: str, help_text: str) -> Callable[..., object]:
    """An option that takes the path of a file to write."""
    return click.option(name, type=OutputFile(), metavar="PATH", help=help_text)


def read_output_files(
    flamegraph: Path | None, speedscope: Path | None, folded: Path | None
) -> OutputFiles:
    """The files; wrong usage if two would go to stdout."""
    if [flamegraph, speedscope, folded].count(STDOUT) > 1:
        raise click.UsageError(
            "Only one thing can be written to stdout.", click.get_current_context()
        )
    return OutputFiles(flamegraph, speedscope, folded)


output_files = gathered(
    read_output_files,
    "files",
    output_option("--flamegraph", "Write a flame graph, as SVG; - is stdout."),
    output_option("--speedscope", "Write a profile for speedscope, as JSON."),
    output_option(
        "--folded", "Write folded stacks, in units, for other programs that draw."
    ),
)
