"""Instances that are made: what element segments and their items add to that."""

from collections.abc import Callable

from contractvm.calibration.running import ALL_UNITS, ANY_MODULE
from contractvm.calibration.workloads import assembled
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Engine
from gas_schedule.schedule import GasSchedule

NOTHING = "an instance of nothing"
PASSIVE_SEGMENTS = "passive segments"
ACTIVE_SEGMENTS = "active segments"
ITEM = "items of a segment"
SEGMENTS = SEGMENT_ITEMS = 1_000
MODULES = {
    NOTHING: "",
    PASSIVE_SEGMENTS: "(elem funcref) " * SEGMENTS,
    ACTIVE_SEGMENTS: "(elem (i32.const 0) funcref) " * SEGMENTS,
    ITEM: f"(elem funcref {'(ref.func $f) ' * SEGMENT_ITEMS})",
}


def making_works(
    engine: Engine, schedule: GasSchedule
) -> dict[str, Callable[[], object]]:
    """By name what makes an instance; the modules are prepared."""
    return {
        name: _maker(engine, schedule, f"(module (table 1 funcref) (func $f) {text})")
        for name, text in MODULES.items()
    }


def _maker(engine: Engine, schedule: GasSchedule, text: str) -> Callable[[], object]:
    pipeline = Pipeline(engine, schedule, ANY_MODULE)
    prepared = pipeline.prepare(assembled(text))
    return lambda: pipeline.start(prepared, {}, ALL_UNITS)
