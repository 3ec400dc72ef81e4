"""`contractvm schedule calibrate`."""

import platform
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress as Bars

from contractvm.calibration.classes import CLASSES
from contractvm.calibration.judging import Judgement, judge
from contractvm.calibration.measuring import Measurements, Progress
from contractvm.calibration.plot import FORMATS, Points, draw
from contractvm.calibration.pricing import units_of
from contractvm.calibration.repeating import measure_repeatedly
from contractvm.calibration.schedule_text import schedule_text
from contractvm.hosts.registry import load_checked
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, ENGINES, make_engine
from contractvm_cli.failures import CommandFailed, missing_library, record_done
from contractvm_cli.options import example, json_option, schedule_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.output_paths import try_file
from contractvm_cli.tables import NUMBER, TEXT, print_table
from gas_schedule.loader import parse_schedule
from gas_schedule.schedule import GasSchedule

NEEDED = ("numpy", "scipy")


@verb_command(
    "calibrate",
    epilog=example("contractvm schedule calibrate --name mine -o mine.toml"),
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Write the measured schedule, a .toml file.",
)
@click.option(
    "--name", default="measured", show_default=True, help="The name in that file."
)
@click.option(
    "--seconds",
    type=click.FloatRange(min=1),
    default=60.0,
    show_default=True,
    help="How long to measure.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Seed of the generated programs.",
)
@click.option(
    "--repeats",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Split the time among this many measurements, with consecutive seeds, and take"
    " medians.",
)
@click.option(
    "--engine",
    type=click.Choice(list(ENGINES)),
    default=DEFAULT_ENGINE,
    show_default=True,
    help="What is measured.",
)
@schedule_option(
    "The schedule to compare with, and to take other prices from.", "ewasm-metered"
)
@click.option(
    "--plot",
    type=click.Path(path_type=Path),
    metavar="PATH",
    help="Draw gas against time, a .png or .svg file.",
)
@json_option
def calibrate_command(**options: Any) -> None:
    """Measure what instructions and host functions cost on this machine and engine.

    Writes a schedule whose gas is proportional to time: 10,000,000 gas is one second.
    Host functions that work on state, transactions and precompiled contracts keep the
    prices of --schedule. Needs the extra `calibrate`.
    """
    output, plot = options["output"], options["plot"]
    check_options(output, plot)
    base = load_checked(options["schedule"])
    engine = make_engine(options["engine"])
    with progress_bars() as progress:
        seeds = range(options["seed"], options["seed"] + options["repeats"])
        found = measure_repeatedly(engine, base, options["seconds"], seeds, progress)
    text = schedule_text(found, base, options["name"], machine())
    made = parse_schedule(text.encode(), output or Path(f"{options['name']}.toml"))
    if output:
        output.write_text(text)
        record_done(f"{output} has the schedule {made.name}")
    panels = {schedule.name: points_of(found, schedule) for schedule in (base, made)}
    judged = {name: judge(points) for name, points in panels.items()}
    if options["as_json"]:
        print_json(document(found, base, made, judged))
    else:
        show(found, base, made, judged)
    if plot:
        draw(panels, plot)


def check_options(output: Path | None, plot: Path | None) -> None:
    """Refuse what would only fail after the measurement."""
    if output and output.suffix != ".toml":
        raise click.BadParameter("must end in .toml", param_hint="-o")
    if plot and plot.suffix not in FORMATS:
        raise click.BadParameter("must end in .png or .svg", param_hint="--plot")
    for path in (output, plot):
        if path and not path.absolute().parent.is_dir():
            raise CommandFailed(f"{path.parent}: no such directory")
        if path:
            try_file(path)
    for package in (*NEEDED, *(("matplotlib",) if plot else ())):
        if find_spec(package) is None:
            raise missing_library(package, "calibrate")


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """A progress bar for each step, on stderr if that is a terminal."""
    console = Console(stderr=True)
    with Bars(console=console, disable=not console.is_terminal) as bars:
        tasks: dict[str, Any] = {}

        def progress(step: str, share: float) -> None:
            if step not in tasks:
                tasks[step] = bars.add_task(step, total=1.0)
            bars.update(tasks[step], completed=share)

        yield progress


def machine() -> str:
    """The processor, as far as the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if "model name" in line]
    name = names[0] if names else platform.processor() or "an unknown processor"
    return f"{name} ({platform.machine()})"


def points_of(found: Measurements, schedule: GasSchedule) -> Points:
    """Gas and nanoseconds of each compiled workload under a schedule."""
    return {
        program.name: (
            units_of(program.counts, schedule) / schedule.units_per_gas,
            program.timing.least,
        )
        for program in found.workloads
    }


def show(
    found: Measurements,
    base: GasSchedule,
    made: GasSchedule,
    judged: dict[str, Judgement],
) -> None:
    """Tables as text."""
    print_table(
        {
            "class": TEXT,
            "ns": NUMBER,
            "low": NUMBER,
            "high": NUMBER,
            f"units, {base.name}": NUMBER,
            "ns/gas": NUMBER,
            f"units, {made.name}": NUMBER,
            "ns/gas ": NUMBER,
        },
        [class_row(found, base, made, entry.name) for entry in CLASSES],
    )
    print_table(
        {"measured alone": TEXT, "ns": NUMBER, "median above least": NUMBER},
        [
            (name, f"{cost:,.2f}", f"{found.spreads[name]:.0f} %")
            for name, cost in (*found.pieces.items(), *found.hosts.items())
        ],
    )
    for name, judgement in judged.items():
        print_facts(
            {
                "workloads under": name,
                "ns per gas": f"{judgement.nanoseconds_per_gas:.1f}",
                "greatest by least": f"{judgement.spread:.2f}",
                "R-squared": f"{judgement.at_equal_time:.3f} (equal times, from 0)",
            }
        )


def class_row(
    found: Measurements, base: GasSchedule, made: GasSchedule, name: str
) -> tuple[str, ...]:
    """A class: its cost, and its price before and after."""
    cost = found.classes[name]
    mnemonics = next(entry.mnemonics for entry in CLASSES if entry.name == name)
    cells = [name, *(f"{ns:.2f}" for ns in (cost.nanoseconds, cost.low, cost.high))]
    for schedule in (base, made):
        units = [
            schedule.instructions[mnemonic].base
            for mnemonic in mnemonics
            if mnemonic in schedule.instructions
        ]
        low, high = min(units, default=0), max(units, default=0)
        cells.append(f"{low}" if low == high else f"{low} to {high}")
        per_gas = cost.nanoseconds * schedule.units_per_gas
        rate = f"{per_gas / low:.0f}" if low else "free"
        cells.append(rate if low in (high, 0) else f"{per_gas / high:.0f} to {rate}")
    return tuple(cells)


def document(
    found: Measurements,
    base: GasSchedule,
    made: GasSchedule,
    judged: dict[str, Judgement],
) -> dict[str, Any]:
    """The result as a document; times in nanoseconds."""
    return {
        "engine": found.engine,
        "seed": found.seed,
        "repeats": found.repeats,
        "machine": machine(),
        "classes": {
            name: {"nanoseconds": cost.nanoseconds, "low": cost.low, "high": cost.high}
            for name, cost in found.classes.items()
        },
        "pieces": dict(found.pieces),
        "hostFunctions": dict(found.hosts),
        "spreads": dict(found.spreads),
        "workloads": {
            program.name: {
                "nanoseconds": program.timing.least,
                "spread": program.timing.spread,
                **{
                    schedule.name: units_of(program.counts, schedule)
                    / schedule.units_per_gas
                    for schedule in (base, made)
                },
            }
            for program in found.workloads
        },
        "schedules": {
            name: {
                "rSquared": judgement.r_squared,
                "rSquaredAtEqualTime": judgement.at_equal_time,
                "greatestByLeast": judgement.spread,
                "nanosecondsPerGas": judgement.nanoseconds_per_gas,
            }
            for name, judgement in judged.items()
        },
    }
