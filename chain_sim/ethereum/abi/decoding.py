"""Decoding of ABI values from untrusted bytes, in bounded time.

In that form many pointers may lead to one place, so that a kilobyte can stand for
terabytes. A compiler's encoder writes each value once.
"""

from collections.abc import Iterable
from typing import Any

from eth_abi.codec import ABIDecoder
from eth_abi.decoding import ContextFramesBytesIO
from eth_abi.exceptions import DecodingError
from eth_abi.registry import registry

from contractvm.errors import ContractVmError

# Each byte is read up to three times: as a pointer to be checked, then to be followed.
READS_PER_BYTE = 8
READ_BYTES = 32
FREE_BYTES = 64 * 1024


class MalformedAbiData(ContractVmError):
    """Bytes that are no values of these types, or read the same again and again."""

    def __init__(self, types: tuple[str, ...]) -> None:
        super().__init__(f"not data of the types ({','.join(types)})")
        self.types = types


class _ReadTooOften(DecodingError):
    """The values together would be much larger than what they are read from."""


class _CountedStream(ContextFramesBytesIO):
    def __init__(self, data: bytes) -> None:
        super().__init__(data)  # type: ignore[no-untyped-call]
        self._left = READS_PER_BYTE * len(data) + FREE_BYTES

    def read(self, size: int | None = -1, /) -> bytes:
        """See BytesIO."""
        content = super().read(size)
        self._left -= max(len(content), READ_BYTES)
        if self._left < 0:
            raise _ReadTooOften
        return content


class _Decoder(ABIDecoder):
    stream_class = _CountedStream


_DECODER = _Decoder(registry)


def decode_values(types: Iterable[str], data: bytes) -> tuple[Any, ...]:
    """The values; raises MalformedAbiData."""
    names = tuple(types)
    try:
        return _DECODER.decode(names, data)
    except (DecodingError, UnicodeDecodeError, OverflowError) as error:
        raise MalformedAbiData(names) from error
