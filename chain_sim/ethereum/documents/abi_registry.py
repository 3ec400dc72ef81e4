"""ABIs of a chain's contracts, by address or by code hash.

They are no part of the chain: no block depends on them, and a dump leaves them out. A
chain in a directory keeps them in the folder `abis` there, one file each, so that
another process can add one while a node has the database open; a chain in memory
keeps them in memory.
"""

import json
import re
from collections.abc import Iterator, MutableMapping
from pathlib import Path

from chain_sim.database.interface import KeyValueStore
from chain_sim.database.leveldb.level import LevelDatabase
from chain_sim.database.leveldb.os_reasons import os_reason
from chain_sim.ethereum.abi.abi_file import read_entries
from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.abi.known_abi import KnownAbi, read_known_abi
from chain_sim.ethereum.documents.whole_files import write_whole
from chain_sim.ethereum.primitives.text import Address, Hash32, format_data
from contractvm.errors import ContractVmError
from gas_schedule.bounded_files import read_bounded

FOLDER = "abis"
MAX_ABI_BYTES = 1 << 20
MAX_ABIS = 10_000
FILE_NAME = re.compile(r"(0x(?:[0-9a-f]{40}|[0-9a-f]{64}))\.json")

Target = Address | Hash32
"""A contract's address, or the hash of its code."""


class TooManyAbis(ContractVmError):
    """The registry is full."""

    def __init__(self) -> None:
        super().__init__(f"{MAX_ABIS} ABIs are registered: remove one first")


class AbiTooLarge(ContractVmError):
    """An ABI that is larger than the registry takes."""

    def __init__(self, size: int) -> None:
        super().__init__(f"an ABI of {size} bytes: at most {MAX_ABI_BYTES} are kept")
        self.size = size


class AbiNotWritten(ContractVmError):
    """The registry's folder cannot be written: a full disk, a missing permission."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path} cannot be written: {reason}")
        self.path = path
        self.reason = reason


class AbiFolder(MutableMapping[str, bytes]):
    """Files in a folder, which is made with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __getitem__(self, name: str) -> bytes:
        try:
            return read_bounded(self._file(name), MAX_ABI_BYTES)
        except FileNotFoundError:
            raise KeyError(name) from None

    def __setitem__(self, name: str, content: bytes) -> None:
        try:
            self.path.mkdir(exist_ok=True)
            write_whole(self._file(name), content.decode())
        except OSError as error:
            raise AbiNotWritten(self._file(name), os_reason(error)) from error

    def __delitem__(self, name: str) -> None:
        try:
            self._file(name).unlink()
        except FileNotFoundError:
            raise KeyError(name) from None
        except OSError as error:
            raise AbiNotWritten(self._file(name), os_reason(error)) from error

    def __contains__(self, name: object) -> bool:
        return self._file(str(name)).is_file()

    def __iter__(self) -> Iterator[str]:
        if not self.path.is_dir():
            return
        for entry in self.path.iterdir():
            if found := FILE_NAME.fullmatch(entry.name):
                yield found[1]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _file(self, name: str) -> Path:
        return self.path.joinpath(f"{name}.json")


class AbiRegistry:
    """Adds, finds and removes ABIs."""

    def __init__(self, entries: MutableMapping[str, bytes]) -> None:
        self._entries = entries

    def add(self, target: Target, content: bytes) -> KnownAbi:
        """Keep the ABI in a file's content, in place of an earlier one.

        Raises InvalidAbi, AbiTooLarge, TooManyAbis and AbiNotWritten; then nothing has
        changed.
        """
        kept = json.dumps(read_entries(content), separators=(",", ":")).encode()
        abi = read_known_abi(kept)
        name = format_data(target)
        if len(kept) > MAX_ABI_BYTES:
            raise AbiTooLarge(len(kept))
        if name not in self._entries and len(self._entries) >= MAX_ABIS:
            raise TooManyAbis
        self._entries[name] = kept
        return abi

    def remove(self, target: Target) -> bool:
        """Forget an ABI; False where there was none. Raises AbiNotWritten."""
        try:
            del self._entries[format_data(target)]
        except KeyError:
            return False
        return True

    def targets(self) -> list[str]:
        """What has an ABI, in order of its `0x` text: addresses and code hashes."""
        return sorted(self._entries)

    def get(self, target: str | Target) -> KnownAbi | None:
        """The ABI of a target; None where there is none that can be read."""
        name = target if isinstance(target, str) else format_data(target)
        try:
            content = self._entries.get(name)
            return None if content is None else read_known_abi(content)
        except (InvalidAbi, OSError):
            return None

    def find(self, address: Address, code_hash: Hash32) -> KnownAbi | None:
        """The ABI of an address, or else of its code."""
        return self.get(address) or self.get(code_hash)


def registry_of(database: KeyValueStore) -> AbiRegistry:
    """The registry of the chain in a database; one in memory begins empty."""
    if isinstance(database, LevelDatabase):
        return registry_in(database.path)
    return AbiRegistry({})


def registry_in(path: Path) -> AbiRegistry:
    """The registry of the chain in a directory."""
    return AbiRegistry(AbiFolder(path.joinpath(FOLDER)))
