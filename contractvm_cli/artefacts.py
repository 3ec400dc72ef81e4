"""Artefacts of builds, NAME.contractvm.json: a contract's code, ABI and name in one."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from contractvm.nesting import TooDeep, check_json_nesting
from contractvm_cli.failures import CommandFailed
from gas_schedule.bounded_files import read_bounded

SUFFIX = ".contractvm.json"
MAX_ARTEFACT_BYTES = 1 << 25


class Artefact(Struct, frozen=True):
    """What is used of an artefact; `code` is `0x` text."""

    name: str
    code: str
    abi: Any = None

    @property
    def has_abi(self) -> bool:
        """Whether it says what the contract's functions are."""
        return isinstance(self.abi, list) and bool(self.abi)


def is_artefact(path: Path) -> bool:
    """Whether a file is an artefact, by its name."""
    return path.name.endswith(SUFFIX)


def read_artefact(path: Path) -> tuple[Artefact, bytes]:
    """The artefact and its code; raises CommandFailed and OSError."""
    content = read_bounded(path, MAX_ARTEFACT_BYTES)
    try:
        check_json_nesting(content)
        found = msgspec.json.decode(content, type=Artefact)
        return found, bytes.fromhex(found.code.removeprefix("0x"))
    except (msgspec.DecodeError, TooDeep, ValueError) as error:
        raise CommandFailed(f"{path}: no artefact of a build: {error}") from error
