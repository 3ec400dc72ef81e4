"""wasmtime's own fuel is what the `fuel` schedule counts, for every program.

wasmtime counts one unit more for each call of a Wasm func: of these there are as many
as pricing calls higher shows, less those of host functions, and the exported func.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contractvm import Clock, FileTree, Guest, Limits
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule
from tests.helpers.vectors import vectors_path
from tests.helpers.wasmtime_fuel import fuel_of_program
from tests.helpers.wat import wat_to_wasm

FUEL = load_schedule("fuel")
PLENTY = Limits(gas=2**40)
STILL = Clock(frozen=True)


def calls_cost_two(schedule: GasSchedule) -> GasSchedule:
    dearer = {
        name: replace(schedule.instructions[name], base=2)
        for name in ("call", "call_indirect")
    }
    return replace(schedule, instructions={**schedule.instructions, **dearer})


def counted(wasm: bytes, schedule: GasSchedule, **options: Any) -> tuple[int, int, Any]:
    """Units of instructions alone, calls of host functions, and the result."""
    guest = Guest.load(wasm, schedule=schedule)
    result = guest.run(limits=PLENTY, clock=STILL, **options)
    units = result.units_by_guest - guest.code.prepared.initial_units
    return units, sum(result.host_calls.values()), result


def assert_equal_fuel(wasm: bytes, **options: Any) -> None:
    units, host_calls, result = counted(wasm, FUEL, **options)
    dearer, _, _ = counted(wasm, calls_cost_two(FUEL), **options)
    wasm_calls = dearer - units - host_calls
    guest = Guest.load(wasm, schedule=FUEL)
    fuel, stdout, exit_code = fuel_of_program(guest, **options)
    assert stdout == result.stdout
    assert exit_code == result.exit_code
    assert fuel == units + wasm_calls + 1


CONSTRUCTS = """(module
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (table 2 funcref) (elem (i32.const 0) $one $two)
  (data $text "0123456789")
  (global $g (mut f64) (f64.const 0))
  (type $unary (func (param i32) (result i32)))
  (func $one (type $unary) (i32.add (local.get 0) (i32.const 1)))
  (func $two (type $unary) (return (i32.mul (local.get 0) (i32.const 2))))
  (func $many (param i32) (result i32 i64 f32)
    (local.get 0) (i64.const 5) (f32.const 1.5))
  (func $fib (param i32) (result i32)
    (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "_start") (local $i i32)
    (nop)
    (drop (call $yield))
    (drop (call $fib (i32.const 12)))
    (call $many (i32.const 1)) drop drop drop
    (loop $next
      (drop (call_indirect (type $unary) (local.get $i)
        (i32.and (local.get $i) (i32.const 1))))
      (block $out (block $a (block $b
        (br_table $a $b $out (i32.rem_u (local.get $i) (i32.const 4))))
        (br $out))
        (drop (select (i32.const 1) (i32.const 2) (local.get $i))))
      (global.set $g (f64.sqrt (f64.convert_i32_u (local.get $i))))
      (memory.init $text (i32.const 8) (i32.const 0) (i32.const 10))
      (memory.fill (i32.const 100) (i32.const 7) (local.get $i))
      (memory.copy (i32.const 300) (i32.const 100) (local.get $i))
      (drop (memory.grow (i32.const 0)))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1)))
        (i32.const 50))))
    (data.drop $text)
    (if (local.get $i) (then (return)))
    (unreachable)))"""


def test_every_construct_costs_what_wasmtime_counts() -> None:
    assert_equal_fuel(wat_to_wasm(CONSTRUCTS))


def test_the_example_program_costs_what_wasmtime_counts() -> None:
    wasm = Path("examples/guests/shout.wasm").read_bytes()
    for text in (b"", b"hello", bytes(range(256)) * 1_000):
        assert_equal_fuel(wasm, stdin=text)


SUITE = vectors_path("guests") / "wasi-testsuite"
PROGRAMS = sorted(SUITE.rglob("*.wasm"))


@pytest.mark.skipif(not PROGRAMS, reason="the WASI programs are not here")
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_programs_of_the_suite_cost_what_wasmtime_counts(path: Path) -> None:
    facts = {}
    if path.with_suffix(".json").exists():
        facts = json.loads(path.with_suffix(".json").read_text())
    mounts = {}
    if "root" in facts:
        folder = path.parent / facts["root"]
        mounts = {"/": FileTree.read(folder, writable=True)}
    assert_equal_fuel(
        path.read_bytes(),
        args=[path.name, *facts.get("args", [])],
        env=facts.get("env", {}),
        mounts=mounts,
    )
