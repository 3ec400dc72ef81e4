"""The dictionary of inputs: constants of the module, addresses, boundary values.

Compilers write most of what a contract compares its input with as constants in the code
or in data segments: inserting one of these gets further than any number of random
bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain

from chain_sim.ethereum.abi.functions import AbiFunction
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import OPCODES, Immediate

MAX_WORDS = 4_096
MAX_BLOBS = 512
MAX_BLOB_BYTES = 256
CONSTANT_MASKS = {
    info.opcode: 0xFFFFFFFF if info.immediate is Immediate.I32 else 2**64 - 1
    for info in OPCODES
    if info.immediate in (Immediate.I32, Immediate.I64)
}
# Worth trying for every number: 2^n - 1, 2^n and 2^n + 1 at the sizes of types.
EDGE_BITS = (7, 8, 15, 16, 31, 32, 63, 64, 127, 128, 255)
EDGES = tuple(
    sorted(
        {0, 1, 2, 10**9, 10**18, 2**256 - 1, 2**256 - 2}
        | {(1 << bits) + step for bits in EDGE_BITS for step in (-1, 0, 1)}
    )
)


@dataclass(frozen=True, slots=True)
class Dictionary:
    """Numbers, addresses and pieces of bytes that inputs are made of."""

    words: tuple[int, ...]
    addresses: tuple[bytes, ...]
    blobs: tuple[bytes, ...]


def build_dictionary(
    code: bytes,
    functions: Iterable[AbiFunction],
    addresses: Iterable[bytes],
) -> Dictionary:
    """The dictionary of a contract; the order depends on nothing but the arguments."""
    module = decode_module(code)
    constants = list(dict.fromkeys(module_constants(module)))[:MAX_WORDS]
    blobs = [
        *(function.selector for function in functions),
        *chain.from_iterable(map(_byte_orders, constants)),
        *segment_pieces(module),
    ]
    return Dictionary(
        words=tuple(dict.fromkeys([*EDGES, *constants])),
        addresses=tuple(dict.fromkeys([*addresses, bytes(20), b"\xff" * 20])),
        blobs=tuple(dict.fromkeys(blob for blob in blobs if blob)),
    )


def module_constants(module: Module) -> Iterable[int]:
    """The numbers of `i32.const` and `i64.const`, unsigned, as written."""
    for func in module.funcs:
        for opcode, first, *_ in instructions(func.code):
            mask = CONSTANT_MASKS.get(opcode)
            if mask is not None:
                yield first & mask


def segment_pieces(module: Module) -> list[bytes]:
    """Pieces of the data segments between zeros, not too short."""
    pieces = [
        piece[:MAX_BLOB_BYTES]
        for segment in module.data_segments
        for piece in segment.payload.split(b"\0")
        if len(piece) >= 2
    ]
    return pieces[:MAX_BLOBS]


def _byte_orders(number: int) -> tuple[bytes, ...]:
    """A constant as it may be in call data: memory reverses the bytes."""
    if number < 256:
        return ()
    length = 4 if number < 1 << 32 else 8
    return number.to_bytes(length, "little"), number.to_bytes(length, "big")
