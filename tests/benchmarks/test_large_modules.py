"""Large modules: valid, of the requested size, the same on every engine."""

import pytest

from benchmarks.kernel_hosts import KernelHost
from benchmarks.kernel_table import BY_NAME
from benchmarks.large_modules import SHAPES, one_large_func, repeated_funcs
from benchmarks.ours import ours
from benchmarks.with_wasmtime import with_wasmtime

SIZE = 60_000


@pytest.mark.parametrize("shape", SHAPES)
def test_module_has_the_size_that_was_asked_for(shape: str) -> None:
    assert SIZE < len(SHAPES[shape](SIZE)) < 1.25 * SIZE


def test_copies_of_funcs_leave_the_result_as_it_was() -> None:
    small = BY_NAME["sha256"].small
    run = ours(repeated_funcs("sha256", SIZE), KernelHost())
    assert run(small.argument) == small.result


def test_engines_agree_on_a_large_func() -> None:
    """Its blocks get the locals that the previous ones left, so it hashes nothing."""
    wasm = one_large_func("sha256", SIZE)
    argument = BY_NAME["sha256"].small.argument
    results = [make(wasm, KernelHost())(argument) for make in (ours, with_wasmtime)]
    assert results[0] == results[1]
