"""A run of a WASI command: a module that exports `_start`."""

from collections.abc import Mapping
from dataclasses import dataclass

from contractvm.errors import (
    ExecutionStopped,
    InternalError,
    LinkError,
    RefusedModule,
)
from contractvm.hosts.guest_memory import LinearMemory
from contractvm.hosts.wasi.endings import ProcessExit
from contractvm.hosts.wasi.host_interface import INTERFACE, PROGRAM_PROFILE
from contractvm.hosts.wasi.imports import check_imports
from contractvm.hosts.wasi.state import WasiState
from contractvm.metering.names import START_EXPORT
from contractvm.runtime.gas_meter import GasMeter
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline, PreparedModule
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.structure.types import FuncType
from gas_schedule.schedule import GasSchedule, HostCost

ENTRY_POINT = "_start"
DEFAULT_SCHEDULE = "guests-1"
COMMAND = FuncType((), ())


class ProgramFrame:
    """A run of a program, seen from its host functions."""

    memory: LinearMemory
    meter: GasMeter

    def __init__(self, wasi: WasiState, schedule: GasSchedule) -> None:
        self.wasi = wasi
        self.costs: Mapping[str, Mapping[str, HostCost]] = schedule.host_costs


@dataclass(frozen=True, slots=True)
class CommandResult:
    """How a command ended: with an exit code, or early for the reason in `stopped`."""

    exit_code: int | None
    stopped: ExecutionStopped | None
    units_used: int


def command_pipeline(engine: Engine, schedule: GasSchedule) -> Pipeline:
    """The pipeline for commands; raises ScheduleError."""
    INTERFACE.check_schedule(schedule)
    return Pipeline(engine, schedule, PROGRAM_PROFILE, INTERFACE.options)


def run_command(
    pipeline: Pipeline, code: bytes, state: WasiState, units: int
) -> CommandResult:
    """Run a command in a fresh instance with `units` of gas.

    Raises MalformedModule, InvalidModule, RefusedModule and LinkError.
    """
    prepared = pipeline.prepare(code)
    _require_command(prepared, pipeline.schedule)
    frame = ProgramFrame(state, pipeline.schedule)
    state.units_granted = units
    used = min(units, prepared.initial_units)
    try:
        run = pipeline.start(prepared, INTERFACE.imports, units, frame)
        frame.memory = run.instance.export(INTERFACE.memory_export)
        frame.meter = run.meter
        try:
            if START_EXPORT in run.instance.exports:
                _call(run, START_EXPORT)
            _call(run, ENTRY_POINT)
        finally:
            used = units - run.meter.left
    except ProcessExit as end:
        return CommandResult(end.code, None, used)
    except ExecutionStopped as stopped:
        return CommandResult(None, stopped.with_traceback(None), used)
    finally:
        # Frame and instance refer to each other: the memory is freed now, not when a
        # cycle is collected.
        vars(frame).clear()
    return CommandResult(0, None, used)


def _require_command(prepared: PreparedModule, schedule: GasSchedule) -> None:
    module = prepared.module
    check_imports(module)
    if prepared.unpriced_import is not None:
        reason = f"it has no cost in gas schedule {schedule.name}"
        raise LinkError(*prepared.unpriced_import, reason)
    starts = [
        module.types[module.func_type_indices[export.index]]
        for export in module.exports
        if export.name == ENTRY_POINT and export.kind is ExternKind.FUNC
    ]
    if starts != [COMMAND]:
        raise RefusedModule(f"export {ENTRY_POINT}: func type {COMMAND} required")


def _call(run: MeteredRun, name: str) -> None:
    run.begin(name)
    if isinstance(run.resume(), Suspension):
        raise InternalError("a function of WASI was suspended")
