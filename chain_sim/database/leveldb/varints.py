"""Numbers and byte strings in LevelDB's files and batches."""

MAX_VARINT_BYTES = 10


class UnreadableNumber(ValueError):
    """The bytes end within a number or string, or a number is too long."""


class VarintReader:
    """Reads one value after another; UnreadableNumber if there is none."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    @property
    def is_at_end(self) -> bool:
        """Whether everything was read."""
        return self.position >= len(self.data)

    def number(self) -> int:
        """A number of seven bits a byte, the lowest first."""
        value = 0
        for index in range(MAX_VARINT_BYTES):
            (byte,) = self.take(1)
            value |= (byte & 0x7F) << 7 * index
            if byte < 0x80:
                return value
        raise UnreadableNumber

    def string(self) -> bytes:
        """A string after its length."""
        return self.take(self.number())

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        end = self.position + length
        if end > len(self.data):
            raise UnreadableNumber
        taken = self.data[self.position : end]
        self.position = end
        return taken
