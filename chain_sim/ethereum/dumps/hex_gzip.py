"""The form of `anvil_dumpState`: JSON in gzip, as `0x` text."""

import gzip
import io
from typing import IO, cast

from chain_sim.ethereum.dumps.errors import MalformedDump
from chain_sim.ethereum.primitives.strict_json import TOP

GZIP_MAGIC = b"\x1f\x8b"
HEX_STARTS = (b"0x", b'"0x')
CHUNK_BYTES = 64 * 1024
# A chain of empty blocks shrinks to a twentieth; a zip bomb to a thousandth.
MAX_GROWTH = 200
FREE_BYTES = 64 * 1024 * 1024


class HexWriter(io.RawIOBase):
    """Writes bytes as hexadecimal digits to another file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override] # bytes are all
        """Write the digits of `data`."""
        self._file.write(bytes(data).hex().encode())
        return len(data)


class HexReader(io.RawIOBase):
    """Reads `0x` text, with or without quotes, as bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digits = file.read(CHUNK_BYTES).lstrip().lstrip(b'"').removeprefix(b"0x")
        self._is_over = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override] # no other kinds come
        """See io.RawIOBase."""
        while len(self._digits) < 2 and not self._is_over:
            chunk = self._file.read(CHUNK_BYTES)
            self._is_over = not chunk
            self._digits += chunk
        if b'"' in self._digits or self._digits[-1:].isspace():
            self._digits = self._digits.rstrip().rstrip(b'"')
        count = min(len(self._digits) // 2, len(buffer))
        if not count and self._digits:
            raise MalformedDump(TOP, "has an odd number of hexadecimal digits")
        try:
            data = bytes.fromhex(self._digits[: 2 * count].decode("ascii"))
        except ValueError as error:
            raise MalformedDump(TOP, "has something else among its digits") from error
        if len(data) != count:  # fromhex lets white space through
            raise MalformedDump(TOP, "has white space among its digits")
        buffer[:count] = data
        self._digits = self._digits[2 * count :]
        return count


def zip_as_hex(file: IO[bytes]) -> IO[bytes]:
    """A file to write to; the output depends only on what is written."""
    file.write(b"0x")
    digits = HexWriter(file)
    return cast(IO[bytes], gzip.GzipFile("", "wb", fileobj=digits, mtime=0))


class _Unzipped(io.RawIOBase):
    """Reads gzip data, up to the compression ratio of real dumps."""

    def __init__(self, file: IO[bytes], zipped_bytes: int) -> None:
        self._file = gzip.GzipFile(fileobj=file, mode="rb")
        self._bytes_left = FREE_BYTES + MAX_GROWTH * zipped_bytes

    def readable(self) -> bool:
        """Always."""
        return True

    def read(self, size: int = -1, /) -> bytes:
        """See io.RawIOBase; raises MalformedDump, and what gzip raises."""
        content = self._file.read(size)
        self._bytes_left -= len(content)
        if self._bytes_left < 0:
            raise MalformedDump(TOP, f"unzips to over {MAX_GROWTH} times its size")
        return content


def plain(file: IO[bytes]) -> IO[bytes]:
    """The JSON in a seekable file: plain, in gzip, or in gzip as hex."""
    size_bytes = file.seek(0, io.SEEK_END)
    file.seek(0)
    start = file.read(CHUNK_BYTES).lstrip()
    file.seek(0)
    if start.startswith(GZIP_MAGIC):
        return cast(IO[bytes], _Unzipped(file, size_bytes))
    if start.startswith(HEX_STARTS):
        digits = io.BufferedReader(HexReader(file), CHUNK_BYTES)
        return cast(IO[bytes], _Unzipped(digits, size_bytes // 2))
    return file
