"""Validation takes time linear in the bytes: shapes that trap a simple algorithm.

The bound is generous, since machines are busy: each shape takes about a second at most,
and an algorithm that is quadratic in it takes minutes or all of the memory.
"""

import time
from collections.abc import Callable

import pytest

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.profile import Profile, SizeLimits, check_profile
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.module_bytes import CODE, FUNC, TYPE, body, module, section, u32

SECONDS_ALLOWED = 10
UNLIMITED = Profile(
    "no limits that these shapes meet",
    sizes=SizeLimits(
        max_params=2**32,
        max_results=2**32,
        max_body_bytes=2**32,
        max_locals_per_func=2**32,
    ),
)


def module_of(types: list[bytes], func_types: list[int], bodies: list[bytes]) -> Module:
    return decode_module(
        module(
            section(TYPE, u32(len(types)) + b"".join(types)),
            section(FUNC, u32(len(func_types)) + b"".join(map(u32, func_types))),
            section(CODE, u32(len(bodies)) + b"".join(bodies)),
        )
    )


NO_TYPE = b"\x60\x00\x00"


def results_type(count: int, last: bytes = b"\x7f") -> bytes:
    return b"\x60\x00" + u32(count) + b"\x7f" * (count - 1) + last


def params_type(count: int) -> bytes:
    return b"\x60" + u32(count) + b"\x7f" * count + b"\x00"


def br_table_with_many_labels(size: int) -> Module:
    """Labels of a block whose results are many, all on the stack one by one."""
    arity = size // 20
    code = b"\x02\x00" + b"\x41\x00" * arity + b"\x41\x00\x0e" + u32(size)
    code += b"\x00" * (size + 1) + b"\x0b\x00\x0b"
    return module_of([results_type(arity), NO_TYPE], [1], [body(code)])


def br_table_through_many_blocks(size: int) -> Module:
    """Each label another block; all blocks of one type with many results."""
    arity, depth = size // 4, size // 4
    code = b"\x02\x00" * depth + b"\x41\x00" * arity + b"\x41\x00\x0e" + u32(depth - 1)
    code += (
        b"".join(u32(label) for label in range(depth)) + b"\x0b\x00" * depth + b"\x0b"
    )
    return module_of([results_type(arity), NO_TYPE], [1], [body(code + b"")])


def unreachable_blocks_with_many_results(size: int) -> Module:
    """`unreachable` makes each block's many results appear out of nothing."""
    code = b"\x02\x00\x00\x0b\x00" * (size // 10) + b"\x0b"
    return module_of([results_type(size // 2), NO_TYPE], [1], [body(code)])


def calls_with_many_results(size: int) -> Module:
    """Results that one call pushes and the next one pops, all of them."""
    many = size // 4
    code = b"\x10\x00\x10\x01" * (size // 8) + b"\x0b"
    return module_of(
        [results_type(many), params_type(many), NO_TYPE],
        [0, 1, 2],
        [body(b"\x00\x0b"), body(b"\x0b"), body(code)],
    )


def calls_with_results_that_do_not_line_up(size: int) -> Module:
    """As before, but one result is dropped: the types must be compared."""
    many = size // 4
    code = b"\x10\x00\x1a\x10\x01" * (size // 10) + b"\x0b"
    return module_of(
        [results_type(many), params_type(many - 1), NO_TYPE],
        [0, 1, 2],
        [body(b"\x00\x0b"), body(b"\x0b"), body(code)],
    )


def funcs_of_a_type_with_many_results(size: int) -> Module:
    """Small bodies, each with a type as large as all of them."""
    count = size // 8
    return module_of(
        [results_type(size // 2)], [0] * count, [body(b"\x00\x0b")] * count
    )


def funcs_with_many_locals(size: int) -> Module:
    """Small bodies that declare billions of locals each."""
    count = size // 20
    groups = b"\x01" + u32(4_000_000_000) + b"\x7f"
    code = b"\x20" + u32(3_999_999_999) + b"\x1a\x0b"
    return module_of([NO_TYPE], [0] * count, [body(code, groups)] * count)


def locals_in_many_groups(size: int) -> Module:
    """Every local its own group, each read once."""
    count = size // 12 * 2
    groups = u32(count) + b"\x01\x7f\x01\x7e" * (count // 2)
    code = b"".join(b"\x20" + u32(index) + b"\x1a" for index in range(count)) + b"\x0b"
    return module_of([NO_TYPE], [0], [body(code, groups)])


def deep_blocks(size: int) -> Module:
    """Blocks in blocks."""
    depth = size // 3
    return module_of(
        [NO_TYPE], [0], [body(b"\x02\x40" * depth + b"\x0b" * (depth + 1))]
    )


def blocks_around_a_tall_stack(size: int) -> Module:
    """A block entered and left over and over above many operands."""
    code = b"\x41\x00" * (size // 4) + b"\x02\x40\x0b" * (size // 6) + b"\x00\x0b"
    return module_of([NO_TYPE], [0], [body(code)])


@pytest.mark.parametrize(
    "shape",
    [
        br_table_with_many_labels,
        br_table_through_many_blocks,
        unreachable_blocks_with_many_results,
        calls_with_many_results,
        calls_with_results_that_do_not_line_up,
        funcs_of_a_type_with_many_results,
        funcs_with_many_locals,
        locals_in_many_groups,
        deep_blocks,
        blocks_around_a_tall_stack,
    ],
)
def test_two_megabytes_take_no_time(shape: Callable[[int], Module]) -> None:
    made = shape(2_000_000)
    start = time.process_time()
    validate_module(made)
    check_profile(made, UNLIMITED)
    assert time.process_time() - start < SECONDS_ALLOWED
