"""False sizes and extreme shapes, through the whole pipeline.

decode -> profile -> validate -> instrument -> validate -> compile -> instantiate ->
call. The cost of each is bounded by the bytes that exist.
"""

import subprocess
import sys
import time

import pytest

from contractvm.errors import InvalidModule, MalformedModule, RefusedModule
from contractvm.wasm.binary.encoder import encode_module
from tests.helpers.module_bytes import (
    CODE,
    DATA,
    ELEMENT,
    EXPORT,
    FUNC,
    GLOBAL,
    IMPORT,
    MEMORY,
    NO_PARAMS_NO_RESULTS,
    TABLE,
    TYPE,
    body,
    module,
    section,
    u32,
)
from tools.fuzz.pipeline import fresh_engine, run_bytes

FOUR_BILLION = b"\xff\xff\xff\xff\x0f"
DEPTH = 100_000
EXPORT_F = section(EXPORT, b"\x01\x01f\x00\x00")
ONE_TYPE = section(TYPE, NO_PARAMS_NO_RESULTS)
THOUSAND_TO_THOUSAND = section(TYPE, b"\x01\x60" + (u32(1_000) + b"\x7f" * 1_000) * 2)


def one_func(code: bytes, local_groups: bytes = b"\x00", *sections: bytes) -> bytes:
    """A module whose one func, without type, is exported."""
    parts = (section(FUNC, b"\x01\x00"), *sections, EXPORT_F)
    return module(ONE_TYPE, *parts, section(CODE, b"\x01" + body(code, local_groups)))


def many_funcs(count: int, code: bytes, local_groups: bytes) -> bytes:
    bodies = body(code, local_groups) * count
    return module(
        ONE_TYPE,
        section(FUNC, u32(count) + bytes(count)),
        section(CODE, u32(count) + bodies),
    )


def thousand_params(code: bytes) -> bytes:
    """A func that pushes its thousand parameters and returns as many values."""
    gets = b"".join(b"\x20" + u32(index) for index in range(1_000))
    return module(
        THOUSAND_TO_THOUSAND,
        section(FUNC, b"\x01\x00"),
        section(CODE, b"\x01" + body(gets + code)),
    )


COPIES, DROPS = b"\x20\x00" * 50_000, b"\x1a" * 50_000 + b"\x0b"
FIFTY_THOUSAND_LOCALS = b"\x01" + u32(50_000) + b"\x7f"
SHAPES = {
    "blocks nested": one_func(b"\x02\x40" * DEPTH + b"\x0b" * (DEPTH + 1)),
    "loops nested": one_func(b"\x03\x40" * DEPTH + b"\x0b" * (DEPTH + 1)),
    "ifs nested": one_func(b"\x41\x01\x04\x40" * DEPTH + b"\x0b" * (DEPTH + 1)),
    "a branch out of all blocks": one_func(
        b"\x02\x40" * DEPTH + b"\x0c" + u32(DEPTH) + b"\x0b" * (DEPTH + 1)
    ),
    "a table of branches": one_func(
        b"\x02\x40\x41\x01\x0e" + u32(DEPTH) + bytes(DEPTH + 1) + b"\x0b\x0b"
    ),
    "a table of branches to every block": one_func(
        b"\x02\x40" * DEPTH
        + b"\x41\x01\x0e"
        + u32(DEPTH)
        + b"".join(map(u32, range(DEPTH + 1)))
        + b"\x0b" * (DEPTH + 1)
    ),
    "a thousand values over each branch": thousand_params(
        b"\x02\x00\x41\x07" + b"\x41\x00\x0d\x00" * 20_000 + b"\x1a\x0b\x0b"
    ),
    "a thousand values over a table of branches": thousand_params(
        b"\x02\x00\x02\x00\x41\x07\x41\x00\x0e"
        + u32(DEPTH)
        + b"\x00\x01" * (DEPTH // 2)
        + b"\x00\x0b\x0b\x0b"
    ),
    "a thousand values to each call": thousand_params(
        b"\x41\x07" + b"\x10\x00" * 20_000 + b"\x1a\x0b"
    ),
    "a thousand values into each if": thousand_params(
        b"\x41\x00\x04\x00\x05\x0b" * 20_000 + b"\x0b"
    ),
    "copies of a local, then it is set": one_func(
        b"\x20\x00" * 50_000
        + b"\x41\x00\x21\x00" * 50_000
        + b"\x1a" * 50_000
        + b"\x0b",
        b"\x01\x01\x7f",
    ),
    "copies of a local, then branches": one_func(
        b"\x20\x00" * 50_000
        + b"\x41\x00\x0d\x00" * 50_000
        + b"\x1a" * 50_000
        + b"\x0b",
        b"\x01\x01\x7f",
    ),
    "copies of a local, then ifs": one_func(
        COPIES + b"\x41\x00\x04\x40\x05\x0b" * 50_000 + DROPS,
        b"\x01\x01\x7f",
    ),
    "a deep operand stack": one_func(
        b"\x41\x01" * 200_000 + b"\x1a" * 200_000 + b"\x0b"
    ),
    "fifty thousand locals in each func": many_funcs(
        2_000, b"\x20" + u32(49_999) + b"\x1a\x0b", FIFTY_THOUSAND_LOCALS
    ),
    "many funcs": many_funcs(20_000, b"\x0b", b"\x00"),
    "a memory of all pages": one_func(
        b"\x0b", b"\x00", section(MEMORY, b"\x01\x00" + u32(65_536))
    ),
    "a hundred tables of ten million elements": one_func(
        b"\x0b", b"\x00", section(TABLE, u32(100) + (b"\x70\x00" + u32(10**7)) * 100)
    ),
    "a large data segment": module(
        section(MEMORY, b"\x01\x00" + u32(100)),
        section(DATA, b"\x01\x00\x41\x00\x0b" + u32(6_000_000) + bytes(6_000_000)),
    ),
    "many data segments": module(
        section(MEMORY, b"\x01\x00\x01"),
        section(DATA, u32(50_000) + b"\x00\x41\x00\x0b\x00" * 50_000),
    ),
    "many globals": module(
        section(GLOBAL, u32(50_000) + b"\x7f\x00\x41\x00\x0b" * 50_000)
    ),
}


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_an_extreme_shape_costs_time_linear_in_its_bytes(name: str) -> None:
    """A hundredth of what a quadratic stage would take; ten times what these take."""
    data = SHAPES[name]
    began = time.process_time()
    assert run_bytes(data) in ("ran", "Trap")
    assert time.process_time() - began < 1 + len(data) * 10 / 1_000_000


# Peak memory of a process that runs a module, beyond that of one that runs nothing.
MEASURE = """
import resource, sys
from tools.fuzz.pipeline import run_bytes
run_bytes(b"\\0asm\\1\\0\\0\\0")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
data = sys.stdin.buffer.read()
outcome = run_bytes(data)
after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(outcome, (after - before) * 1024)
"""


def peak_bytes(data: bytes) -> tuple[str, int]:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE], input=data, capture_output=True, check=True
    )
    outcome, grown = done.stdout.split()
    return outcome.decode(), int(grown)


@pytest.mark.parametrize(
    ("name", "most_per_byte"),
    [
        ("a memory of all pages", 0),
        ("a hundred tables of ten million elements", 0),
        ("fifty thousand locals in each func", 200),
        ("a table of branches to every block", 100),
        ("ifs nested", 200),
        ("many funcs", 250),
        ("a large data segment", 5),
    ],
)
def test_memory_is_bounded_by_the_bytes_that_are_there(
    name: str, most_per_byte: int
) -> None:
    outcome, grown = peak_bytes(SHAPES[name])
    assert outcome == "ran"
    assert grown < 4_000_000 + most_per_byte * len(SHAPES[name])


@pytest.mark.slow
def test_a_million_funcs_run() -> None:
    data = many_funcs(1_000_000, b"\x0b", b"\x00")
    outcome, grown = peak_bytes(data)
    assert outcome == "ran"
    assert grown < 250 * len(data)


@pytest.mark.parametrize(
    "section_id",
    [TYPE, IMPORT, FUNC, TABLE, MEMORY, GLOBAL, EXPORT, ELEMENT, CODE, DATA],
)
def test_a_count_of_four_billion_ends_the_pipeline(section_id: int) -> None:
    with pytest.raises(MalformedModule):
        fresh_engine().prepare(module(section(section_id, FOUR_BILLION + bytes(100))))


@pytest.mark.parametrize("count", [50_001, 2**32 - 1])
def test_more_locals_than_the_profile_takes_are_refused(count: int) -> None:
    data = one_func(b"\x0b", b"\x01" + u32(count) + b"\x7f")
    with pytest.raises(RefusedModule, match="locals"):
        fresh_engine().prepare(data)


def test_a_table_larger_than_the_profile_takes_is_refused() -> None:
    sections = section(TABLE, b"\x01\x70\x00" + u32(10**7 + 1))
    with pytest.raises(RefusedModule, match="table elements"):
        fresh_engine().prepare(one_func(b"\x0b", b"\x00", sections))


def test_a_memory_of_more_pages_than_there_are_addresses_is_invalid() -> None:
    sections = section(MEMORY, b"\x01\x00" + u32(65_537))
    with pytest.raises(InvalidModule):
        fresh_engine().prepare(one_func(b"\x0b", b"\x00", sections))


def test_the_instrumented_form_of_each_shape_can_be_written() -> None:
    for name in ("blocks nested", "a table of branches to every block"):
        prepared = fresh_engine().prepare(SHAPES[name])
        assert len(encode_module(prepared.module)) < 20 * len(SHAPES[name])
