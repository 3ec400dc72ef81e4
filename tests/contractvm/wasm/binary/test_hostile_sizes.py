"""False counts and real depth: neither costs more than the bytes."""

import tracemalloc

import pytest

from contractvm.errors import InternalError, MalformedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.types import ValType
from contractvm.wasm.validation.validator import validate_module
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
    module,
    module_with_body,
    section,
    u32,
)

FOUR_BILLION = b"\xff\xff\xff\xff\x0f"


def peak_bytes_of_decoding(data: bytes) -> int:
    tracemalloc.start()
    try:
        with pytest.raises(MalformedModule):
            decode_module(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "section_id",
    [TYPE, IMPORT, FUNC, TABLE, MEMORY, GLOBAL, EXPORT, ELEMENT, CODE, DATA],
)
def test_a_count_of_four_billion_costs_nothing(section_id: int) -> None:
    data = module(section(section_id, FOUR_BILLION + bytes(100)))
    assert peak_bytes_of_decoding(data) < 20_000


@pytest.mark.parametrize(
    "instruction",
    [
        b"\x0e" + FOUR_BILLION,  # labels
        b"\x1c" + FOUR_BILLION,  # types of select
    ],
)
def test_counts_inside_instructions_cost_nothing(instruction: bytes) -> None:
    data = module_with_body(instruction + bytes(50) + b"\x0b")
    assert peak_bytes_of_decoding(data) < 20_000


@pytest.mark.parametrize("count", [50_000, 2**32 - 1])
def test_locals_cost_nothing_however_many(count: int) -> None:
    groups = b"\x01" + u32(count) + b"\x7f"
    data = module_with_body(b"\x20" + u32(count - 1) + b"\x1a\x0b", groups)
    tracemalloc.start()
    decoded = decode_module(data)
    validate_module(decoded)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert decoded.funcs[0].local_groups == ((count, ValType.I32),)
    assert peak < 50_000


@pytest.mark.parametrize("opening", [b"\x02\x40", b"\x03\x40", b"\x41\x00\x04\x40"])
def test_a_hundred_thousand_blocks_may_nest(opening: bytes) -> None:
    depth = 100_000
    data = module_with_body(opening * depth + b"\x0b" * (depth + 1))
    decoded = decode_module(data)
    assert validate_module(decoded).operand_heights in ((0,), (1,))
    assert decode_module(encode_module(decoded)) == decoded


def test_blocks_may_nest_in_a_constant_expression_until_it_is_refused() -> None:
    depth = 100_000
    code = b"\x02\x40" * depth + b"\x0b" * depth + b"\x41\x00\x0b"
    decoded = decode_module(module(section(GLOBAL, b"\x01\x7f\x00" + code)))
    assert len(decoded.globals[0].init.code) == len(code)


@pytest.mark.parametrize(
    "count", [50_000, pytest.param(1_000_000, marks=pytest.mark.slow)]
)
def test_a_million_funcs_are_decoded(count: int) -> None:
    data = module(
        section(TYPE, NO_PARAMS_NO_RESULTS),
        section(FUNC, u32(count) + bytes(count)),
        section(CODE, u32(count) + b"\x02\x00\x0b" * count),
    )
    decoded = decode_module(data)
    assert len(decoded.funcs) == count
    assert validate_module(decoded).operand_heights == (0,) * count


def test_our_lack_of_memory_is_no_fault_of_the_module(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_memory(data: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr("contractvm.wasm.binary.decoder.ByteReader", no_memory)
    with pytest.raises(InternalError, match="no memory to decode a module"):
        decode_module(b"")
