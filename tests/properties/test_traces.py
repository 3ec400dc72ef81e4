"""Traces of the interpreter compared with gas: counts match charges.

The count of executed instructions is the oracle: it knows neither metered blocks nor
the planner. A run without tracing gives the charges.
"""

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.kernel_table import KERNELS, Kernel
from benchmarks.ours import our_func_type
from contractvm.metering.metered_blocks import list_blocks
from contractvm.metering.names import GAS_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.compiled_module import CompiledModule, compile_module
from contractvm.wasm.interpreter.instance import instantiate_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.examples import example
from tests.helpers.metered_runs import metered
from tests.helpers.programs import FUNC_COUNT, programs
from tests.helpers.schedules import distinct_schedule, schedule_with
from tests.helpers.smith import smith_module
from tests.helpers.traced_runs import (
    booked_cost,
    compile_counting,
    compile_traced,
    executed,
    execution_cost,
    paid_for,
)
from tests.helpers.wat import wat_to_module
from tools.fuzz.calls import PlannedCall, plan_calls
from tools.fuzz.comparison import exposed
from tools.fuzz.ours import OurInstance
from tools.fuzz.programs import program

DISTINCT = distinct_schedule()
# Most blocks are free of charge.
FREE = schedule_with({"br_if": 5, "i32.add": 1})
PLENTY = 1 << 62


def opened(wasm: bytes) -> Module:
    """A module that exports everything and runs only when called, with gas."""
    return replace(exposed(decode_module(wasm)), start=None)


class Comparison:
    """One module run three times: counted, charged, and charged with a trace."""

    def __init__(self, module: Module, schedule) -> None:
        self.module, self.schedule = module, schedule
        instrumented = metered(module, schedule)
        heights = validate_module(instrumented).operand_heights
        self.counting = compile_counting(module)
        self.plain = compile_module(instrumented, heights)
        self.traced = compile_traced(module, schedule)
        self.blocks = list_blocks(module, schedule)
        self.ended = 0

    def start(self, compiled: CompiledModule) -> OurInstance | None:
        instance = OurInstance(compiled.module, compiled)
        return None if instance.instantiate() else instance

    def call(self, planned: PlannedCall) -> None:
        """Compare a call on fresh instances."""
        found = [
            self.start(compiled)
            for compiled in (self.counting, self.plain, self.traced)
        ]
        if None in found:
            assert found == [None] * 3
            return
        counted, charged, traced = found
        outcome = charged.call(planned)
        assert traced.call(planned) == outcome
        used = (planned.gas - outcome.gas_left) % (1 << 64)
        self.check_bookings(traced, used)
        if isinstance(outcome.ended, tuple):
            assert counted.run(planned) == outcome.ended
            self.check_counts(counted, traced, used)
            self.ended += 1

    def check_bookings(self, traced: OurInstance, used: int) -> None:
        """Holds at traps and out of gas too; `used` includes a shortfall."""
        trace = traced.instance.trace
        assert booked_cost(self.traced, trace) == used
        assert sum(node.own_units for node in trace.nodes) == used
        assert trace.current_node == 0
        assert not trace.is_truncated

    def check_counts(self, counted: OurInstance, traced: OurInstance, used: int):
        trace = counted.instance.trace
        assert execution_cost(self.counting, trace, self.schedule) == used
        assert executed(self.counting, trace) == +paid_for(
            self.traced, self.blocks, traced.instance.trace
        )


def compare(module: Module, schedule, calls: list[PlannedCall]) -> int:
    """Compare calls, with ample and with exact gas; returns how many ended well."""
    comparison = Comparison(module, schedule)
    for planned in calls:
        comparison.call(planned)
        comparison.call(replace(planned, gas=PLENTY))
    return comparison.ended


@pytest.mark.parametrize("schedule", [DISTINCT, FREE], ids=["distinct", "free"])
@settings(
    max_examples=40,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(source=programs(), func=st.integers(0, FUNC_COUNT - 1), gas=st.integers(0, 9))
def test_programs_are_booked_and_charged_what_they_execute(
    schedule, source: str, func: int, gas: int
) -> None:
    planned = PlannedCall(f"f{func}", (gas, 9 - gas), gas * 7_001)
    compare(wat_to_module(source), schedule, [planned])


def test_dense_programs_are_booked_and_charged_what_they_execute() -> None:
    ended = 0
    for seed in range(60):
        module = opened(program(seed, terminates=True))
        ended += compare(module, DISTINCT, plan_calls(module, seed))
    assert ended > 100


def compare_smith(seed: int) -> int:
    never_traps = "true" if seed % 2 else "false"
    wasm = smith_module(seed, size=3_000, fuel=200, disallow_traps=never_traps)
    module = opened(wasm)
    return compare(module, (DISTINCT, FREE)[seed % 2], plan_calls(module, seed))


def test_random_modules_are_booked_and_charged_what_they_execute() -> None:
    assert sum(compare_smith(seed) for seed in range(20)) > 30


@pytest.mark.slow
def test_many_random_modules_are_booked_and_charged_what_they_execute() -> None:
    assert sum(compare_smith(seed) for seed in range(1_000, 1_200)) > 300


@pytest.mark.parametrize(
    "name",
    ["counter/counter.wasm", "keccak/keccak.wasm", "token/token.wasm"],
)
def test_examples_are_booked_and_charged_what_they_execute(name: str) -> None:
    """Every func of a contract, on hosts that return anything."""
    module = opened(example(name))
    comparison = Comparison(module, DISTINCT)
    for seed in range(20):
        for planned in plan_calls(module, seed):
            comparison.call(planned)
    assert comparison.ended > 20


def run_kernel(kernel: Kernel, compiled: CompiledModule):
    """An instance after a small run of a kernel, and the gas it used, if metered."""
    host = kernel.host()
    imports = {
        (entry.module, entry.name): HostFunc(our_func_type(entry), entry.call)
        for entry in host.entries()
    }
    instance = instantiate_module(compiled, imports)
    host.memory = instance.exports.get("memory")
    counter = instance.exports.get(GAS_EXPORT)
    if counter is not None:
        counter.value = PLENTY
    assert instance.invoke("run", kernel.small.argument) == (kernel.small.result,)
    return instance, PLENTY - counter.value if counter is not None else 0


@pytest.mark.parametrize("kernel", KERNELS, ids=lambda kernel: kernel.name)
def test_kernels_are_booked_and_charged_what_they_execute(kernel: Kernel) -> None:
    module = decode_module(kernel.wasm)
    counting, traced = compile_counting(module), compile_traced(module, DISTINCT)
    instrumented = metered(module, DISTINCT)
    heights = validate_module(instrumented).operand_heights
    _, used = run_kernel(kernel, compile_module(instrumented, heights))
    counted, _ = run_kernel(kernel, counting)
    booked, used_with_trace = run_kernel(kernel, traced)
    assert used_with_trace == used > 0
    assert execution_cost(counting, counted.trace, DISTINCT) == used
    assert booked_cost(traced, booked.trace) == used
    assert sum(node.own_units for node in booked.trace.nodes) == used
    assert executed(counting, counted.trace) == +paid_for(
        traced, list_blocks(module, DISTINCT), booked.trace
    )
