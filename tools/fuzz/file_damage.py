"""Hostile files of one kind: what is changed, and what is then made right again.

A wrong hash is refused at once; so it is recomputed to reach the code that follows.
"""

import gzip
import hashlib
import json
from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any

import rlp

from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.text import format_data, keccak256
from tests.helpers.module_bytes import custom
from tools.fuzz.file_surface import Mutate
from tools.fuzz.text_damage import (
    JSON,
    TOML,
    Language,
    as_bytes,
    damaged_bytes,
    damaged_text,
)

BYTES_INSTEAD = 0.1
MAGIC = b"\0asm\1\0\0\0"
RLP_ITEMS: tuple[Any, ...] = (
    *(b"", b"\0", b"\1", b"\x7f", b"\x80", b"\xff" * 31, b"\xff" * 32, b"\xff" * 33),
    *(b"a" * 56, b"a" * 70_000, [], [[]], [b""] * 17, [b"\1"] * 300, [b"\x20", b"x"]),
    *(
        b"\x00",
        b"\x20",
        b"\x3f",
        b"\x40",
        b"\x10" + b"\x11" * 40,
        b"\x20" + b"\x22" * 40,
    ),
)


def text_mutants(language: Language) -> Mutate:
    """Mutants of texts in this language."""

    def mutate(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
        if random.random() < BYTES_INSTEAD:
            return damaged_bytes(data, random, others)
        texts = [other.decode() for other in others]
        return as_bytes(damaged_text(language, data.decode(), random, texts))

    return mutate


def zipped_too(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """As JSON, and some of it zipped or zipped as hex, broken or not."""
    mutant = text_mutants(JSON)(data, random, others)
    form = random.randrange(20)
    if form > 2:
        return mutant
    mutant = gzip.compress(mutant, 1, mtime=0)
    if form == 2:
        return mutant
    if form == 1 and random.random() < 0.5:
        mutant = damaged_bytes(mutant, random)
    mutant = b"0x" + mutant.hex().encode()
    return damaged_bytes(mutant, random) if random.random() < 0.3 else mutant


@lru_cache(64)
def deep_list(levels: int) -> bytes:
    """RLP of lists in each other."""
    encoded = b"\xc0"
    for _ in range(levels):
        size = len(encoded)
        digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
        head = (
            bytes((0xC0 + size,))
            if size < 56
            else bytes((0xF7 + len(digits),)) + digits
        )
        encoded = head + encoded
    return encoded


def damaged_item(item: Any, random: Random) -> Any:
    """RLP's lists and byte strings, one of them changed; bytes are encoded already."""
    if isinstance(item, list) and item and random.random() < 0.85:
        place = random.randrange(len(item))
        changed = damaged_item(item[place], random)
        kind = random.random()
        if kind < 0.1:
            return item[:place] + item[place + 1 :]
        if kind < 0.2:
            return [*item[:place], changed, *item[place:]]
        return [*item[:place], changed, *item[place + 1 :]]
    if isinstance(item, bytes) and item and random.random() < 0.3:
        inner = _inner(item)
        if inner is not None:
            return encode_item(damaged_item(inner, random))
        return damaged_bytes(item, random)
    return random.choice((*RLP_ITEMS, deep_list(random.choice((3, 30, 3_000)))))


def rlp_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Mutants of RLP: of what it says, and of how it says it."""
    if random.random() < 0.25:
        return damaged_bytes(data, random, others)
    encoded = encode_item(damaged_item(_decoded(data), random))
    return damaged_bytes(encoded, random) if random.random() < 0.1 else encoded


def envelope_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Mutants of transactions: of the payload, under its own type or another."""
    start = 1 if data[0] < 0x80 else 0
    payload = rlp_mutants(data[start:], random, others)
    kind = data[:start] if random.random() < 0.9 else bytes([random.randrange(5)])
    return kind + payload


def case_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Mutants of cases; schedules and states with the hash that they have now."""
    kind = random.random()
    if kind < 0.5:
        return text_mutants(JSON)(data, random, others)
    document = json.loads(data)
    if kind < 0.7:
        schedule = document["schedule"]
        content = damaged_text(TOML, schedule["content"], random, [schedule["content"]])
        schedule["content"] = content
        digest = hashlib.sha256(as_bytes(content)).digest()
        schedule["hash"] = format_data(digest)
    elif kind < 0.85:
        node = rlp_mutants(bytes.fromhex(document["nodes"][0][2:]), random, ())
        document["nodes"] = [format_data(node)]
        document["stateRoot"] = format_data(keccak256(node))
        document["codes"] = {}
    else:
        sent = random.choice(document["blocks"][0]["transactions"])
        sent["rlp"] = format_data(
            envelope_mutants(bytes.fromhex(sent["rlp"][2:]), random, ())
        )
    return json.dumps(document).encode()


def proof_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Mutants of proofs; in half of them the root is that of a changed first node."""
    if random.random() < 0.5:
        return text_mutants(JSON)(data, random, others)
    document = json.loads(data)
    nodes = document["accountProof"]
    if nodes:
        nodes[-1] = format_data(rlp_mutants(bytes.fromhex(nodes[-1][2:]), random, ()))
    return json.dumps(document).encode()


def section_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Modules of custom sections alone, whose contents are changed."""
    sections = list(_sections(data))
    place = random.randrange(len(sections))
    name, payload = sections[place]
    sections[place] = name, damaged_bytes(payload, random)
    if random.random() < 0.1:
        sections.append(random.choice(sections))
    return MAGIC + b"".join(custom(name, payload) for name, payload in sections)


def byte_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """Files of any form, whose bytes are changed."""
    return damaged_bytes(data, random)


def line_mutants(data: bytes, random: Random, others: Sequence[bytes]) -> bytes:
    """A signature, an output in hex, and arguments: each on a line."""
    lines = data.decode().split("\n")
    place = random.randrange(len(lines))
    if place == 1:
        lines[1] = _damaged_words(bytes.fromhex(lines[1]), random).hex()
    else:
        lines[place] = _damaged_line(lines[place], random)
    if random.random() < 0.1:
        return damaged_bytes(as_bytes("\n".join(lines)), random)
    return as_bytes("\n".join(lines))


def _damaged_line(line: str, random: Random) -> str:
    for _ in range(random.choice((1, 1, 2))):
        place = random.randrange(len(line) + 1)
        end = min(len(line), place + random.choice((0, 0, 1, 3)))
        line = line[:place] + random.choice(LINE_PARTS) + line[end:]
    return line


NUMBERS = (0, 1, 31, 32, 33, 64, 96, 2**31, 2**63, 2**64, 2**256 - 1)
LINE_PARTS = (
    *(
        "(",
        ")",
        "()",
        "[",
        "]",
        "[]",
        "[0]",
        "[1]",
        "[99999999999]",
        ",",
        '"',
        "\\",
        "_",
    ),
    *("uint256", "int8", "bytes", "string", "address", "bool", "tuple", "function"),
    *("9" * 5_000, "[]" * 300, "(" * 900, "(" * 30 + ")" * 30, "[" * 300 + "]" * 300),
    *(
        "0x",
        "0x" + "f" * 5_000,
        "1e999999",
        "-1",
        " ",
        "\uff11",
        "\ud800",
        "\x00",
        "ether",
    ),
)


def _damaged_words(data: bytes, random: Random) -> bytes:
    """Pointers and lengths of the ABI: numbers in words of 32 bytes."""
    words = [data[start : start + 32] for start in range(0, len(data), 32)]
    for _ in range(random.choice((1, 1, 2, 5))):
        if not words:
            break
        number = random.choice(
            (0, 1, 31, 32, 33, 64, 96, 2**31, 2**63, 2**64, 2**256 - 1)
        )
        words[random.randrange(len(words))] = number.to_bytes(32, "big")
    if random.random() < 0.1:
        words *= random.choice((2, 50))
    return b"".join(words)


@lru_cache(256)
def _decoded(data: bytes) -> Any:
    return _as_lists(rlp.decode(data))


def _inner(data: bytes) -> Any:
    """What a byte string holds, where that is RLP again, as in a leaf."""
    if data[0] < 0xC0:
        return None
    try:
        return _decoded(data)
    except (rlp.DecodingError, RecursionError):
        return None


def _as_lists(item: Any) -> Any:
    return item if isinstance(item, bytes) else [_as_lists(part) for part in item]


@lru_cache(64)
def _sections(data: bytes) -> tuple[tuple[str, bytes], ...]:
    position, found = len(MAGIC), []
    while position < len(data):
        size, start = _leb128(data, position + 1)
        length, name_start = _leb128(data, start)
        name = data[name_start : name_start + length].decode()
        found.append((name, data[name_start + length : start + size]))
        position = start + size
    return tuple(found)


def _leb128(data: bytes, position: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[position]
        number |= (byte & 0x7F) << shift
        position, shift = position + 1, shift + 7
        if byte < 0x80:
            return number, position
