"""The one compiled description: it behaves like the dataclasses next to it."""

import gc
from dataclasses import replace

import pytest

from contractvm.wasm.structure.module import Func
from contractvm.wasm.structure.types import ValType

FUNC = Func(1, ((2, ValType.I32),), b"\x0b", 30)


def test_where_a_func_was_read_makes_no_difference() -> None:
    made = Func(1, ((2, ValType.I32),), b"\x0b")
    assert made.offset == 0
    assert made == FUNC
    assert hash(FUNC) == hash(made)


@pytest.mark.parametrize(
    "other",
    [
        replace(FUNC, type_index=2),
        replace(FUNC, local_groups=()),
        replace(FUNC, code=b"\x01\x0b"),
    ],
)
def test_funcs_that_differ_are_not_equal(other: Func) -> None:
    assert other != FUNC
    assert other.offset == 30


def test_a_func_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        FUNC.code = b""  # type: ignore[misc]


def test_a_func_shows_its_fields() -> None:
    assert repr(Func(0, (), b"\x0b")) == (
        "Func(type_index=0, local_groups=(), code=b'\\x0b', offset=0)"
    )


def test_the_garbage_collector_does_not_look_at_funcs() -> None:
    assert not gc.is_tracked(FUNC)


def test_the_count_of_locals_is_bounded_by_nothing() -> None:
    groups = ((2**40, ValType.I32), (1, ValType.I64))
    assert Func(0, groups, b"").local_count == 2**40 + 1
