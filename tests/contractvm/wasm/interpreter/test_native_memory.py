"""What compiled classes allocate themselves is given back with the last user."""

import ctypes
import gc
import platform
from collections.abc import Callable

import pytest

from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GAS_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.edge_counts import EdgeCounts
from contractvm.wasm.interpreter.instance import instantiate_module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.helpers.covered_runs import compile_covered
from tests.helpers.metered_runs import metered
from tests.helpers.wat import wat_to_module

SOURCE = """(module
  (type $t (func (param i32 i64) (result i32)))
  (memory (export "memory") 1) (table 4 funcref) (table 2 externref)
  (global $g (mut i32) (i32.const 3)) (global $h (export "h") i64 (i64.const 4))
  (elem (i32.const 0) $f $deep) (data (i32.const 8) "data")
  (func $f (param i32 i64) (result i32) (local f32 f64 i64)
    (block $out (loop $again
      (br_table $out $again $out (local.get 0))))
    (if (result i32) (local.get 0) (then (i32.const 1)) (else (global.get $g))))
  (func $deep (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $deep (i32.sub (local.get 0) (i32.const 1))))
      (else (call_indirect (type $t) (i32.const 0) (i64.const 1) (i32.const 0)))))
  (func (export "run") (result i32)
    (memory.fill (i32.const 0) (i32.const 1) (i32.const 100))
    (call $deep (i32.const 40))))"""
ROUNDS = 150
# The smallest block takes 32 bytes, and Python itself may keep some.
LEAST_LEAK = 16 * ROUNDS
needs_mallinfo = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="needs mallinfo2"
)


class Mallinfo(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = [(f"field_{number}", ctypes.c_size_t) for number in range(10)]


def bytes_in_use() -> int:
    library = ctypes.CDLL(None)
    library.mallinfo2.restype = Mallinfo
    found = library.mallinfo2()
    # `hblkhd`, of mapped blocks, and `uordblks`, of the others.
    return int(found.field_4 + found.field_7)


def grown_by(work: Callable[[], object]) -> int:
    """How many bytes more are in use after many rounds of work."""
    for _ in range(30):
        work()
    gc.collect()
    before = bytes_in_use()
    for _ in range(ROUNDS):
        work()
    gc.collect()
    return bytes_in_use() - before


@needs_mallinfo
@pytest.mark.parametrize(
    "tracing", [Tracing.OFF, Tracing.BLOCKS, Tracing.INSTRUCTIONS, Tracing.BRANCHES]
)
def test_a_module_that_was_prepared_and_run_leaves_nothing(tracing: Tracing) -> None:
    schedule = load_schedule("ewasm-metered")
    wasm = encode_module(wat_to_module(SOURCE))

    def work() -> None:
        module = decode_module(wasm)
        validate_module(module)
        instrumented = metered(module, schedule, InstrumentationOptions())
        heights = validate_module(instrumented).operand_heights
        compiled = compile_module(instrumented, heights, tracing)
        instance = instantiate_module(compiled, {})
        instance.exports[GAS_EXPORT].value = 10**9
        assert instance.invoke("run") == (3,)

    assert grown_by(work) < LEAST_LEAK


@needs_mallinfo
@pytest.mark.parametrize("tracing", [Tracing.EDGES, Tracing.COMPARISONS])
def test_coverage_leaves_nothing(tracing: Tracing) -> None:
    module = wat_to_module(SOURCE)

    def work() -> None:
        compiled = compile_covered(module, EdgeCounts(), tracing)
        assert instantiate_module(compiled, {}).invoke("run") == (3,)

    assert grown_by(work) < LEAST_LEAK
