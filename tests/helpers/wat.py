"""Text format to bytes, so that a test shows its module next to its claim."""

from functools import lru_cache

import wasmtime

from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module


@lru_cache(maxsize=1024)
def wat_to_wasm(source: str) -> bytes:
    """The binary form of a module in the text format."""
    return bytes(wasmtime.wat2wasm(source))


def wat_to_module(source: str) -> Module:
    """The decoded module of a text."""
    return decode_module(wat_to_wasm(source))
