"""The charges of metered blocks equal the cost of executed instructions, to the unit.

Two oracles that share nothing with the planner: a walk over all paths of each body, and
runs on wasmtime against a module that counts at every single instruction.
"""

import pytest
import wasmtime
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GAS_EXPORT
from contractvm.metering.plan import plan_module
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import ValType
from gas_schedule.loader import load_schedule
from tests.helpers.metered_runs import Run, Runner, is_valid, metered
from tests.helpers.naive_metering import COUNTER_EXPORT, meter_naively
from tests.helpers.paths import check_module
from tests.helpers.programs import FUNC_COUNT, programs
from tests.helpers.schedules import distinct_schedule
from tests.helpers.smith import smith_module
from tests.helpers.wat import wat_to_module

DISTINCT = distinct_schedule()
METERED = load_schedule("ewasm-metered")
UNREACHABLE = str(wasmtime.TrapCode.UNREACHABLE)
Arguments = tuple[int | None, ...]
ARGUMENTS = {
    ValType.I32: (0, 1, 7, -1, 2**31 - 1),
    ValType.I64: (3, -1, 0, 2**40, 1),
    ValType.FUNCREF: (None,) * 5,
    ValType.EXTERNREF: (None,) * 5,
}


def greatest_block(module: Module) -> int:
    plans = plan_module(module, DISTINCT)
    return max((units for plan in plans for _, units in plan.charges), default=0)


def compare_runs(module: Module, name: str, arguments: Arguments) -> Run:
    """Run a module three times, and compare everything observable of the runs."""
    instrumented = metered(module, DISTINCT)
    assert is_valid(instrumented)
    original = Runner(module, None).call(name, *arguments)
    counted = Runner(meter_naively(module, DISTINCT), COUNTER_EXPORT)
    exact = counted.call(name, *arguments)
    charged = Runner(instrumented, GAS_EXPORT).call(name, *arguments)
    assert charged.seen == exact.seen == original.seen
    assert charged.gas_at_host_calls == exact.gas_at_host_calls
    if charged.trap is None:
        assert charged.gas_used == exact.gas_used
    else:
        ahead = charged.gas_used - exact.gas_used
        assert 0 <= ahead < max(1, greatest_block(module))
    return charged


def compare_limits(
    module: Module, name: str, arguments: tuple[int | None, ...]
) -> None:
    """With exactly the gas it needs a run ends at zero; with one less it runs out."""
    instrumented = metered(module, DISTINCT)
    plenty = Runner(instrumented, GAS_EXPORT).call(name, *arguments)
    just_enough = Runner(instrumented, GAS_EXPORT, plenty.gas_used)
    assert just_enough.call(name, *arguments).seen == plenty.seen
    assert just_enough.gas_left == 0
    if plenty.gas_used:
        too_little = Runner(instrumented, GAS_EXPORT, plenty.gas_used - 1)
        assert too_little.call(name, *arguments).trap == str(
            wasmtime.TrapCode.UNREACHABLE
        )
        assert too_little.gas_left == -1


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=programs(), func=st.integers(0, FUNC_COUNT - 1), seed=st.integers(0, 9))
def test_programs_are_charged_what_they_execute(
    source: str, func: int, seed: int
) -> None:
    module = wat_to_module(source)
    compare_runs(module, f"f{func}", (seed, 9 - seed))
    compare_limits(module, f"f{func}", (seed, 9 - seed))
    check_module(module, metered(module, DISTINCT), DISTINCT)


def exported_calls(module: Module) -> list[tuple[str, Arguments]]:
    """Each exported func with arguments of its types."""
    calls = []
    for number, export in enumerate(module.exports):
        if export.kind is ExternKind.FUNC:
            func_type = module.types[module.func_type_indices[export.index]]
            arguments = tuple(
                ARGUMENTS[param][(number + place) % 5]
                for place, param in enumerate(func_type.params)
            )
            calls.append((export.name, arguments))
    return calls


def compare_smith(seed: int) -> int:
    """Compare all exported funcs of a random module; returns how many ended well."""
    never_traps = "true" if seed % 2 else "false"
    wasm = smith_module(seed, size=3_000, fuel=200, disallow_traps=never_traps)
    module = decode_module(wasm)
    # Both exits of a func: through the stack limit's block, and without it.
    check_module(module, metered(module, DISTINCT), DISTINCT)
    unlimited = InstrumentationOptions(max_stack_height=None)
    check_module(module, metered(module, DISTINCT, unlimited), DISTINCT)
    check_module(module, metered(module, METERED), METERED)
    ended = 0
    for name, arguments in exported_calls(module):
        try:
            Runner(module, None)
        except wasmtime.Trap:
            break  # a segment that does not fit: nothing of it ever runs
        ended += compare_runs(module, name, arguments).trap is None
    return ended


def test_random_modules_are_charged_what_they_execute() -> None:
    assert sum(compare_smith(seed) for seed in range(40)) >= 20


@pytest.mark.slow
def test_many_random_modules_are_charged_what_they_execute() -> None:
    assert sum(compare_smith(seed) for seed in range(1_000, 1_200)) > 100


@pytest.mark.slow
@settings(max_examples=800, deadline=None, suppress_health_check=list(HealthCheck))
@given(source=programs(), func=st.integers(0, FUNC_COUNT - 1), seed=st.integers(0, 9))
def test_many_programs_are_charged_what_they_execute(
    source: str, func: int, seed: int
) -> None:
    compare_runs(wat_to_module(source), f"f{func}", (seed, 9 - seed))
