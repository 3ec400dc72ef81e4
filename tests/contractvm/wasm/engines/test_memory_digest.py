"""The hash of a memory's content, compared with another implementation."""

from hashlib import sha256

import pytest

from tests.helpers.compiled import instantiate_compiled
from tests.helpers.instances import instantiate_wat

PAGE, CHUNK = 65_536, 4_096


def expected(content: bytes) -> bytes:
    """From the description alone, a chunk at a time."""
    hashed = len(content).to_bytes(8, "little")
    chunks = [content[at : at + CHUNK] for at in range(0, len(content), CHUNK)]
    run: list[bytes] = []
    for number, chunk in enumerate([*chunks, bytes(CHUNK)]):
        if any(chunk):
            run.append(chunk)
        elif run:
            hashed += (number - len(run)).to_bytes(4, "little")
            hashed += len(run).to_bytes(4, "little") + b"".join(run)
            run = []
    return sha256(hashed).digest()


@pytest.mark.parametrize(
    "writes",
    [
        {},
        {0: b"\1"},
        {CHUNK - 1: b"\1\1"},
        {CHUNK: b"\1", 3 * CHUNK: b"\2", 3 * CHUNK + 9: b"\3"},
        {2 * PAGE - 1: b"\xff"},
        {0: b"x" * 2 * PAGE},
        {7: bytes(100)},
    ],
)
def test_both_engines_hash_a_memory_as_it_is_described(writes) -> None:
    source = '(module (memory (export "memory") 2))'
    content = bytearray(2 * PAGE)
    for instance in (instantiate_wat(source), instantiate_compiled(source)):
        memory = instance.exports["memory"]
        for address, data in writes.items():
            memory.write(address, data)
            content[address : address + len(data)] = data
        assert memory.digest() == expected(bytes(content))


def test_the_size_counts_and_growth_is_seen() -> None:
    digests = set()
    for pages in (0, 1, 2):
        source = f'(module (memory (export "memory") {pages}))'
        for instance in (instantiate_wat(source), instantiate_compiled(source)):
            digests.add(instance.exports["memory"].digest())
            assert instance.exports["memory"].digest() == expected(bytes(pages * PAGE))
    assert len(digests) == 3
    memory = instantiate_wat('(module (memory (export "memory") 1))').exports["memory"]
    assert memory.grow(1) == 1
    assert memory.digest() == expected(bytes(2 * PAGE))


def test_data_of_the_module_is_in_the_hash() -> None:
    source = (
        '(module (memory (export "memory") 1) (data (i32.const 4090) "abcdefghij"))'
    )
    content = bytes(4090) + b"abcdefghij" + bytes(PAGE - 4100)
    for instance in (instantiate_wat(source), instantiate_compiled(source)):
        assert instance.exports["memory"].digest() == expected(content)
