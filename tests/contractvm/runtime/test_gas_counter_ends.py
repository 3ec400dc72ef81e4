"""The gas counter at both ends of 64 bits; modules and prices that are refused."""

from dataclasses import replace

import pytest

from contractvm.errors import InternalError, LinkError, OutOfGas, RefusedModule
from contractvm.hosts.evm.interface import CallStatus
from contractvm.hosts.ewasm.host_interface import PROFILE as EWASM
from contractvm.runtime.engine_selection import make_engine
from contractvm.runtime.gas_meter import GREATEST_GAS, GasMeter
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.validation.profile import Profile
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule
from tests.helpers.ewasm import contract, run
from tests.helpers.schedules import schedule_with
from tests.helpers.wat import wat_to_wasm

COSTLY = '(module (func (export "f") (param i32) (loop nop) nop))'
BOTH = pytest.mark.parametrize("name", ["interpreter", "wasmtime"])


def engine(name: str, schedule: GasSchedule) -> Pipeline:
    return Pipeline(make_engine(name), schedule, Profile("any"))


@BOTH
@pytest.mark.parametrize("units", [0, 1, 2, 5, 2**62, 2**63 - 2, 2**63 - 1])
def test_a_run_with_any_gas_that_fits_is_exact(name: str, units: int) -> None:
    metered = engine(name, schedule_with({"nop": 1}))
    started = metered.start(metered.prepare(wat_to_wasm(COSTLY)), {}, units)
    started.begin("f", 0)
    if units >= 2:
        assert started.resume() == ()
        assert started.meter.left == units - 2
    else:
        with pytest.raises(OutOfGas) as stopped:
            started.resume()
        assert stopped.value.shortfall == 2 - units


@BOTH
@pytest.mark.parametrize("units", [-(2**64), -(2**63), -1, 2**63, 2**64, 2**64 + 5])
def test_a_run_with_gas_that_does_not_fit_is_refused(name: str, units: int) -> None:
    metered = engine(name, schedule_with({"nop": 1}))
    prepared = metered.prepare(wat_to_wasm(COSTLY))
    with pytest.raises(ValueError, match=r"units of gas, not 0 to 2\^63 - 1"):
        metered.start(prepared, {}, units)


@BOTH
@pytest.mark.parametrize("units", [0, 5, 2**63 - 1])
def test_the_dearest_instruction_cannot_wrap_the_counter(name: str, units: int) -> None:
    dearest = schedule_with({"nop": 2**31 - 1}, memory_page=2**31 - 1)
    metered = engine(name, dearest)
    source = """(module (memory 0) (func (export "f") (result i32)
      nop (memory.grow (i32.const -1))))"""
    started = metered.start(metered.prepare(wat_to_wasm(source)), {}, units)
    price = (2**31 - 1) + (2**31 - 1) * (2**32 - 1)
    started.begin("f")
    if units >= price:
        assert started.resume() == (2**32 - 1,)
        assert started.meter.left == units - price
    else:
        with pytest.raises(OutOfGas):
            started.resume()
        assert started.meter.left == 0


class Cell:
    def __init__(self, value: int) -> None:
        self.value = value


@pytest.mark.parametrize("left", [0, 1, 2**63 - 1])
@pytest.mark.parametrize("gas", [0, 1, 2**31, 2**63 - 1, 2**63, 2**64])
def test_a_charge_of_gas_is_multiplied_without_wrapping(left: int, gas: int) -> None:
    cell = Cell(left)
    meter = GasMeter(cell, 10_000)
    if gas * 10_000 <= left:
        meter.charge(meter.to_units(gas))
        assert cell.value == left - gas * 10_000
    else:
        with pytest.raises(OutOfGas) as stopped:
            meter.charge(meter.to_units(gas))
        assert (cell.value, stopped.value.shortfall) == (0, gas * 10_000 - left)


@pytest.mark.parametrize(
    ("units", "units_per_gas", "gas"),
    [
        (1, 1, "1"),
        (12_720_000, 10_000, "1,272"),
        (12_720_001, 10_000, "1,273"),
        (9_999, 10_000, "1"),
    ],
)
def test_shortfall_is_shown_in_gas_rounded_up(
    units: int, units_per_gas: int, gas: str
) -> None:
    meter = GasMeter(Cell(0), units_per_gas)
    with pytest.raises(OutOfGas) as stopped:
        meter.charge(units)
    assert stopped.value.shortfall == units
    assert str(stopped.value) == f"out of gas: {gas} gas short"


def test_gas_that_comes_back_fits_or_is_our_own_fault() -> None:
    meter = GasMeter(Cell(GREATEST_GAS - 5), 1)
    meter.give_back(5)
    assert meter.left == GREATEST_GAS
    with pytest.raises(InternalError):
        meter.give_back(1)
    assert meter.left == GREATEST_GAS


@BOTH
def test_an_instrumented_module_is_not_instrumented_again(name: str) -> None:
    metered = engine(name, schedule_with({"nop": 1}))
    once = encode_module(metered.prepare(wat_to_wasm(COSTLY)).module)
    with pytest.raises(RefusedModule) as refusal:
        metered.prepare(once)
    assert refusal.value.reason == "instrumented already: it exports contractvm.gas"


def without(*mnemonics: str) -> GasSchedule:
    schedule = load_schedule("ewasm-metered")
    instructions = dict(schedule.instructions)
    for mnemonic in mnemonics:
        del instructions[mnemonic]
    return replace(schedule, instructions=instructions)


@pytest.mark.parametrize("mnemonic", ["loop", "nop", "end"])
def test_a_schedule_without_a_needed_instruction_refuses_the_module(
    mnemonic: str,
) -> None:
    with pytest.raises(RefusedModule) as refusal:
        engine("interpreter", without(mnemonic)).prepare(wat_to_wasm(COSTLY))
    expected = f"{mnemonic} has no cost in gas schedule ewasm-metered"
    assert refusal.value.reason == expected
    assert refusal.value.func_index == 0


def test_a_schedule_without_an_instruction_that_is_not_there_is_enough() -> None:
    assert engine("interpreter", without("memory.grow")).prepare(wat_to_wasm(COSTLY))


def test_a_schedule_without_a_host_function_fails_the_calls_that_import_it() -> None:
    schedule = load_schedule("ewasm-metered")
    costs = dict(schedule.host_costs["ethereum"])
    del costs["getCaller"]
    priced = Pipeline(
        make_engine("interpreter"),
        replace(schedule, host_costs={"ethereum": costs}),
        EWASM,
    )
    code = contract("(call $getCaller (i32.const 0))")
    result = run(code, engine=priced, gas=10**12)
    assert (result.status, result.gas_left) == (CallStatus.FAILURE, 0)
    assert isinstance(result.error, LinkError)
    assert "no cost in gas schedule ewasm-metered" in str(result.error)
    assert run(contract(""), engine=priced, gas=10**12).succeeded
