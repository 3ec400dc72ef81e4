"""The smallest gas limit is found from few tries, in order."""

import pytest

from chain_sim.ethereum.chain.calls import search_estimate


@pytest.mark.parametrize("wanted", [63_000, 63_001, 66_336, 66_337, 66_338, 90_000])
def test_the_smallest_limit_is_found(wanted: int) -> None:
    tried: list[int] = []

    def succeeds(limit: int) -> bool:
        tried.append(limit)
        return limit >= wanted

    assert search_estimate(succeeds, 63_000, 100_000) == wanted
    # With the stipend of 2,300, and the 64th that a caller keeps.
    assert tried[:2] == [63_000, 66_337][: len(tried)]
    rest = tried[2:]
    assert all(limit < 66_337 for limit in rest) or wanted > 66_337
    assert all(limit > 66_337 for limit in rest) or wanted <= 66_337
