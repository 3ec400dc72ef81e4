"""Features: edges and how often they were taken, compared with a Python set."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contract_fuzz.judging.feature_map import FeatureMap, features_of

LIMITS = (1, 2, 3, 4, 8, 16, 32, 128)
runs = st.integers(1, 40).flatmap(
    lambda size: st.lists(
        st.binary(min_size=size, max_size=size), min_size=1, max_size=6
    )
)


def model(counts: bytes) -> tuple[int, ...]:
    return tuple(
        8 * edge + sum(count >= limit for limit in LIMITS) - 1
        for edge, count in enumerate(counts)
        if count
    )


@given(runs)
def test_features_are_those_of_a_set(runs: list[bytes]) -> None:
    features = FeatureMap(len(runs[0]))
    seen: set[int] = set()
    for counts in runs:
        found = features_of(counts)
        assert found == model(counts)
        assert features.observe(counts) == bool(set(found) - seen)
        assert features.add(found) == [each for each in found if each not in seen]
        seen |= set(found)
    assert features.feature_count == len(seen)
    assert features.edge_count == len({feature // 8 for feature in seen})
    hits = {
        edge: sum(counts[edge] > 0 for counts in runs) for edge in range(len(runs[0]))
    }
    assert dict(features.hits) == {edge: count for edge, count in hits.items() if count}


@given(runs)
def test_of_several_runs_together_only_new_edges_are_new(runs: list[bytes]) -> None:
    features = FeatureMap(len(runs[0]))
    features.add(features_of(runs[0]))
    for counts in runs[1:]:
        has_new_edge = any(
            count and not first for count, first in zip(counts, runs[0], strict=True)
        )
        assert features.observe(counts, False) == has_new_edge


@pytest.mark.parametrize(
    ("count", "bucket"),
    [
        *((1, 0), (2, 1), (3, 2), (4, 3), (7, 3), (8, 4), (15, 4), (16, 5)),
        *((31, 5), (32, 6), (127, 6), (128, 7), (255, 7)),
    ],
)
def test_counts_fall_into_eight_buckets(count: int, bucket: int) -> None:
    assert features_of(bytes([0, count])) == (8 + bucket,)


def test_map_goes_on_from_what_was_seen_before() -> None:
    first = FeatureMap(9)
    first.add([3, 64])
    second = FeatureMap(9, first.seen)
    assert second.add([3, 64, 65]) == [65]
    assert second.hits == ()


def test_hits_of_maps_add_up() -> None:
    features = FeatureMap(9)
    features.observe(bytes([0, 1, 0, 0, 0, 0, 0, 0, 5]))
    features.add_hits([(1, 2), (8, 1)])
    assert features.hits == ((1, 3), (8, 2))


def test_sizes_that_do_not_fit_are_refused() -> None:
    features = FeatureMap(9)
    with pytest.raises(ValueError, match="another number of edges"):
        features.observe(bytes(8))
    with pytest.raises(ValueError, match="another number of edges"):
        FeatureMap(9, bytes(8))
    with pytest.raises(ValueError, match="feature 72 of 9 edges"):
        features.add([72])
    with pytest.raises(ValueError, match="edge 9 of 9"):
        features.add_hits([(9, 1)])
