"""Tapes: recordings of runs that give the same result again, on either engine.

A tape holds all that a run depends on, and for each call of a host function what the
guest passed and what it got, as it crossed the border: numbers as unsigned ints, and
bytes. Functions of an ABI are not on it, as they follow from the inputs.
"""

from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from contractvm.errors import ContractVmError
from contractvm.guests.outcomes import Outcome
from contractvm.guests.tape_store import (
    DIGEST,
    DIGEST_BYTES,
    ContentMissing,
    TapeStore,
)
from contractvm.nesting import check_msgpack_nesting

FORMAT = 1
MAGIC = b"contractvm tape\n"
MAX_TAPE_BYTES = 1 << 30


class TapeError(ContractVmError):
    """A file is no tape, or a tape cannot be replayed."""


class ReplayDiverged(ContractVmError):
    """A replay differs from its tape: at host call `index`, or None after them all."""

    def __init__(
        self, index: int | None, field: str, expected: object, found: object
    ) -> None:
        place = "at the end" if index is None else f"at host call {index}"
        super().__init__(
            f"{place} the {field} is {found!r:.200}, recorded was {expected!r:.200}"
        )
        self.index = index
        self.field = field
        self.expected = expected
        self.found = found


class HostCall(Struct, frozen=True):
    """One call of a host function, `module.name`.

    `arguments` are raw ints; those at the positions `pointers` are pointers, each with
    the length after it, to the bytes in `contents`. `writes` are what the function
    wrote to memory. `results` are raw ints; `answer` is what `guests.take` then gives.
    `units` had been used before the call, which `charged` more. `ending` is how it
    ended the run, None if it answered.
    """

    name: str
    arguments: tuple[int, ...]
    pointers: tuple[int, ...]
    contents: tuple[bytes, ...]
    units: int
    charged: int
    writes: tuple[tuple[int, bytes], ...] = ()
    results: tuple[int, ...] = ()
    answer: bytes = b""
    ending: Outcome | None = None


class TapeInputs(Struct, frozen=True):
    """The inputs of an instance.

    `state` is what the ABI keeps of the rest, such as file trees and the clock.
    """

    args: tuple[str, ...]
    env: dict[str, str]
    stdin: bytes
    seed: bytes
    limits: dict[str, int | float | None]
    state: bytes


class TapeEnd(Struct, frozen=True):
    """How a call ended; the outputs, and the ABI's state after it, as SHA-256.

    `value` is what the call returned, encoded as in the file.
    """

    outcome: Outcome
    value: bytes
    units_used: int
    stdout: bytes
    stderr: bytes
    state: bytes


class TapeStep(Struct, frozen=True):
    """One call of an export, and how it ended.

    `returns` is "bytes" or "str" where the caller asked for that. `limits` are the
    call's own, None for those of the instance. `writes` are what the caller wrote to
    memory before.
    """

    call: str
    arguments: tuple[Any, ...]
    end: TapeEnd
    returns: str = ""
    limits: dict[str, int | float | None] | None = None
    writes: tuple[tuple[int, bytes], ...] = ()


class Tape(Struct, frozen=True):
    """The recording of one instance: of a run, or of some calls.

    `module` and `schedule` are SHA-256 hashes, `metering` names the rules of the
    charges. `secrets` are the host functions whose answers were not kept: with any,
    there is no replay.
    """

    module: bytes
    schedule: bytes
    metering: str
    abi: str
    inputs: TapeInputs
    steps: tuple[TapeStep, ...]
    calls: tuple[HostCall, ...]
    secrets: tuple[str, ...] = ()
    format: int = FORMAT

    def save(
        self, path: str | PathLike[str], store: str | PathLike[str] | None = None
    ) -> None:
        """Write the tape to a file, with contents above 64 KiB in the folder `store`.

        They are there under their SHA-256, once for all tapes. Without a store the file
        has everything.
        """
        data = msgspec.msgpack.encode(self)
        if store is not None:
            parted = TapeStore(store).part(msgspec.msgpack.decode(data))
            data = msgspec.msgpack.encode(parted)
        Path(path).write_bytes(MAGIC + data)

    @staticmethod
    def load(
        path: str | PathLike[str], store: str | PathLike[str] | None = None
    ) -> "Tape":
        """Read a tape, and what it has in the folder `store`.

        Raises TapeError for anything else, or a content that is missing, and OSError.
        """
        with Path(path).open("rb") as file:
            data = file.read(MAX_TAPE_BYTES + 1)
        return Tape.from_bytes(data, store)

    @staticmethod
    def from_bytes(
        data: bytes | bytearray | memoryview, store: str | PathLike[str] | None = None
    ) -> "Tape":
        """The tape in a file's content; raises TapeError."""
        data = bytes(data)
        if not data.startswith(MAGIC):
            raise TapeError("no tape of a guest's run")
        if len(data) > MAX_TAPE_BYTES:
            raise TapeError(f"more than {MAX_TAPE_BYTES} bytes")
        try:
            content = data[len(MAGIC) :]
            check_msgpack_nesting(content)
            parted = msgspec.msgpack.decode(content, ext_hook=_hook(store))
            tape = msgspec.convert(parted, Tape)
        except ContentMissing as error:
            raise TapeError(str(error)) from None
        except (msgspec.MsgspecError, ValueError) as error:
            raise TapeError(f"a damaged tape: {error}") from None
        if tape.format != FORMAT:
            raise TapeError(f"format {tape.format}, not {FORMAT}")
        return tape


def _hook(store: str | PathLike[str] | None) -> Callable[[int, memoryview], bytes]:
    """What reads the contents that are not in the file."""

    left = MAX_TAPE_BYTES

    def read(code: int, digest: memoryview) -> bytes:
        nonlocal left
        if code != DIGEST or len(digest) != DIGEST_BYTES:
            raise ValueError(f"an extension of type {code}")
        if store is None:
            raise ContentMissing("the tape has contents in a store: name its folder")
        content = TapeStore(store).content(bytes(digest))
        left -= len(content)
        if left < 0:
            raise ValueError(f"contents of more than {MAX_TAPE_BYTES} bytes")
        return content

    return read
