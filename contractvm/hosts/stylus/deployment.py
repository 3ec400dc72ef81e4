"""The two init codes that put a program on a chain, known without an EVM.

Both push the length of the code that follows, copy it to memory and return it; the one
of cargo-stylus has a version byte before it.
"""

from dataclasses import dataclass

PUSH_LENGTH = b"\x7f"
LENGTH_BYTES = 32
# Duplicate the length, push where the code begins, push 0, copy, push 0, return.
VERSIONED = bytes.fromhex("80602b6000396000f300")
PLAIN = bytes.fromhex("80602a6000396000f3")
# What the instructions cost, and each word that is copied, or that memory grows by.
BASE_GAS, WORD_GAS, QUADRATIC_DIVISOR = 18, 3, 512
WORD_BYTES = 32


@dataclass(frozen=True, slots=True)
class Deployment:
    """What an init code returns, and the gas that it takes, apart from storing it."""

    code: bytes
    gas: int


def build_init_code(code: bytes) -> bytes:
    """The init code of cargo-stylus for a program's code."""
    return PUSH_LENGTH + len(code).to_bytes(LENGTH_BYTES, "big") + VERSIONED + code


def read_init_code(init_code: bytes) -> Deployment | None:
    """What a known init code does; None for any other, which needs an EVM."""
    body = 1 + LENGTH_BYTES
    if not init_code.startswith(PUSH_LENGTH):
        return None
    for pattern in (VERSIONED, PLAIN):
        start = body + len(pattern)
        code = init_code[start:]
        length = int.from_bytes(init_code[1:body], "big")
        if init_code[body:start] == pattern and len(code) == length:
            words = -(-length // WORD_BYTES)
            copied = WORD_GAS * words
            grown = WORD_GAS * words + words * words // QUADRATIC_DIVISOR
            return Deployment(code, BASE_GAS + copied + grown)
    return None
