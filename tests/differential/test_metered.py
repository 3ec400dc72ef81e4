"""Instrumented random modules: the same results and the same gas as on wasmtime."""

import pytest
import wasmtime

from contractvm.errors import InvalidModule, Trap, TrapCode
from contractvm.metering.instrument import InstrumentationOptions, instrument_module
from contractvm.metering.names import GAS_EXPORT, STACK_HEIGHT_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.interpreter.instance import ExportedFunc, instantiate_module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.differential.test_smith import (
    argument,
    compare_state,
    for_wasmtime,
    instantiate_there,
    result_bits,
)
from tests.helpers.instances import compile_checked
from tests.helpers.smith import smith_module
from tests.helpers.wasmtime_runs import ENGINE, comparable, trap_code

SCHEDULE = load_schedule("ewasm-metered")
# Low, so that endless recursion ends by the counter on both engines.
OPTIONS = InstrumentationOptions(max_stack_height=2_000, defer_start=True)


def compare_metered(wasm: bytes, gas: int) -> int:
    """Call every export with this gas on both engines; return the number of calls."""
    module = decode_module(wasm)
    heights = validate_module(module).operand_heights
    try:
        metered = instrument_module(module, heights, SCHEDULE, OPTIONS)
    except InvalidModule:
        return 0  # an instruction without a price
    store = wasmtime.Store(ENGINE)
    theirs, _ = instantiate_there(store, encode_module(metered))
    if theirs is None:
        return 0
    instance = instantiate_module(compile_checked(metered), {})
    exports = theirs.exports(store)
    calls = 0
    for turn, (name, extern) in enumerate(sorted(instance.exports.items())):
        if not isinstance(extern, ExportedFunc):
            continue
        func_type = extern.func_type
        values = [argument(kind, turn) for kind in func_type.params]
        for export, value in ((GAS_EXPORT, gas), (STACK_HEIGHT_EXPORT, 0)):
            instance.exports[export].value = value
            exports[export].set_value(store, value)
        expected: object
        try:
            found = exports[name](store, *map(for_wasmtime, values, func_type.params))
            many = found if isinstance(found, list) else [found]
            expected = tuple(map(result_bits, many, func_type.results))
        except wasmtime.Trap as trap:
            expected = trap_code(trap)
        seen: object
        try:
            results = instance.invoke(name, *values)
            seen = tuple(map(result_bits, results, func_type.results))
        except Trap as trap:
            seen = comparable(trap.code)
        assert (name, seen) == (name, expected)
        assert seen is not TrapCode.CALL_STACK_EXHAUSTED
        compare_state(instance, exports, store)
        calls += 1
    return calls


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("gas", [40_000, 10**12])
def test_metered_random_module_takes_the_gas_that_it_takes_on_wasmtime(
    seed: int, gas: int
) -> None:
    compare_metered(smith_module(seed), gas)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(50_000, 54_000, 500))
def test_many_metered_random_modules_take_the_same_gas(start: int) -> None:
    for seed in range(start, start + 500):
        compare_metered(smith_module(seed, 500 + seed % 4000), 1 << (seed % 40))
