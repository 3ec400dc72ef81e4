"""Estimates of programs, version by version of ArbOS."""

from dataclasses import replace

import pytest

from contractvm.hosts.stylus.activation import ProgramCosts
from contractvm.hosts.stylus.estimate import estimate_program
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.hosts.stylus.program_code import pack_program
from gas_schedule.loader import load_schedule
from tests.helpers.wat import wat_to_wasm

SCHEDULE = load_schedule("stylus-1")
NOW = 1_764_000_000
PROGRAM = wat_to_wasm(
    """(module
    (import "vm_hooks" "pay_for_memory_grow" (func (param i32)))
    (memory (export "memory") 2)
    (data (i32.const 0) "abc")
    (func (export "user_entrypoint") (param i32) (result i32) (local.get 0)))"""
)


@pytest.mark.parametrize(
    ("arbos", "activation", "starts"),
    [
        (30, 1_893_858, (9_262, 9_262, 374)),
        (31, 1_893_858, (9_230, 9_230, 374)),
        (32, 1_894_838, (9_230, 9_230, 374)),
        (51, 1_894_838, (9_230, 9_230, 374)),
        (59, 1_895_638, (9_230, 9_230, 374)),
        (60, 1_895_638, (9_230, 374, 374)),
    ],
)
def test_gas_of_activation_and_of_starts(
    arbos: int, activation: int, starts: tuple[int, int, int]
) -> None:
    found = estimate_program(PROGRAM, parameters_of(arbos), SCHEDULE, NOW)
    assert found.activation_gas == activation
    assert (found.first_start, found.repeated_start, found.cached_start) == starts


def test_sizes_and_the_fee_with_its_fifth() -> None:
    found = estimate_program(PROGRAM, parameters_of(60), SCHEDULE, NOW)
    assert found.wasm_bytes == len(PROGRAM) == 112
    assert found.code_bytes == len(pack_program(PROGRAM))
    assert found.costs == ProgramCosts(asm_bytes=513_719, init=24, cached=22)
    assert found.figures.pages == 2
    assert found.data_fee == 43_632_755_629_297
    assert found.fee_to_send == 52_359_306_755_156


def test_code_that_is_too_large_has_no_gas_of_a_deployment() -> None:
    size = len(pack_program(PROGRAM))
    parameters = replace(parameters_of(60), max_code_bytes=size)
    found = estimate_program(PROGRAM, parameters, SCHEDULE, NOW)
    assert found.deploy_gas == 74_644
    smaller = replace(parameters, max_code_bytes=size - 1)
    assert estimate_program(PROGRAM, smaller, SCHEDULE, NOW).deploy_gas is None
