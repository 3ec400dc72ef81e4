"""The smallest gas limit that succeeds: found, verified, or reported not to exist."""

import pytest

from chain_sim.ethereum.gas_report.required_gas import search_required


@pytest.mark.parametrize("needed", [21_000, 21_001, 39_999, 50_000])
def test_the_limit_found_succeeds_and_one_less_fails(needed: int) -> None:
    tried: list[int] = []

    def succeeds(limit: int) -> bool:
        tried.append(limit)
        return limit >= needed

    found = search_required(succeeds, lowest=21_000, gas_limit=50_000, greatest=10**6)
    assert (found.gas_limit, found.notes) == (needed, ())
    assert needed in tried
    assert needed == 21_000 or needed - 1 in tried
    assert max(tried) == 50_000


def test_where_the_limit_that_was_set_fails_the_greatest_is_tried() -> None:
    found = search_required(
        lambda limit: limit >= 70_000, lowest=21_000, gas_limit=50_000, greatest=10**6
    )
    assert found.gas_limit == 70_000


@pytest.mark.parametrize("greatest", [40_000, 50_000, 1_000_000])
def test_where_the_greatest_fails_too_there_is_a_note(greatest: int) -> None:
    found = search_required(
        lambda limit: False, lowest=21_000, gas_limit=50_000, greatest=greatest
    )
    assert found.gas_limit is None
    assert found.notes == (f"it fails with {max(50_000, greatest):,} gas too",)


def test_success_below_a_failure_is_noted() -> None:
    found = search_required(
        lambda limit: limit >= 45_000 or limit < 23_000,
        lowest=21_000,
        gas_limit=50_000,
        greatest=50_000,
    )
    assert found.gas_limit == 45_000
    assert found.notes == (
        "success does not only depend on having enough gas: it succeeds with "
        "21,000, fails with 44,999 and succeeds with 45,000",
    )


def test_nothing_below_what_was_used_is_tried() -> None:
    tried: list[int] = []

    def succeeds(limit: int) -> bool:
        tried.append(limit)
        return True

    search_required(succeeds, lowest=21_000, gas_limit=21_000, greatest=10**6)
    assert min(tried) == 21_000
