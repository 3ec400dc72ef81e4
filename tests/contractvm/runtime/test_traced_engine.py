"""The engine with traces: the same results and gas, and blocks that explain the gas."""

from dataclasses import replace

import pytest

from contractvm.errors import InternalError
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.profile import Profile
from gas_schedule.schedule import GasSchedule
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.traced_runs import booked_cost, paid_for
from tests.helpers.wat import wat_to_wasm

DISTINCT = distinct_schedule()
FREE = schedule_with({})
ANY = Profile(name="any", floats="canonical")
GAS = 1 << 40
I64_SUB, I64_ADD = b"\x7d", b"\x7c"
SUM = """(module (memory 1) (func (export "sum") (param f64 i32) (result i32)
  (local $total i32)
  (drop (f64.add (local.get 0) (local.get 0)))
  (memory.fill (i32.const 0) (i32.const 1) (local.get 1))
  (loop $l
    (local.set $total (i32.add (local.get $total) (local.get 1)))
    (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
  (local.get $total)))"""


def engine_with(schedule: GasSchedule, *, is_traced: bool) -> Pipeline:
    return Pipeline(InterpreterEngine(), schedule, ANY, is_traced=is_traced)


def run(engine: Pipeline):
    prepared = engine.prepare(wat_to_wasm(SUM))
    started = engine.start(prepared, {}, GAS)
    started.begin("sum", 0x7FF8_0000_0000_0001, 9)
    return prepared, started, started.resume()


@pytest.mark.parametrize("schedule", [DISTINCT, FREE], ids=["distinct", "free"])
def test_traces_change_neither_result_nor_gas(schedule: GasSchedule) -> None:
    prepared, plain, result = run(engine_with(schedule, is_traced=False))
    assert prepared.blocks is None
    assert plain.instance.trace is None
    prepared, traced, traced_result = run(engine_with(schedule, is_traced=True))
    assert traced_result == result == (45,)
    assert traced.meter.left == plain.meter.left
    counts = paid_for(prepared.compiled, prepared.blocks, traced.instance.trace)
    # The loop is entered once, and repeated nine times.
    assert sorted(set(counts.values())) == [1, 9]


def test_what_is_booked_is_what_was_charged_behind_the_initial_work() -> None:
    engine = engine_with(DISTINCT, is_traced=True)
    prepared, traced, _ = run(engine)
    work = sum(entry.units(engine.schedule) for entry in prepared.initial_work)
    booked = booked_cost(prepared.compiled, traced.instance.trace)
    assert booked > 0
    assert work + booked == GAS - traced.meter.left


def test_only_the_interpreter_has_traces() -> None:
    with pytest.raises(ValueError, match="wasmtime"):
        Pipeline(WasmtimeEngine(), DISTINCT, ANY, is_traced=True)


class ForgetfulEngine(InterpreterEngine):
    """Translates a module with wrong charges."""

    def compile_traced(
        self, module: Module, operand_heights: tuple[int, ...]
    ) -> CompiledModule:
        funcs = tuple(
            replace(func, code=func.code.replace(I64_SUB, I64_ADD))
            for func in module.funcs
        )
        return super().compile_traced(replace(module, funcs=funcs), operand_heights)


def test_charges_that_are_not_the_plans_are_our_error() -> None:
    engine = Pipeline(ForgetfulEngine(), DISTINCT, ANY, is_traced=True)
    with pytest.raises(InternalError):
        engine.prepare(wat_to_wasm("(module (func nop nop))"))
