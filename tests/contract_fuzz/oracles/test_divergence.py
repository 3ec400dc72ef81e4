"""The search for the place where engines diverge, in its parts."""

import pytest

from contract_fuzz.oracles.divergence import Divergence
from contract_fuzz.oracles.observations import difference_in, shown
from contract_fuzz.oracles.oracle import is_sampled


def test_what_is_known_of_a_divergence_is_told() -> None:
    assert Divergence(3).facts == {"transaction": "3"}
    assert Divergence(0, 0, "f", "a.c:1", "2: a here, b there").facts == {
        "transaction": "0",
        "least units that differ": "0",
        "func": "f",
        "line": "a.c:1",
        "host call": "2: a here, b there",
    }


def test_a_difference_names_the_fields_and_shows_both_sides() -> None:
    assert difference_in(1, {"a": 1, "b": 2}, {"a": 1, "b": 2}) is None
    found = difference_in(
        2,
        {"gas_used": 5, "root": b"\x01", "same": 1},
        {"gas_used": 6, "same": 1, "x": 0},
    )
    assert found is not None
    assert (found.place, found.name) == (2, "gas used, state root, x")
    assert found.lines == (
        "gas used: 5 here, 6 there",
        "state root: 0x01 here, None there",
        "x: None here, 0 there",
    )


def test_what_is_shown_is_cut() -> None:
    assert shown("a" * 200) == "a" * 200
    assert shown("a" * 201) == "a" * 200 + "..."
    assert shown(b"\x01") == "0x01"


@pytest.mark.parametrize("share", [0, 1_000_000])
def test_a_share_of_none_or_all_is_exact(share: int) -> None:
    sampled = {is_sampled(1, case, 0, share) for case in range(-1, 200)}
    assert sampled == {share == 1_000_000}


def test_oracles_check_their_share_and_not_the_same_cases() -> None:
    checked = [
        {case for case in range(2_000) if is_sampled(5, case, index, 100_000)}
        for index in (0, 1)
    ]
    assert [len(cases) for cases in checked] == [198, 205]
    assert checked[0] != checked[1]
    # The case before the first counts as the greatest number.
    assert is_sampled(5, -1, 0, 500_000) == is_sampled(5, 2**64 - 1, 0, 500_000)
