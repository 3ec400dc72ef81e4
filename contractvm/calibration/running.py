"""Metered runs of programs on an engine, for timing."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from contractvm.errors import InternalError
from contractvm.metering.names import GAS_EXPORT
from contractvm.metering.rules import STANDARD_METERING, Metering
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Engine, Extern
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.validation.profile import Profile
from gas_schedule.schedule import GasSchedule

ALL_UNITS = 2**63 - 1
ANY_MODULE = Profile(name="calibration", floats="canonical")


@dataclass(frozen=True, slots=True)
class Program:
    """A module, and a call of one of its funcs, from i32 to i32."""

    name: str
    wasm: bytes
    argument: int
    func: str = "run"
    imports: Mapping[tuple[str, str], Extern] = field(default_factory=dict)


class ProgramRun:
    """A metered instance of a program, for any number of calls."""

    def __init__(
        self,
        engine: Engine,
        schedule: GasSchedule,
        program: Program,
        metering: Metering = STANDARD_METERING,
    ) -> None:
        metered = Pipeline(engine, schedule, ANY_MODULE, metering=metering)
        prepared = metered.prepare(program.wasm)
        self.run = metered.start(prepared, program.imports, ALL_UNITS)
        self._counter = self.run.instance.export(GAS_EXPORT)
        self._program = program

    def __call__(self) -> int:
        """Call the func; return the units that it used."""
        self._counter.value = ALL_UNITS
        self.run.begin(self._program.func, self._program.argument)
        if isinstance(self.run.resume(), Suspension):
            raise InternalError("a program for calibration was suspended")
        return ALL_UNITS - self.run.meter.left
