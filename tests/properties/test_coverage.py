"""Coverage compared with counts of instructions, which know nothing of edges.

A module that is translated with coverage does the same as without, to the unit.
"""

from collections import Counter
from dataclasses import replace

import pytest

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.tracing import EdgeKind, SiteKind, Tracing
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.covered_runs import compile_covered
from tests.helpers.metered_runs import metered
from tests.helpers.schedules import distinct_schedule
from tests.helpers.smith import smith_module
from tests.helpers.traced_runs import compile_counting, mnemonics
from tests.helpers.wat import wat_to_module
from tools.fuzz.calls import PlannedCall, plan_calls
from tools.fuzz.comparison import exposed
from tools.fuzz.ours import OurInstance
from tools.fuzz.programs import program

DISTINCT = distinct_schedule()
PLENTY = 1 << 62
MOST = 255
# The edges that an instruction passes each time that it runs to its end.
KINDS = {
    "br_if": {EdgeKind.TAKEN, EdgeKind.NOT_TAKEN},
    "if": {EdgeKind.IF_TRUE, EdgeKind.IF_FALSE},
    "br_table": {EdgeKind.SWITCH},
}


def opened(wasm: bytes) -> Module:
    return replace(exposed(decode_module(wasm)), start=None)


def counted_instructions(instance: OurInstance) -> Counter[tuple[int, int]]:
    """How often each instruction ran, and each func was entered (position -1)."""
    found: Counter[tuple[int, int]] = Counter()
    trace = instance.instance.trace
    for site, count in zip(instance.compiled.sites, trace.counts, strict=True):
        position = site.position if site.kind is SiteKind.INSTRUCTION else -1
        found[site.func_number, position] = count
    return found


def passed_edges(counts: EdgeCounts, region) -> Counter[tuple[int, int]]:
    """How often the edges of each instruction were passed."""
    found: Counter[tuple[int, int]] = Counter()
    for cell, site in region.edges:
        position = -1 if site.kind is EdgeKind.ENTRY else site.position
        found[site.func_number, position] += counts.counts[cell]
    return found


class Comparison:
    """One module unchanged and instrumented, each with and without coverage."""

    def __init__(self, module: Module, tracing: Tracing) -> None:
        instrumented = metered(module, DISTINCT)
        heights = validate_module(instrumented).operand_heights
        self.module = module
        self.counting = compile_counting(module)
        self.charged = compile_module(instrumented, heights)
        self.plain_counts, self.counts = EdgeCounts(), EdgeCounts()
        self.plain = compile_covered(module, self.plain_counts, tracing)
        self.covered = compile_covered(instrumented, self.counts, tracing)
        self.names = mnemonics(module)

    def check_edges(self) -> None:
        """Instrumentation adds no edge and omits none."""
        here, there = self.covered.region, self.plain.region
        assert [(cell, site.func_number, site.kind) for cell, site in here.edges] == [
            (cell, site.func_number, site.kind) for cell, site in there.edges
        ]
        assert len(self.plain_counts) == len(self.counts)

    def start(self, compiled) -> OurInstance | None:
        instance = OurInstance(compiled.module, compiled)
        return None if instance.instantiate() else instance

    def call(self, planned: PlannedCall) -> bool:
        """Compare a call on fresh instances; whether it ended normally."""
        self.plain_counts.reset()
        self.counts.reset()
        modules = (self.charged, self.covered, self.counting, self.plain)
        found = [self.start(compiled) for compiled in modules]
        if None in found:
            assert found == [None] * 4
            return False
        charged, covered, counted, plain = found
        outcome = charged.call(planned)
        assert covered.call(planned) == outcome
        if not isinstance(outcome.ended, tuple):
            return False
        assert counted.run(planned) == plain.run(planned) == outcome.ended
        assert bytes(self.plain_counts.counts) == bytes(self.counts.counts)
        self.check_counts(counted)
        return True

    def check_counts(self, counted: OurInstance) -> None:
        executed = counted_instructions(counted)
        passed = passed_edges(self.counts, self.plain.region)
        for place, count in executed.items():
            name = "entry" if place[1] < 0 else self.names[place]
            if name in (*KINDS, "entry", "call_indirect") and count <= MOST:
                assert passed[place] == count, (place, name)


@pytest.mark.parametrize("tracing", [Tracing.EDGES, Tracing.COMPARISONS])
def test_dense_programs_pass_as_many_edges_as_they_execute(tracing: Tracing) -> None:
    ended = 0
    for seed in range(60):
        module = opened(program(seed, terminates=True))
        comparison = Comparison(module, tracing)
        comparison.check_edges()
        for planned in plan_calls(module, seed):
            ended += comparison.call(planned)
            ended += comparison.call(replace(planned, gas=PLENTY))
    assert ended > 100


@pytest.mark.parametrize("seed", range(12))
def test_random_modules_pass_as_many_edges_as_they_execute(seed: int) -> None:
    never_traps = "true" if seed % 2 else "false"
    module = opened(
        smith_module(seed, size=3_000, fuel=200, disallow_traps=never_traps)
    )
    tracing = (Tracing.EDGES, Tracing.COMPARISONS)[seed // 2 % 2]
    comparison = Comparison(module, tracing)
    comparison.check_edges()
    for planned in plan_calls(module, seed):
        comparison.call(replace(planned, gas=PLENTY))


def test_injected_funcs_are_no_callees() -> None:
    """A sized charger has a type that the module's own funcs may have."""
    module = wat_to_module("""(module (memory 1)
      (table 1 funcref) (elem (i32.const 0) $f)
      (type $t (func (param i32) (result i32)))
      (func $f (type $t) (memory.grow (local.get 0)))
      (func (export "g") (result i32)
        (call_indirect (type $t) (i32.const 0) (i32.const 0))))""")
    Comparison(module, Tracing.EDGES).check_edges()
