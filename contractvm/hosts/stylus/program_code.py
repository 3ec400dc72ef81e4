"""The code of a Stylus program on chain: a prefix, and a module packed with brotli."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from contractvm.errors import ContractVmError
from contractvm.hosts.interface import CodeAt, UnreadableCode
from contractvm.hosts.stylus.parameters import HAS_FRAGMENTS, StylusParameters

PREFIX = b"\xef\xf0\x00"
FRAGMENT_PREFIX = b"\xef\xf0\x01"
ROOT_PREFIX = b"\xef\xf0\x02"
PLAIN_DICTIONARY, STYLUS_DICTIONARY = 0, 1
HEADER_BYTES = 4
LENGTH_BYTES = 4
ADDRESS_BYTES = 20
QUALITY, WINDOW_BITS = 11, 22
CHUNK_BYTES = 1 << 14
# Modules that are kept unpacked: a program is often called again.
MAX_KEPT = 64


class MalformedProgram(UnreadableCode):
    """The code of an account is no Stylus program, for a `reason`."""


class MissingBrotli(ContractVmError):
    """Stylus programs are packed with brotli, which is an extra."""

    def __init__(self) -> None:
        super().__init__(
            "Stylus programs need brotli: pip install 'contractvm-wasm[stylus]'"
        )


@dataclass(frozen=True, slots=True)
class Fragments:
    """A root's list: the accounts that hold the parts, and the module's length."""

    dictionary: int
    wasm_bytes: int
    addresses: tuple[bytes, ...]


def is_program(code: bytes, parameters: StylusParameters) -> bool:
    """Whether an account with this code is a Stylus program."""
    if len(code) < HEADER_BYTES:
        return False
    return code.startswith(PREFIX) or (
        parameters.arbos >= HAS_FRAGMENTS and code.startswith(ROOT_PREFIX)
    )


def is_storable(code: bytes, parameters: StylusParameters) -> bool:
    """Whether code may be stored: EF begins only what Stylus knows (EIP-3541)."""
    if not code.startswith(b"\xef") or code.startswith(PREFIX):
        return True
    return parameters.arbos >= HAS_FRAGMENTS and code.startswith(
        (ROOT_PREFIX, FRAGMENT_PREFIX)
    )


def pack_program(wasm: bytes) -> bytes:
    """The code of a program with this module, as cargo-stylus packs it."""
    packed: bytes = _brotli().compress(wasm, quality=QUALITY, lgwin=WINDOW_BITS)
    return PREFIX + bytes([PLAIN_DICTIONARY]) + packed


def read_fragments(code: bytes, parameters: StylusParameters) -> Fragments | None:
    """The fragments that a root names; None for a program in one piece."""
    if not code.startswith(ROOT_PREFIX):
        return None
    start = HEADER_BYTES + LENGTH_BYTES
    listed = code[start:]
    count, rest = divmod(len(listed), ADDRESS_BYTES)
    if len(code) < start or rest:
        raise MalformedProgram("the list of fragments is cut off")
    if not 1 <= count <= parameters.max_fragments:
        raise MalformedProgram(
            f"{count} fragments, 1 to {parameters.max_fragments} allowed"
        )
    addresses = tuple(
        listed[index * ADDRESS_BYTES : (index + 1) * ADDRESS_BYTES]
        for index in range(count)
    )
    length = int.from_bytes(code[HEADER_BYTES:start], "big")
    return Fragments(code[HEADER_BYTES - 1], length, addresses)


def unpack_program(
    code: bytes,
    parameters: StylusParameters,
    code_at: CodeAt | None = None,
) -> bytes:
    """The module in a program's code; `code_at` reads the accounts of fragments.

    Raises MalformedProgram, also for a module above `max_wasm_bytes`: no more is
    decompressed.
    """
    if not is_program(code, parameters):
        raise MalformedProgram("not a Stylus program")
    root = read_fragments(code, parameters)
    if root is None:
        dictionary, stream = code[HEADER_BYTES - 1], code[HEADER_BYTES:]
    elif code_at is None:
        raise MalformedProgram("a program in fragments, which are on a chain")
    else:
        dictionary = root.dictionary
        stream = b"".join(_payload(code_at(address)) for address in root.addresses)
    if dictionary == STYLUS_DICTIONARY:
        raise MalformedProgram("dictionary-compressed program, not supported")
    if dictionary != PLAIN_DICTIONARY:
        raise MalformedProgram(f"unknown dictionary {dictionary}")
    wasm = _decompress(stream, parameters.max_wasm_bytes)
    if root is not None and len(wasm) != root.wasm_bytes:
        raise MalformedProgram(
            f"the module has {len(wasm)} bytes, its root says {root.wasm_bytes}"
        )
    return wasm


def _payload(code: bytes) -> bytes:
    if not code.startswith(FRAGMENT_PREFIX):
        raise MalformedProgram("a fragment is missing")
    return code[len(FRAGMENT_PREFIX) :]


@lru_cache(maxsize=MAX_KEPT)
def _decompress(stream: bytes, most: int) -> bytes:
    """Unpack at most `most` bytes; raises MalformedProgram for more."""
    brotli = _brotli()
    unpacker = brotli.Decompressor()
    wasm = bytearray()
    try:
        wasm += unpacker.process(stream, output_buffer_limit=CHUNK_BYTES)
        while len(wasm) <= most and not unpacker.is_finished():
            more = unpacker.process(b"", output_buffer_limit=CHUNK_BYTES)
            if not more and unpacker.can_accept_more_data():
                raise MalformedProgram("the compressed module is cut off")
            wasm += more
    except brotli.error as error:
        raise MalformedProgram("the module is not packed with brotli") from error
    if len(wasm) > most:
        raise MalformedProgram(f"the module has more than {most} bytes")
    return bytes(wasm)


def _brotli() -> Any:
    try:
        import brotli  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise MissingBrotli from error
    return brotli
