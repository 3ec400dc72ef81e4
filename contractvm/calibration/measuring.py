"""A whole calibration: everything is timed, then fitted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contractvm.calibration.carried import carried_pieces
from contractvm.calibration.counting import (
    Counts,
    count_executed,
    every_instruction_at_one,
)
from contractvm.calibration.fitting import (
    ClassCost,
    KernelTime,
    fit_costs,
    supposed_nanoseconds,
)
from contractvm.calibration.floats import float_pieces
from contractvm.calibration.host_costs import DATA_BYTES, host_works, timed_calls
from contractvm.calibration.making import (
    ACTIVE_SEGMENTS,
    ITEM,
    NOTHING,
    PASSIVE_SEGMENTS,
    making_works,
)
from contractvm.calibration.pieces import (
    GROWN_ELEMENTS,
    GROWN_PAGES,
    GROWTH,
    TABLE_GROWTH,
    Piece,
    integer_pieces,
    loop_of,
)
from contractvm.calibration.running import Program, ProgramRun
from contractvm.calibration.timing import Timing, time_in_turns
from contractvm.calibration.workloads import (
    assembled,
    compiled_workloads,
    generated_programs,
)
from contractvm.wasm.engines.interface import Engine
from gas_schedule.schedule import GasSchedule

# How the measuring time is divided.
SHARE_OF_PROGRAMS, SHARE_OF_PIECES = 0.6, 0.25
# A generated program weighs less than a realistic one.
WEIGHT_OF_GENERATED = 0.6

Progress = Callable[[str, float], None]


@dataclass(frozen=True, slots=True)
class MeasuredProgram:
    """A workload's counts and time."""

    name: str
    counts: Counts
    timing: Timing


@dataclass(frozen=True, slots=True)
class Measurements:
    """Times in nanoseconds; pieces and host functions by name, for one execution.

    `pieces` with a size are for all of it. `spreads` are in per cent, by the same
    names. It is the median of `repeats` measurements, with seeds from `seed` on.
    """

    engine: str
    seed: int
    classes: Mapping[str, ClassCost]
    pieces: Mapping[str, float]
    hosts: Mapping[str, float]
    spreads: Mapping[str, float]
    workloads: tuple[MeasuredProgram, ...]
    repeats: int = 1


def measure(
    engine: Engine, base: GasSchedule, seconds: float, seed: int, progress: Progress
) -> Measurements:
    """Measure for about that many seconds, plus some to get ready."""
    counted, written = _programs(engine, base, seed, progress)
    programs = [program for program, _ in counted]
    timings = _time_programs(
        engine, base, programs, seconds * SHARE_OF_PROGRAMS, progress
    )
    measured = [
        MeasuredProgram(program.name, counts, timings[program.name])
        for program, counts in counted
    ]
    pieces, spreads = _measure_pieces(engine, base, seconds * SHARE_OF_PIECES, progress)
    share = 1 - SHARE_OF_PROGRAMS - SHARE_OF_PIECES
    hosts, host_spreads = _measure_hosts(engine, base, seconds * share, progress)
    return Measurements(
        engine.name,
        seed,
        fit_classes(measured, written, seed),
        pieces,
        hosts,
        spreads | host_spreads,
        tuple(measured[:written]),
    )


def fit_classes(
    measured: list[MeasuredProgram], written: int, seed: int
) -> dict[str, ClassCost]:
    """The fit over all programs, of which the first ones were written by people."""
    observations = [
        KernelTime(
            program.counts,
            program.timing.least,
            1.0 if place < written else WEIGHT_OF_GENERATED,
        )
        for place, program in enumerate(measured)
    ]
    ratios = sorted(
        seen.nanoseconds / supposed_nanoseconds(seen.counts) for seen in observations
    )
    return fit_costs(observations, ratios[len(ratios) // 2], seed)


def _programs(
    engine: Engine, base: GasSchedule, seed: int, progress: Progress
) -> tuple[list[tuple[Program, Counts]], int]:
    """All programs with their counts; the first ones, this many, are workloads."""
    workloads = list(compiled_workloads(engine, base))
    programs = [*workloads, *generated_programs(engine, base, seed)]
    counted = []
    for number, program in enumerate(programs, start=1):
        counted.append((program, count_executed(engine, base, program)))
        progress("counting instructions", number / len(programs))
    return counted, len(workloads)


def _time_programs(
    engine: Engine,
    base: GasSchedule,
    programs: list[Program],
    seconds: float,
    progress: Progress,
) -> dict[str, Timing]:
    schedule = every_instruction_at_one(base)
    works = {
        program.name: ProgramRun(engine, schedule, program) for program in programs
    }
    return time_in_turns(
        works, seconds, lambda share: progress("timing programs", share)
    )


def _measure_pieces(
    engine: Engine, base: GasSchedule, seconds: float, progress: Progress
) -> tuple[dict[str, float], dict[str, float]]:
    schedule = every_instruction_at_one(base)
    works: dict[str, Callable[[], object]] = {}
    pieces = all_pieces()
    for piece in pieces:
        for key, statement in _both(piece):
            works[key] = ProgramRun(engine, schedule, loop_of(piece, statement))
    works["page"] = _growth(engine, schedule, GROWTH)
    works["table.grow elements"] = _growth(engine, schedule, TABLE_GROWTH)
    nothing = '(module (func (export "run") (param i32) (result i32) local.get 0))'
    works["nothing"] = _growth(engine, schedule, nothing)
    works |= making_works(engine, schedule)
    timings = time_in_turns(
        works, seconds, lambda share: progress("timing pieces", share)
    )
    least = {name: timing.least for name, timing in timings.items()}
    costs = {
        piece.name: max(0.0, least[piece.name] - least[_without(piece)])
        / piece.executions
        for piece in pieces
    }
    costs["page"] = (least["page"] - least["nothing"]) / GROWN_PAGES
    elements = least["table.grow elements"] - least["nothing"]
    costs["table.grow elements"] = elements / GROWN_ELEMENTS
    for name in (PASSIVE_SEGMENTS, ACTIVE_SEGMENTS, ITEM):
        costs[name] = max(0.0, least[name] - least[NOTHING])
    return costs, {name: timings[name].spread for name in costs}


def all_pieces() -> list[Piece]:
    """Every piece that a calibration measures."""
    return [*integer_pieces(), *float_pieces(), *carried_pieces()]


def _both(piece: Piece) -> tuple[tuple[str, str], tuple[str, str]]:
    return (piece.name, piece.statement), (_without(piece), piece.without)


def _without(piece: Piece) -> str:
    return f"{piece.name}, without"


def _growth(engine: Engine, schedule: GasSchedule, text: str) -> Callable[[], object]:
    """A call in a fresh instance each time."""
    program = Program("growth", assembled(text), 1)

    def call() -> int:
        return ProgramRun(engine, schedule, program)()

    return call


def _measure_hosts(
    engine: Engine, base: GasSchedule, seconds: float, progress: Progress
) -> tuple[dict[str, float], dict[str, float]]:
    works, timed = host_works(engine, base), timed_calls(base)
    names = (*timed.arguments, *timed.endings)
    long = f"{timed.copy} long"
    timings = time_in_turns(
        {name: work.run for name, work in works.items()},
        seconds,
        lambda share: progress("timing host functions", share),
    )
    costs = {}
    for name in names:
        without = timings[" end" if name in timed.endings else ""].least
        costs[name] = max(0.0, timings[name].least - without) / works[name].calls
    longer = timings[long].least - timings[timed.copy].least
    costs["word"] = max(0.0, longer) / works[""].calls / (DATA_BYTES // 32)
    spreads = {name: timings[name].spread for name in names}
    return costs, spreads | {"word": timings[long].spread}
