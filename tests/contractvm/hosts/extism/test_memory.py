"""The host's memory of a plugin: blocks, handles, and the edges of both."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contractvm.errors import LimitExceeded, Trap, TrapCode
from contractvm.hosts.extism.memory import MAX_BYTES, HostMemory


def test_handles_begin_at_8_and_are_aligned() -> None:
    memory = HostMemory()
    assert [memory.allocate(size) for size in (1, 8, 9, 1)] == [8, 16, 24, 40]
    assert [memory.length(handle) for handle in (8, 16, 24, 40)] == [1, 8, 9, 1]


def test_no_bytes_have_the_handle_0() -> None:
    memory = HostMemory()
    assert memory.allocate(0) == 0
    assert memory.put(b"") == 0
    assert memory.length(0) == 0
    assert memory.block(0) == b""
    memory.free(0)
    assert memory.allocate(1) == 8


def test_a_freed_block_serves_the_next_of_its_rounded_length() -> None:
    memory = HostMemory()
    first, second, third = (memory.put(bytes([n] * 5)) for n in range(3))
    memory.free(first)
    memory.free(third)
    assert memory.allocate(9) == 32
    assert [memory.allocate(size) for size in (8, 3, 1)] == [third, first, 48]
    assert memory.block(third) == b"\2\2\2\2\2\0\0\0"
    assert memory.block(first) == b"\0\0\0"
    assert memory.block(second) == b"\1" * 5


@pytest.mark.parametrize("handle", [1, 4, 9, 16, 17, 24, 2**63, 2**64 - 1])
def test_a_bad_handle_traps(handle: int) -> None:
    memory = HostMemory()
    assert memory.allocate(16) == 8
    for use in (memory.length, memory.free, memory.block):
        with pytest.raises(Trap) as caught:
            use(handle)
        assert caught.value.code is TrapCode.HOST_REFUSED
        assert caught.value.detail == f"no block has the handle {handle}"
    assert memory.length(8) == 16


def test_a_freed_handle_traps() -> None:
    memory = HostMemory()
    first, second = memory.allocate(4), memory.allocate(4)
    memory.free(first)
    memory.free(second)
    for handle in (first, second):
        with pytest.raises(Trap):
            memory.free(handle)
    assert memory.allocate(4) == second


def test_all_blocks_together_fill_16_mib_and_no_more() -> None:
    memory = HostMemory()
    assert memory.allocate(MAX_BYTES + 1) == 0
    half = memory.allocate(MAX_BYTES // 2)
    assert memory.allocate(MAX_BYTES // 2 + 1) == 0
    assert memory.allocate(MAX_BYTES // 2) == half + MAX_BYTES // 2
    assert memory.allocate(1) == 0
    with pytest.raises(LimitExceeded) as caught:
        memory.put(b"1")
    assert (caught.value.which, caught.value.limit) == ("host_memory_bytes", MAX_BYTES)
    memory.free(half)
    assert memory.allocate(1) == 0
    assert memory.allocate(MAX_BYTES // 2) == half
    memory.reset()
    assert memory.allocate(1) == 8


def test_ranges_are_inside_or_trap() -> None:
    memory = HostMemory()
    memory.allocate(16)
    memory.write(8, b"first")
    memory.write(19, b"later")
    assert memory.read(8, 16) == b"first\0\0\0\0\0\0later"
    assert memory.read(24, 0) == b""
    assert memory.read(0, 0) == b""
    for address, length in ((7, 1), (0, 8), (23, 2), (24, 1), (2**64 - 1, 8)):
        with pytest.raises(Trap) as caught:
            memory.read(address, length)
        assert caught.value.code is TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
        with pytest.raises(Trap):
            memory.write(address, bytes(length))
    assert memory.read(8, 16) == b"first\0\0\0\0\0\0later"


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.binary(max_size=40)),
        st.tuples(st.just("free"), st.integers(0, 30)),
        st.tuples(st.just("bad"), st.integers(0, 2**64 - 1)),
    ),
    max_size=60,
)


@given(STEPS)
def test_blocks_keep_their_bytes_whatever_else_is_freed(
    steps: list[tuple[str, Any]],
) -> None:
    memory = HostMemory()
    model: dict[int, bytes] = {}
    for step, value in steps:
        if step == "put":
            handle = memory.put(value)
            assert (handle == 0) == (value == b"")
            if handle:
                assert handle not in model
                assert handle % 8 == 0
                model[handle] = value
        elif step == "free" and model:
            handle = sorted(model)[value % len(model)]
            memory.free(handle)
            del model[handle]
        elif step == "bad" and value and value not in model:
            with pytest.raises(Trap):
                memory.free(value)
        assert {handle: memory.block(handle) for handle in model} == model
    ends = sorted((handle, handle + len(data)) for handle, data in model.items())
    assert all(first[1] <= second[0] for first, second in pairwise(ends))
