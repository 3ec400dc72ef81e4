"""The shape of gas by size, and the search for the most gas."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain_sim.ethereum.abi.functions import parse_function
from contract_fuzz.campaign.coordinator import (
    CampaignLimits,
    CampaignState,
    Coordinator,
)
from contract_fuzz.campaign.report import shape_of
from contract_fuzz.errors import NoSizeParameter
from contract_fuzz.inputs.size_parameter import find_size_parameter
from contract_fuzz.judging.campaign import Campaign, GasObjective
from contract_fuzz.judging.gas_shape import decimal, fit_shape
from contract_fuzz.judging.shape_plot import draw_shape
from contract_fuzz.workers.pools import InProcess
from tests.helpers.fuzz_contracts import LISTS, campaign_for

SIZES = (0, 1, 2, 3, 5, 8, 13, 100)


@pytest.mark.parametrize(
    ("name", "coefficients"),
    [("constant", (21_000,)), ("linear", (7, 30)), ("quadratic", (1, 0, 2))],
)
def test_polynomial_is_fitted_exactly(name: str, coefficients: tuple[int, ...]) -> None:
    points = {
        size: sum(value * size**power for power, value in enumerate(coefficients))
        for size in SIZES
    }
    shape = fit_shape(points)
    assert shape.name == name
    assert shape.coefficients == tuple(map(Fraction, coefficients))
    assert shape.errors[len(coefficients) - 1] == 0
    assert shape.explained == 1


@given(st.lists(st.integers(-40, 40), min_size=len(SIZES), max_size=len(SIZES)))
def test_small_deviations_do_not_change_the_shape(noise: list[int]) -> None:
    pairs = list(zip(SIZES, noise, strict=True))
    assert fit_shape({size: 1_000 * size + off for size, off in pairs}).name == "linear"
    square = {size: 100 * size**2 + off for size, off in pairs}
    assert fit_shape(square).name == "quadratic"


def test_gas_that_follows_no_shape_is_undecided() -> None:
    wild = {size: size % 2 * 1_000 for size in range(20)}
    assert fit_shape(wild).name == "undecided"
    jump = {size: 0 if size < 10 else 1_000 for size in range(20)}
    assert fit_shape(jump).name == "undecided"


def test_gas_that_hardly_varies_is_constant() -> None:
    """A twentieth of the gas, where each point counts for 20 / 19 of its error."""
    for off, name in ((949, "constant"), (951, "undecided")):
        points = {size: 20_000 + off * (size % 2 * 2 - 1) for size in range(20)}
        assert fit_shape(points).name == name


def test_shape_needs_nine_tenths_of_the_variation_explained() -> None:
    for slope, name, explained in ((45, "undecided", "0.8"), (46, "linear", "0.9")):
        points = {n: 21_000 + slope * n + 50 * (n % 2 * 2 - 1) for n in range(12)}
        shape = fit_shape(points)
        assert (shape.name, len(shape.coefficients)) == (name, 2)
        assert decimal(shape.explained, 1) == explained


def test_simplest_shape_may_have_four_times_the_least_squared_error() -> None:
    for slope, coefficients, times in ((26, 1, 3), (27, 2, 4)):
        points = {n: 21_000 + slope * n + 50 * (n % 2 * 2 - 1) for n in range(12)}
        shape = fit_shape(points)
        assert len(shape.coefficients) == coefficients
        assert shape.errors[0] // min(shape.errors) == times


def test_line_is_close_within_a_hundredth_of_the_range() -> None:
    for square, name in ((886, "linear"), (887, "quadratic")):
        shape = fit_shape({n: 100_000 * n + square * n * n for n in range(12)})
        assert shape.name == name
        assert shape.errors[2] == 0


def test_points_are_thinned_to_64_with_both_ends() -> None:
    for count, sizes in (
        (64, list(range(64))),
        (65, [*range(63), 64]),
        (127, list(range(0, 127, 2))),
    ):
        shape = fit_shape({size: 7 * size for size in range(count)})
        assert [size for size, _ in shape.points] == sizes


def test_too_few_sizes_are_undecided() -> None:
    assert fit_shape({size: size for size in range(4)}).name == "undecided"
    assert fit_shape({size: size for size in range(5)}).name == "linear"
    assert fit_shape({}).document["points"] == []


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (Fraction(1, 3), 6, "0.333333"),
        (Fraction(-5, 2), 2, "-2.5"),
        (Fraction(7), 2, "7"),
        (Fraction(-1, 1_000), 2, "0"),
    ],
)
def test_fractions_are_shown_cut(value: Fraction, places: int, text: str) -> None:
    assert decimal(value, places) == text


def test_size_parameter_is_found_by_name_and_by_place() -> None:
    function = parse_function("f(uint8,(bytes,uint16[]),address)")
    assert find_size_parameter(function, "0").greatest == 127
    inner = find_size_parameter(function, "1.1")
    assert inner.places == (1, 1)
    assert inner.size_of([1, (b"", [1, 2, 3]), "0x"]) == 3
    for path in ("2", "3", "1", "x", "", "1.2", "0.0"):
        with pytest.raises(NoSizeParameter):
            find_size_parameter(function, path)


def search(name: str, runs: int) -> tuple[Campaign, CampaignState]:
    plain = campaign_for(LISTS)
    function = next(each for each in plain.functions if each.name == name)
    size = find_size_parameter(function, "a")
    campaign = campaign_for(LISTS, objective=GasObjective((function,), size))
    coordinator = Coordinator(campaign)
    coordinator.begin([])
    pool = InProcess(campaign, coordinator.runner)
    return campaign, coordinator.run(pool, CampaignLimits(runs))


@pytest.mark.parametrize(("name", "shape"), [("sum", "linear"), ("pairs", "quadratic")])
def test_loops_over_a_list_have_the_shape_of_their_depth(
    name: str, shape: str, tmp_path: Path
) -> None:
    campaign, state = search(name, 500)
    found = shape_of(campaign, state)
    assert found is not None
    assert found.name == shape
    assert len(found.points) > 10
    draw_shape(found, "a", tmp_path / "gas.png")
    assert (tmp_path / "gas.png").read_bytes().startswith(b"\x89PNG")


def test_witness_of_the_most_gas_uses_just_that() -> None:
    campaign, state = search("sum", 500)
    record = state.records["sum(uint8[])", None]
    by_size = [each.gas for key, each in state.records.items() if key[1] is not None]
    assert record.gas == max(by_size)
    executor = Coordinator(campaign).runner.executor
    outcomes = executor.run_sequence(executor.begin, record.transactions)
    assert outcomes[-1].gas_used == record.gas
    assert outcomes[-1].succeeded
