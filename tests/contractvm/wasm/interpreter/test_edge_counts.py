"""All counts of edges: cells, buckets, new edges, omitted edges."""

import pytest

from contractvm.errors import InternalError
from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.interpreter.edge_counts import (
    COMMON_CELLS,
    EdgeCounts,
    compare_sparse,
)
from contractvm.wasm.interpreter.instance import instantiate_module
from tests.helpers.covered_runs import compile_covered
from tests.helpers.wat import wat_to_module

# Passes its entry once, TAKEN `turns - 1` times, NOT_TAKEN once.
LOOP = """(module (func (export "f") (param i32)
  (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1)))
    (br_if $l (local.get 0)))))"""
OTHER = """(module (func (export "f") (param i32) (if (local.get 0) (then))))"""
FIRST, SECOND = b"first key", b"second key"


def compiled(counts: EdgeCounts, key: bytes, source: str = LOOP) -> CompiledModule:
    return compile_covered(wat_to_module(source), counts, key=key)


def run(module: CompiledModule, argument: int) -> None:
    instantiate_module(module, {}).invoke("f", argument)


def records(sparse: bytes) -> list[tuple[int, int]]:
    """Cell and bucket of each record."""
    assert len(sparse) % 5 == 0
    return [
        (int.from_bytes(sparse[at : at + 4], "little"), sparse[at + 4])
        for at in range(0, len(sparse), 5)
    ]


@pytest.mark.parametrize(
    ("count", "bucket"),
    [
        *((1, 1), (2, 2), (3, 4), (4, 8), (7, 8), (8, 16), (15, 16)),
        *((16, 32), (31, 32), (32, 64), (127, 64), (128, 128), (255, 128), (999, 128)),
    ],
)
def test_a_count_has_one_of_eight_buckets(count: int, bucket: int) -> None:
    counts = EdgeCounts()
    run(compiled(counts, FIRST), count + 1)
    at = COMMON_CELLS
    assert records(counts.sparse()) == [(at, 1), (at + 1, bucket), (at + 2, 1)]


def test_modules_have_regions_in_the_order_in_which_they_are_made_known() -> None:
    counts = EdgeCounts()
    assert len(counts) == COMMON_CELLS
    first, second = compiled(counts, FIRST), compiled(counts, SECOND, OTHER)
    assert len(counts) == COMMON_CELLS + 6
    run(second, 1)
    at = COMMON_CELLS
    assert records(counts.sparse()) == [(at + 3, 1), (at + 4, 1)]
    run(first, 1)
    assert [cell - at for cell, _ in records(counts.sparse())] == [0, 2, 3, 4]
    assert counts.own_region(FIRST) is first.region
    assert counts.own_region(b"neither") is None


def test_a_second_translation_of_a_module_counts_in_the_same_cells() -> None:
    counts = EdgeCounts()
    once, again = compiled(counts, FIRST), compiled(counts, FIRST)
    assert len(counts) == COMMON_CELLS + 3
    run(once, 1)
    found = counts.sparse()
    counts.reset()
    run(again, 1)
    assert counts.sparse() == found


def test_modules_that_come_later_share_cells_by_their_keys() -> None:
    counts = EdgeCounts()
    compiled(counts, FIRST)
    counts.seal()
    late = compiled(counts, b"\x05" + bytes(31))
    assert late.region is not None
    assert late.region.is_common
    assert late.region.edges == []
    assert len(counts) == COMMON_CELLS + 3
    run(late, 3)
    assert records(counts.sparse()) == [(5, 1), (6, 2), (7, 1)]
    other = EdgeCounts()
    other.seal()
    run(compiled(other, b"\x05" + bytes(31)), 3)
    assert other.sparse() == counts.sparse()


def test_shared_cells_begin_again_behind_the_last() -> None:
    counts = EdgeCounts()
    counts.seal()
    key = (COMMON_CELLS - 1).to_bytes(8, "little") + bytes(24)
    run(compiled(counts, key), 3)
    assert records(counts.sparse()) == [(0, 2), (1, 1), (COMMON_CELLS - 1, 1)]


def test_a_reset_leaves_no_count() -> None:
    counts = EdgeCounts()
    module = compiled(counts, FIRST)
    run(module, 9)
    assert sum(counts.counts) == 10
    counts.reset()
    assert sum(counts.counts) == 0
    assert counts.sparse() == b""
    run(module, 1)
    assert sum(counts.counts) == 2


def test_the_counts_are_seen_but_not_changed_from_outside() -> None:
    counts = EdgeCounts()
    view = counts.counts
    assert len(view) == COMMON_CELLS
    assert view.readonly
    with pytest.raises(TypeError):
        view[0] = 1


def test_what_is_new_are_edges_and_buckets() -> None:
    counts = EdgeCounts()
    module = compiled(counts, FIRST)
    seen = bytearray(len(counts))
    run(module, 1)
    assert counts.new_in(seen) == (2, 0)
    assert counts.new_in(seen) == (2, 0)
    assert counts.add_to(seen) == (2, 0)
    assert counts.add_to(seen) == (0, 0)
    counts.reset()
    run(module, 2)
    assert counts.new_in(seen) == (1, 0)
    run(module, 1)
    # Entry and end were passed twice now: a bucket of their own.
    assert counts.new_in(seen) == (1, 2)
    assert counts.add_to(seen) == (1, 2)
    assert seen[COMMON_CELLS:] == bytes([3, 1, 3])


def test_sparse_coverage_is_compared_as_the_counts_are() -> None:
    counts = EdgeCounts()
    module = compiled(counts, FIRST)
    there, here = bytearray(len(counts)), bytearray(len(counts))
    for turns in (1, 2, 5, 2, 40, 41):
        counts.reset()
        run(module, turns)
        sparse = counts.sparse()
        assert compare_sparse(sparse, here, False) == counts.new_in(there)
        assert compare_sparse(sparse, here, True) == counts.add_to(there)
        assert here == there


def test_too_short_a_map_is_our_error_and_foreign_bytes_are_refused() -> None:
    counts = EdgeCounts()
    run(compiled(counts, FIRST), 1)
    with pytest.raises(InternalError):
        counts.new_in(bytearray(len(counts) - 1))
    with pytest.raises(ValueError, match="6 bytes"):
        compare_sparse(bytes(6), bytearray(9), False)
    with pytest.raises(ValueError, match="edge 9 of 9"):
        compare_sparse(b"\x09\0\0\0\1", bytearray(9), True)
    assert compare_sparse(b"\x08\0\0\0\1", bytearray(9), True) == (1, 0)


def record(cell: int, bits: int) -> bytes:
    return cell.to_bytes(4, "little") + bytes([bits])


@pytest.mark.parametrize(
    "cell", [0, 1, 255, 256, 0x1_02_03, 0x1_00_00_00, 0x1_02_03_04]
)
def test_every_byte_of_a_cells_number_counts(cell: int) -> None:
    seen = bytearray(cell + 1)
    assert compare_sparse(record(cell, 0b101), seen, True) == (1, 0)
    assert (seen[cell], seen.count(0)) == (0b101, cell)
    assert compare_sparse(record(cell, 0b101), seen, True) == (0, 0)
    assert compare_sparse(record(cell, 0b110), seen, False) == (0, 1)
    assert seen[cell] == 0b101
    with pytest.raises(ValueError, match=f"edge {cell + 1} of {cell + 1}"):
        compare_sparse(record(cell + 1, 1), seen, False)


def test_records_are_whole() -> None:
    with pytest.raises(ValueError, match="4 bytes are not records of edges"):
        compare_sparse(bytes(4), bytearray(1), False)
    assert compare_sparse(b"", bytearray(1), True) == (0, 0)
