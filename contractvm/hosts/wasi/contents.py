"""Contents of a file of a run: the tree's bytes, and the chunks that were written."""

CHUNK_BYTES = 4_096


class Contents:
    """Bytes of a file, of which only those that are written are copied.

    A write copies at most the chunks that it touches, so that its cost is bounded by
    its own length. Where nothing was written, a chunk is the original's bytes, then
    zeros.
    """

    __slots__ = ("_chunks", "_original", "_original_bytes", "size")

    def __init__(self, original: bytes = b"") -> None:
        self._original = original
        self._original_bytes = len(original)  # those that were never cut off
        self._chunks: dict[int, bytearray] = {}
        self.size = len(original)

    def read(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`; none at the end of the file."""
        end = min(offset + length, self.size)
        if end <= self._original_bytes and not self._chunks:
            return self._original[offset:end]
        pieces = []
        while offset < end:
            number, start = divmod(offset, CHUNK_BYTES)
            count = min(CHUNK_BYTES - start, end - offset)
            piece = self._chunk(number)[start : start + count]
            pieces.append(bytes(piece).ljust(count, b"\0"))
            offset += count
        return b"".join(pieces)

    def write(self, offset: int, data: bytes) -> None:
        """Write all of `data`; a gap before it becomes zeros."""
        written = 0
        while written < len(data):
            number, start = divmod(offset + written, CHUNK_BYTES)
            piece = data[written : written + CHUNK_BYTES - start]
            chunk = self._own_chunk(number)
            chunk.extend(bytes(max(0, start - len(chunk))))
            chunk[start : start + len(piece)] = piece
            written += len(piece)
        if data:
            self.size = max(self.size, offset + len(data))

    def resize(self, size: int) -> None:
        """Cut off the end, or add zeros."""
        if size < self.size:
            self._original_bytes = min(self._original_bytes, size)
            for number in range(_chunk_count(size), _chunk_count(self.size)):
                self._chunks.pop(number, None)
            last, end = divmod(size, CHUNK_BYTES)
            if last in self._chunks:
                del self._chunks[last][end:]
        self.size = size

    def _chunk(self, number: int) -> bytes | bytearray:
        """A chunk without the zeros at its end."""
        written = self._chunks.get(number)
        if written is not None:
            return written
        start = number * CHUNK_BYTES
        return self._original[start : min(start + CHUNK_BYTES, self._original_bytes)]

    def _own_chunk(self, number: int) -> bytearray:
        chunk = self._chunks.get(number)
        if chunk is None:
            chunk = self._chunks[number] = bytearray(self._chunk(number))
        return chunk


def _chunk_count(size: int) -> int:
    return -(-size // CHUNK_BYTES)
