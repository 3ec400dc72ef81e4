"""Edges of branches in traces: those of the original module, under every metering."""

import pytest

from contractvm.errors import Trap
from contractvm.ledger.module_counts import ModuleCounts
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.rules import STANDARD_METERING
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import BranchInterpreter, InterpreterEngine
from tests.helpers.wat import wat_to_wasm
from tests.properties.test_traced_meterings import ANY, DISTINCT, RULES

# Branches beside sized work and floats, whose code is inserted too.
SOURCE = """(module (memory 1) (func (export "f") (param i32) (result i32)
  (if (i32.eq (local.get 0) (i32.const 1))
    (then (drop (f64.add (f64.const 1) (f64.const 2)))))
  (memory.fill (i32.const 0) (i32.const 1) (local.get 0))
  (block (block (block (br_table 0 1 1 2 (local.get 0)))
    (return (i32.const 7)))
    (br_if 0 (i32.eq (local.get 0) (i32.const 2))) nop)
  (if (result i32) (i32.ne (local.get 0) (i32.const 9))
    (then (i32.const 3)) (else (unreachable)))))"""
METERINGS = {"contractvm": STANDARD_METERING, **RULES}


@pytest.mark.parametrize("name", METERINGS)
def test_edges_are_those_of_the_original_module(name: str) -> None:
    engine = Pipeline(
        BranchInterpreter(),
        DISTINCT,
        ANY,
        InstrumentationOptions(max_stack_height=None),
        metering=METERINGS[name],
        is_traced=True,
    )
    prepared = engine.prepare(wat_to_wasm(SOURCE))
    counts = ModuleCounts(prepared)
    found: dict[tuple[int, int], int] = {}
    for argument in (0, 1, 2, 3, 9):
        run = engine.start(prepared, {}, 1 << 40)
        run.begin("f", argument)
        try:
            run.resume()
        except Trap:
            assert argument == 9
        trace = run.instance.trace
        rows = zip(trace.counts, trace.sizes, strict=True)
        for edge, count in counts.branches(dict(enumerate(rows))):
            found[edge] = found.get(edge, 0) + count
    first, table, second, last = sorted({offset for offset, _ in found})
    assert found == {
        (first, 0): 1,
        (first, 1): 4,
        # Label 0, then 1 of the second and the third, then the default.
        (table, 0): 1,
        (table, 1): 2,
        (table, 2): 2,
        (second, 0): 1,
        (second, 1): 1,
        (last, 0): 3,
        (last, 1): 1,
    }


def test_the_interpreter_counts_none_unless_asked() -> None:
    engine = Pipeline(InterpreterEngine(), DISTINCT, ANY, is_traced=True)
    assert engine.prepare(wat_to_wasm(SOURCE)).branches == ()
