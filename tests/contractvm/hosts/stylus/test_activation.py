"""The prices of activation, against published totals and a reference calculation."""

import csv
from collections.abc import Iterator
from dataclasses import replace

import pytest

from contractvm.errors import RefusedModule
from contractvm.hosts.stylus.activation import (
    DataPricer,
    ProgramCosts,
    approximate_exp,
    cached_gas,
    init_gas,
    module_gas,
    program_costs,
)
from contractvm.hosts.stylus.costs import ActivationCosts, DataPricing
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import ProgramFigures, check_program
from contractvm.hosts.stylus.parameters import parameters_of
from contractvm.hosts.stylus.program_code import pack_program
from gas_schedule.loader import load_schedule
from tests.helpers.vectors import vectors_folder, vectors_path

SCHEDULE = load_schedule("stylus-1")
COSTS = SCHEDULE.section(ActivationCosts)
PRICING = SCHEDULE.section(DataPricing)
NOW = 1_764_000_000
ACCURACY = 12
FIGURES = ProgramFigures(
    wasm_bytes=16_816,
    funcs=99,
    types=261,
    global_count=7,
    segment_bytes=1_275,
    payload_bytes=1_244,
    element_bytes=22,
    pages=17,
    operators=19_494,
    frames=(),
)


def rows() -> Iterator[dict[str, str]]:
    path = vectors_path("stylus") / "golden-own-activation.csv"
    if path.exists():
        with path.open() as lines:
            yield from csv.DictReader(lines)


@pytest.mark.parametrize("row", list(rows()), ids=lambda row: row["module"])
def test_figures_and_prices_of_each_published_module(row: dict[str, str]) -> None:
    folder, name = vectors_folder("stylus"), row["module"]
    if not name.startswith("contracts/"):
        folder = folder / "own"
    wasm = folder.joinpath(name).read_bytes()
    parameters = parameters_of(61)
    found = check_program(wasm, TYPES, parameters)
    costs = program_costs(found, parameters, COSTS)
    fee, _ = DataPricer.fresh(PRICING).charged(costs.asm_bytes, NOW, ACCURACY)
    frames = " ".join(map(str, found.frames))
    if row["frames"].startswith("max"):
        frames = f"max {max(found.frames)}"
    assert [
        str(number)
        for number in (
            found.wasm_bytes,
            len(pack_program(wasm)),
            found.funcs,
            found.types,
            found.global_count,
            found.segment_bytes,
            found.payload_bytes,
            found.element_bytes,
            found.pages,
            found.operators,
            frames,
            costs.asm_bytes,
            costs.init,
            costs.cached,
            init_gas(costs.init, parameters, COSTS),
            cached_gas(costs.cached, parameters, COSTS),
            module_gas(found, parameters, COSTS),
        )
    ] == list(row.values())[1:18]
    assert str(fee) == row["first_data_fee_wei"]


def test_a_recorded_activation_and_its_fee() -> None:
    # 10__stylus block 21 of the published recordings; the estimate gives the exact gas.
    parameters = parameters_of(32)
    used = 21_000 + 432 + 1_747_826 + module_gas(FIGURES, parameters, COSTS)
    assert ((used + 2_300) * 64 // 63 + used - 1) // 2 == 3_299_718
    costs = program_costs(FIGURES, parameters, COSTS)
    fee, _ = DataPricer.fresh(PRICING).charged(costs.asm_bytes, NOW, ACCURACY)
    assert fee * 120 // 100 == 73_988_263_520_352


def test_the_length_of_the_module_costs_gas_from_arbos_32_on() -> None:
    with_bytes = module_gas(FIGURES, parameters_of(32), COSTS)
    without = module_gas(FIGURES, parameters_of(31), COSTS)
    assert with_bytes - without == 28 * (16_816 * 31_733 // 100_000)


def test_a_second_fee_in_the_same_second_sees_the_demand_of_the_first() -> None:
    pricer = DataPricer.fresh(PRICING)
    first, after = pricer.charged(600_000, NOW, ACCURACY)
    second, _ = after.charged(600_000, NOW, ACCURACY)
    assert (after.demand, after.last_update) == (600_000, NOW)
    assert first == 82_928_201 * approximate_exp(280, 12) // 10_000 * 600_000
    assert second == 82_928_201 * approximate_exp(561, 12) // 10_000 * 600_000
    # 34,865 bytes are forgotten in each second.
    assert after.charged(0, NOW + 17, ACCURACY)[1].demand == 600_000 - 17 * 34_865
    assert after.charged(0, NOW + 18, ACCURACY)[1].demand == 0


@pytest.mark.parametrize(
    ("bips", "result"),
    [(0, 10_000), (500, 10_512), (2_000, 12_214), (10_000, 27_083), (20_000, 70_000)],
)
def test_the_exponential_is_that_of_four_terms(bips: int, result: int) -> None:
    assert approximate_exp(bips, 4) == result


def test_the_first_version_starts_at_the_cached_cost_too() -> None:
    first = program_costs(FIGURES, parameters_of(30), COSTS)
    second = program_costs(FIGURES, parameters_of(31), COSTS)
    assert first == ProgramCosts(
        second.asm_bytes, second.init + second.cached, second.cached
    )
    assert init_gas(0, parameters_of(30), COSTS) == 72 * 128
    assert init_gas(0, parameters_of(31), COSTS) == 69 * 128
    assert cached_gas(0, parameters_of(31), COSTS) == 11 * 32


def test_scaled_costs_are_rounded_up() -> None:
    half = replace(parameters_of(61), init_cost_scalar=25, cached_cost_scalar=1)
    assert init_gas(3, half, COSTS) == 8_832 + 2
    assert cached_gas(1, half, COSTS) == 352 + 1
    assert cached_gas(0, half, COSTS) == 352


@pytest.mark.parametrize(("payload", "is_refused"), [(86_926, False), (86_927, True)])
def test_costs_that_no_record_holds_are_refused(payload: int, is_refused: bool) -> None:
    # 65,535 gas to start when cached, and one more unit.
    figures = replace(FIGURES, segment_bytes=payload)
    if is_refused:
        with pytest.raises(RefusedModule, match="to start when cached, 65535 allowed"):
            program_costs(figures, parameters_of(61), COSTS)
    else:
        assert program_costs(figures, parameters_of(61), COSTS).cached == 65_535


def test_a_fresh_chain_has_no_demand() -> None:
    assert DataPricer.fresh(PRICING) == DataPricer(
        demand=0,
        bytes_per_second=PRICING.bytes_per_second,
        last_update=PRICING.last_update,
        min_price=PRICING.min_price,
        inertia=PRICING.inertia_divisor,
    )
