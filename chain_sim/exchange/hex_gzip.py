"""The form in which `anvil_dumpState` gives a state: its JSON, zipped, as `0x` text."""

import gzip
import io
from typing import IO, cast

from chain_sim.exchange.errors import MalformedDump
from chain_sim.strict_json import TOP

GZIP_MAGIC = b"\x1f\x8b"
HEX_STARTS = (b"0x", b'"0x')
CHUNK_BYTES = 64 * 1024


class HexWriter(io.RawIOBase):
    """Writes bytes as digits to another file."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, data: bytes, /) -> int:  # type: ignore[override] # bytes are all
        """The digits of `data`."""
        self._file.write(bytes(data).hex().encode())
        return len(data)


class HexReader(io.RawIOBase):
    """Reads `0x` text, in quotes or not, as the bytes that it spells."""

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
    """A file to write to; what comes out in `file` depends on what is written alone."""
    file.write(b"0x")
    digits = HexWriter(file)
    return cast(IO[bytes], gzip.GzipFile("", "wb", fileobj=digits, mtime=0))


def plain(file: IO[bytes]) -> IO[bytes]:
    """The JSON in a file that can be sought in: as it is, zipped, or zipped as hex."""
    start = file.read(CHUNK_BYTES).lstrip()
    file.seek(0)
    if start.startswith(GZIP_MAGIC):
        return _unzipped(file)
    if start.startswith(HEX_STARTS):
        return _unzipped(io.BufferedReader(HexReader(file), CHUNK_BYTES))
    return file


def _unzipped(file: IO[bytes]) -> IO[bytes]:
    return cast(IO[bytes], gzip.GzipFile(fileobj=file, mode="rb"))
