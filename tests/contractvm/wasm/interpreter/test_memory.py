"""Memories: the last byte and one beyond, growth, and costs."""

from pathlib import Path

import pytest

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.wasm.interpreter.memory import Memory, set_poison
from contractvm.wasm.structure.types import PAGE_BYTES
from tests.helpers.instances import instantiate_wat

OUT_OF_BOUNDS = TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS
ACCESSES = {
    "i32.load": 4,
    "i64.load": 8,
    "f32.load": 4,
    "f64.load": 8,
    "i32.load8_s": 1,
    "i32.load8_u": 1,
    "i32.load16_s": 2,
    "i32.load16_u": 2,
    "i64.load8_s": 1,
    "i64.load8_u": 1,
    "i64.load16_s": 2,
    "i64.load16_u": 2,
    "i64.load32_s": 4,
    "i64.load32_u": 4,
}
STORES = {
    "i32.store": 4,
    "i64.store": 8,
    "f32.store": 4,
    "f64.store": 8,
    "i32.store8": 1,
    "i32.store16": 2,
    "i64.store8": 1,
    "i64.store16": 2,
    "i64.store32": 4,
}


def traps(source: str, *arguments: int) -> bool:
    try:
        instantiate_wat(source).invoke("f", *arguments)
    except Trap as trap:
        return trap.code is OUT_OF_BOUNDS
    return False


def access(mnemonic: str, address: str, offset: int) -> str:
    kind = mnemonic[:3]
    value = f"({kind}.const 1)" if mnemonic in STORES else ""
    text = f"({mnemonic} offset={offset} {address} {value})"
    body = text if mnemonic in STORES else f"(drop {text})"
    return f'(module (memory 1) (func (export "f") (param i32) {body}))'


@pytest.mark.parametrize(("mnemonic", "size"), (ACCESSES | STORES).items())
def test_access_reaches_the_last_byte_and_not_beyond(mnemonic: str, size: int) -> None:
    last = PAGE_BYTES - size
    for offset in (0, 16):
        source = access(mnemonic, "(local.get 0)", offset)
        assert not traps(source, last - offset)
        assert traps(source, last - offset + 1)
        fixed = access(mnemonic, f"(i32.const {last - offset})", offset)
        assert not traps(fixed, 0)
        assert traps(access(mnemonic, f"(i32.const {last - offset + 1})", offset), 0)


@pytest.mark.parametrize("mnemonic", ["i32.load", "i64.store", "i32.load8_u"])
@pytest.mark.parametrize("offset", [1, 0xFFFF_FFFF])
def test_address_and_offset_do_not_wrap(mnemonic: str, offset: int) -> None:
    assert traps(access(mnemonic, "(local.get 0)", offset), 0xFFFF_FFFF)
    assert traps(access(mnemonic, "(i32.const -1)", offset), 0)


def test_a_trapping_store_writes_nothing() -> None:
    instance = instantiate_wat("""(module (memory (export "m") 1)
      (func (export "f") (i64.store (i32.const 65529) (i64.const -1))))""")
    with pytest.raises(Trap):
        instance.invoke("f")
    assert instance.exports["m"].read(65520, 16) == bytes(16)


@pytest.mark.parametrize(
    ("body", "limit"),
    [
        ("(memory.fill (local.get 0) (i32.const 1) (i32.const 10))", PAGE_BYTES - 10),
        ("(memory.copy (local.get 0) (i32.const 0) (i32.const 10))", PAGE_BYTES - 10),
        ("(memory.copy (i32.const 0) (local.get 0) (i32.const 10))", PAGE_BYTES - 10),
        ("(memory.init 0 (local.get 0) (i32.const 0) (i32.const 3))", PAGE_BYTES - 3),
        ("(memory.init 0 (i32.const 0) (local.get 0) (i32.const 0))", 3),
        ("(memory.fill (local.get 0) (i32.const 1) (i32.const 0))", PAGE_BYTES),
    ],
)
def test_bulk_instruction_ends_at_the_last_byte(body: str, limit: int) -> None:
    source = f'(module (memory 1) (data "abc") (func (export "f") (param i32) {body}))'
    assert not traps(source, limit)
    assert traps(source, limit + 1)


def test_growth_is_seen_by_the_very_next_access() -> None:
    instance = instantiate_wat("""(module (memory (export "m") 1 3)
      (func (export "f") (result i32)
        (drop (memory.grow (i32.const 2)))
        (i32.store (i32.const 196604) (i32.const 77))
        (i32.load (i32.const 196604))))""")
    assert instance.invoke("f") == (77,)
    assert instance.exports["m"].pages == 3


def test_growth_ends_at_the_maximum_and_at_the_limit() -> None:
    source = """(module (memory 1 {}) (func (export "grow") (param i32) (result i32)
      (memory.grow (local.get 0))))"""
    assert instantiate_wat(source.format(3)).invoke("grow", 3) == (0xFFFF_FFFF,)
    assert instantiate_wat(source.format(3)).invoke("grow", 2) == (1,)
    limited = instantiate_wat(source.format(""), max_memory_pages=5)
    assert limited.invoke("grow", 5) == (0xFFFF_FFFF,)
    assert limited.invoke("grow", 4) == (1,)
    assert limited.invoke("grow", 0xFFFF_FFFF) == (0xFFFF_FFFF,)


def test_memory_from_outside() -> None:
    memory = Memory(1, 2)
    memory.write(PAGE_BYTES - 3, b"abc")
    assert memory.read(PAGE_BYTES - 4, 4) == b"\0abc"
    assert memory.read(PAGE_BYTES, 0) == b""
    assert (memory.grow(1), memory.grow(1), memory.pages) == (1, -1, 2)
    memory.write(2 * PAGE_BYTES, b"")


@pytest.mark.parametrize(
    ("address", "length"),
    [(PAGE_BYTES, 1), (PAGE_BYTES + 1, 0), (-1, 1), (0, -1), (1, 1 << 62)],
)
def test_reading_outside_traps(address: int, length: int) -> None:
    with pytest.raises(Trap) as trap:
        Memory(1).read(address, length)
    assert trap.value.code is OUT_OF_BOUNDS


def test_writing_outside_traps_and_writes_nothing() -> None:
    memory = Memory(1)
    with pytest.raises(Trap):
        memory.write(PAGE_BYTES - 2, b"abc")
    assert memory.read(PAGE_BYTES - 2, 2) == b"\0\0"


def test_a_memory_above_its_limit_is_our_bug() -> None:
    with pytest.raises(InternalError):
        Memory(3, None, 2)


def test_a_thousand_memories_of_four_gigabytes_cost_addresses_only() -> None:
    memories = [Memory(16) for _ in range(1024)]
    assert sum(memory.size_bytes for memory in memories) == 1024 * 16 * PAGE_BYTES


def test_addresses_of_a_memory_are_free_after_it() -> None:
    def reserved() -> int:
        return int(Path("/proc/self/statm").read_text().split()[0]) * 4096

    before = reserved()
    for _ in range(64):
        memory = Memory(1)
        memory.grow(64)  # more than is kept for the next one
        del memory
    assert reserved() - before < 32 * 2**32


def test_data_segment_out_of_bounds_traps_in_instantiation() -> None:
    with pytest.raises(Trap) as trap:
        instantiate_wat('(module (memory 1) (data (i32.const 65534) "abc"))')
    assert trap.value.code is OUT_OF_BOUNDS


@pytest.mark.parametrize("pages", [1, 2, 3, 32, 33])
def test_a_memory_that_is_used_again_is_all_zeros(pages: int) -> None:
    size = pages * PAGE_BYTES
    for _ in range(40):
        memory = Memory(pages, 40)
        assert memory.read(0, size) == bytes(size)
        memory.write(0, b"\xff" * size)


@pytest.mark.parametrize("growth", [1, 3, 32])
def test_what_a_memory_grew_by_is_gone_in_the_next_one(growth: int) -> None:
    for _ in range(40):
        memory = Memory(1, 40)
        assert memory.pages == 1
        with pytest.raises(Trap):
            memory.read(PAGE_BYTES, 1)
        assert memory.grow(growth) == 1
        assert memory.read(0, memory.size_bytes) == bytes(memory.size_bytes)
        memory.write(0, b"\xff" * memory.size_bytes)


def test_memories_of_all_sizes_are_zeros_and_their_own() -> None:
    """More at once than are kept, smaller and larger than those kept."""
    for _ in range(3):
        memories = [
            Memory(minimum, minimum + extra)
            for minimum in (0, 1, 2, 3, 32, 33)
            for extra in (0, 1, 3)
            for _ in range(3)
        ]
        for number, memory in enumerate(memories):
            assert memory.read(0, memory.size_bytes) == bytes(memory.size_bytes)
            memory.write(0, bytes([number + 1]) * memory.size_bytes)
        for number, memory in enumerate(memories):
            expected = bytes([number + 1]) * memory.size_bytes
            assert memory.read(0, memory.size_bytes) == expected
            memory.grow(1)


def test_reading_and_writing_from_outside_do_not_wrap() -> None:
    memory = Memory(1)
    most = (1 << 63) - 1
    for address, length in [(most, 1), (1, most), (most, most), (PAGE_BYTES, 1)]:
        with pytest.raises(Trap):
            memory.read(address, length)
    with pytest.raises(Trap):
        memory.write(most, b"a")


@pytest.mark.parametrize("pages", [1, 2, 3, 32, 33])
def test_poisoned_memory_is_zero_for_the_next_one(pages: int) -> None:
    """Pools wipe in two ways by size; large memories are unmapped."""
    set_poison(0xA5)
    try:
        for _ in range(3):
            memory = Memory(1, 40)
            memory.grow(pages - 1)
            assert memory.digest() == Memory(pages, 41).digest()
            memory.write(pages * PAGE_BYTES - 3, b"end")
            del memory
    finally:
        set_poison(None)
    assert Memory(1, 40).read(0, PAGE_BYTES) == bytes(PAGE_BYTES)
