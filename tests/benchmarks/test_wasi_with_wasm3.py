"""wasm3 runs WASI programs with our functions, to be compared with ours."""

import pytest

pytest.importorskip("wasm3", reason="pywasm3 is not installed (make bench)")

from benchmarks.wasi_with_wasm3 import run_with_wasm3
from contractvm.hosts.wasi.state import WasiState
from tests.helpers.examples import example
from tests.helpers.wat import wat_to_wasm

EXITING = """(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (call $exit (i32.const -1))))"""


def test_a_program_runs_on_wasm3() -> None:
    state = WasiState(stdin=b"hello")
    assert run_with_wasm3(example("guests/shout.wasm"), state) == 0
    assert (state.stdout, state.host_calls.total()) == (b"HELLO", 3)


def test_an_exit_code_is_unsigned() -> None:
    assert run_with_wasm3(wat_to_wasm(EXITING), WasiState()) == 2**32 - 1
