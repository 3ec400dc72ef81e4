"""A folder with the large contents of tapes, each under its SHA-256.

Tapes of runs with the same inputs share them.
"""

import os
from hashlib import sha256
from pathlib import Path
from threading import get_ident
from typing import Any

import msgspec

from contractvm.errors import ContractVmError
from gas_schedule.bounded_files import read_bounded

# Contents above this are kept apart.
INLINE_BYTES = 64 << 10
MAX_CONTENT_BYTES = 1 << 30
DIGEST = 1  # the extension type of a content's hash
DIGEST_BYTES = 32


class ContentMissing(ContractVmError):
    """A store does not have a content, or has another under its hash."""


class TapeStore:
    """The contents in one folder, which is made when something is put there."""

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self._folder = Path(folder)

    def part(self, value: Any) -> Any:
        """A value of msgpack with its large bytes put into the store."""
        if isinstance(value, bytes) and len(value) > INLINE_BYTES:
            return msgspec.msgpack.Ext(DIGEST, self._put(value))
        if isinstance(value, list):
            return [self.part(one) for one in value]
        if isinstance(value, dict):
            return {self.part(key): self.part(one) for key, one in value.items()}
        return value

    def content(self, digest: bytes) -> bytes:
        """The bytes with this SHA-256; raises ContentMissing."""
        path = self._folder.joinpath(digest.hex())
        try:
            data = read_bounded(path, MAX_CONTENT_BYTES)
        except OSError as error:
            raise ContentMissing(f"{path} is not there: {error.strerror}") from None
        if sha256(data).digest() != digest:
            raise ContentMissing(f"{path} has another content")
        return data

    def _put(self, data: bytes) -> bytes:
        digest = sha256(data).digest()
        path = self._folder.joinpath(digest.hex())
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            begun = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}")
            begun.write_bytes(data)
            begun.replace(path)
        return digest
