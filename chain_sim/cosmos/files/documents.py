"""Strict reading of a Cosmos chain's files: JSON with known keys, in known types."""

import os
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.files.errors import MalformedChainFile
from chain_sim.cosmos.releases import find_rules
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json
from contractvm.hosts.cosmwasm.releases import UnknownRelease
from contractvm.nesting import TooDeep, check_json_nesting
from gas_schedule.bounded_files import open_regular

T = TypeVar("T")
MAX_DEPTH = 20
PREFIX = re.compile("[a-z][a-z0-9]{0,82}")
Pair = tuple[bytes, bytes]


def read_document(path: Path, kind: type[T], most_bytes: int) -> T:
    """The document in a file; raises MalformedChainFile and OSError."""
    with open_regular(path) as file:
        # No more memory than the file has bytes, whatever it may have.
        size = min(os.fstat(file.fileno()).st_size, most_bytes)
        content = file.read(size + 1)
    if len(content) > most_bytes:
        raise MalformedChainFile("the file", f"larger than {most_bytes} bytes")
    return decode_document(content, kind)


def decode_document(content: bytes, kind: type[T]) -> T:
    """The document in JSON; raises MalformedChainFile, which names the place."""
    try:
        check_json_nesting(content, MAX_DEPTH)
        return msgspec.json.decode(content, type=kind)
    except TooDeep as error:
        raise MalformedChainFile("the file", str(error)) from error
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at ")
        raise MalformedChainFile(place.strip("`") or "the file", reason) from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise MalformedChainFile("the file", f"not JSON: {error}") from error


def encode_document(document: msgspec.Struct) -> bytes:
    """Its one form as JSON, an item a line."""
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def hex_pairs(pairs: Iterable[Pair]) -> tuple[tuple[str, str], ...]:
    """Pairs of bytes as text."""
    return tuple((one.hex(), other.hex()) for one, other in pairs)


def read_hex(text: str, place: str) -> bytes:
    """Bytes from lower-case hexadecimal digits; raises MalformedChainFile."""
    try:
        data = bytes.fromhex(text)
    except ValueError as error:
        raise MalformedChainFile(place, "not hexadecimal digits") from error
    if data.hex() != text:
        raise MalformedChainFile(place, "not lower-case hexadecimal digits")
    return data


def read_pairs(pairs: Sequence[tuple[str, str]], place: str) -> list[Pair]:
    """Pairs whose first parts are in order, each once; raises MalformedChainFile."""
    found: list[Pair] = []
    for number, (one, other) in enumerate(pairs):
        here = f"{place}[{number}]"
        pair = read_hex(one, here), read_hex(other, here)
        if found and pair[0] <= found[-1][0]:
            raise MalformedChainFile(here, "out of order, or there twice")
        found.append(pair)
    return found


def check_sent(sent: SentMessage, place: str) -> None:
    """Raise MalformedChainFile for a message that no chain keeps."""
    for name, number in (("gasLimit", sent.gas_limit), ("codeId", sent.code_id)):
        if not 0 <= number < 2**64:
            raise MalformedChainFile(f"{place}.{name}", "out of range")
    if sent.salt is not None:
        read_hex(sent.salt, f"{place}.salt")
    if sent.entry == "messages":
        try:
            listed = parse_json(sent.message)
        except MalformedJson as error:
            raise MalformedChainFile(f"{place}.message", str(error)) from error
        if not isinstance(listed, list) or not all(
            isinstance(content, dict) for content in listed
        ):
            raise MalformedChainFile(f"{place}.message", "not a list of messages")


def check_config(release: str, prefix: str) -> None:
    """Raise MalformedChainFile for a release or a prefix that no chain has."""
    try:
        find_rules(release)
    except UnknownRelease as error:
        raise MalformedChainFile("release", str(error)) from error
    if not PREFIX.fullmatch(prefix):
        raise MalformedChainFile("prefix", "not 1 to 83 small letters or digits")
