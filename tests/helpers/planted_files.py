"""Readers with a fault each, for the fuzzer of files to find."""

import ctypes
import os
from collections.abc import Sequence
from contextlib import suppress
from random import Random

from tools.fuzz.file_surface import Surface

SEED = b"a file of sixteen"


def mutate(data: bytes, random: Random, _others: Sequence[bytes]) -> bytes:
    """One of the bytes becomes a capital letter."""
    place = random.randrange(len(data))
    return data[:place] + bytes([random.randrange(65, 91)]) + data[place + 1 :]


def raises_another_error(data: bytes) -> None:
    """Like a reader that forgot one kind of input."""
    if b"X" in data:
        raise KeyError(data)
    raise ValueError


def never_ends(data: bytes) -> None:
    """In Python, inside an `except` that catches every Exception."""
    while b"X" in data:
        with suppress(Exception):
            sum(range(1_000))


def takes_memory(data: bytes) -> None:
    """More than any file may have."""
    if b"X" in data:
        bytearray(1 << 31)


def waits(data: bytes) -> None:
    """Outside of Python, without processor time."""
    if b"X" in data:
        ctypes.CDLL(None).sem_wait(ctypes.create_string_buffer(64))


def dies(data: bytes) -> None:
    """Like compiled code that reads unmapped memory."""
    if b"X" in data:
        os.abort()


def _surface(name: str, take: object) -> tuple[Surface, ...]:
    return (
        Surface(
            name,
            lambda: [SEED],
            mutate,
            take,  # type: ignore[arg-type]
            (ValueError,),
            20,
            0.3,
        ),
    )


ERROR = _surface("error", raises_another_error)
HANG = _surface("hang", never_ends)
MEMORY = _surface("memory", takes_memory)
WAIT = _surface("wait", waits)
DEATH = _surface("death", dies)
SOUND = _surface("sound", len)
