"""A cursor on bytes of debug information, and a limit on the work of reading."""

# Longer numbers have no meaning in 64 bits, and cost more than their bytes.
MAX_LEB_BYTES = 10


class Unreadable(Exception):
    """The bytes break a rule of the format; the message says which."""


class WorkUsedUp(Exception):
    """Reading on would take longer than any real debug information does."""

    def __init__(self) -> None:
        super().__init__("it takes more work than debug information of its size does")


class Work:
    """The work left: bytes read, and values, rows and bytes of text made."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, amount: int) -> None:
        """Count work before it is done; raises WorkUsedUp."""
        if amount > self.left:
            raise WorkUsedUp
        self.left -= amount


class Cursor:
    """A position in bytes; nothing is read at or after `end`.

    Every method that reads raises Unreadable and WorkUsedUp.
    """

    __slots__ = ("data", "end", "position", "work")

    def __init__(self, data: bytes, position: int, end: int, work: Work) -> None:
        self.data = data
        self.position = position
        self.end = end
        self.work = work

    @property
    def bytes_left(self) -> int:
        """How many bytes can still be read."""
        return self.end - self.position

    def skip(self, size: int) -> int:
        """Skip that many bytes; return the position of the first."""
        start = self.position
        if size > self.end - start:
            raise Unreadable("it ends within a value")
        self.work.spend(1)
        self.position = start + size
        return start

    def fixed(self, size: int) -> int:
        """An unsigned number of that many bytes, at most 16."""
        start = self.skip(size)
        return int.from_bytes(self.data[start : start + size], "little")

    def uleb(self) -> int:
        """An unsigned LEB128 number."""
        start = self._skip_leb()
        value = 0
        for byte in reversed(self.data[start : self.position]):
            value = value << 7 | byte & 0x7F
        return value

    def sleb(self) -> int:
        """A signed LEB128 number."""
        start = self.position
        value = self.uleb()
        bits = 7 * (self.position - start)
        return value - (1 << bits) if value >> (bits - 1) else value

    def skip_text(self) -> int:
        """Move past a zero-terminated text; return its start."""
        start = self.position
        stop = self.data.find(0, start, self.end)
        self.work.spend((self.end if stop < 0 else stop) - start + 1)
        if stop < 0:
            raise Unreadable("a text has no end")
        self.position = stop + 1
        return start

    def _skip_leb(self) -> int:
        start = position = self.position
        last = min(self.end, start + MAX_LEB_BYTES)
        data = self.data
        while position < last and data[position] & 0x80:
            position += 1
        self.work.spend(position - start + 1)
        if position == last:
            is_long = position < self.end
            raise Unreadable(
                "a number has more than 64 bits" if is_long else "it ends in a number"
            )
        self.position = position + 1
        return start
