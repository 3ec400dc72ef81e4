"""A reader of a module's values (spec 5.2) and types (spec 5.3).

No count is trusted: a vector's count may not exceed the bytes left, since each element
takes at least one byte.
"""

from collections.abc import Callable
from typing import TypeVar

from contractvm.errors import MalformedModule
from contractvm.wasm.binary.scanner import ExpressionScanner
from contractvm.wasm.structure.module import ConstExpr
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)

T = TypeVar("T")

VAL_TYPES = {int(val_type): val_type for val_type in ValType}
FUNC_TYPE_TAG = 0x60


class ByteReader:
    """A position in the bytes of a module; every `read_` moves it forward."""

    __slots__ = ("data", "position", "scanner", "size")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0
        self.size = len(data)
        self.scanner = ExpressionScanner(data)

    def malformed(self, reason: str) -> MalformedModule:
        """The error to raise about the current position."""
        return MalformedModule(reason, self.position)

    def read_byte(self) -> int:
        """One byte."""
        if self.position >= self.size:
            raise self.malformed("unexpected end")
        self.position += 1
        return self.data[self.position - 1]

    def read_u32(self) -> int:
        """An unsigned LEB128 number below 2**32, in at most five bytes."""
        position = self.position
        if position < self.size and self.data[position] < 0x80:  # nearly always
            self.position = position + 1
            return self.data[position]
        value = 0
        for shift in (0, 7, 14, 21, 28):
            byte = self.read_byte()
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if value >> 32:
                    raise self.malformed("integer too large")
                return value
        raise self.malformed("integer representation too long")

    def read_length(self) -> int:
        """A count of bytes or elements, at most the number of bytes left."""
        start = self.position
        length = self.read_u32()
        # Counted from the number's own first byte, like the reference interpreter: the
        # test suite's texts depend on it.
        if length > self.size - start:
            raise MalformedModule("length out of bounds", start)
        return length

    def read_bytes(self, length: int) -> bytes:
        """The next `length` bytes."""
        end = self.position + length
        if end > self.size:
            raise self.malformed("unexpected end")
        taken = self.data[self.position : end]
        self.position = end
        return taken

    def read_name(self) -> str:
        """A length and that many bytes of UTF-8 (spec 5.2.4)."""
        length = self.read_length()
        start = self.position
        encoded = self.read_bytes(length)
        try:
            return encoded.decode("utf-8")
        except UnicodeDecodeError as error:
            reason = "malformed UTF-8 encoding"
            raise MalformedModule(reason, start + error.start) from None

    def read_vector(self, read_element: Callable[[], T]) -> tuple[T, ...]:
        """A count and that many elements (spec 5.1.3)."""
        return tuple([read_element() for _ in range(self.read_length())])

    def read_const_expr(self) -> ConstExpr:
        """An expression up to its `end`; validation checks that it is constant."""
        start = self.position
        self.position = self.scanner.scan(start)
        return ConstExpr(self.data[start : self.position], start)

    def read_val_type(self) -> ValType:
        """One value type (spec 5.3.4)."""
        byte = self.read_byte()
        if byte not in VAL_TYPES:
            raise MalformedModule("malformed value type", self.position - 1)
        return VAL_TYPES[byte]

    def read_reference_type(self) -> ValType:
        """`funcref` or `externref` (spec 5.3.3)."""
        byte = self.read_byte()
        if byte not in (ValType.FUNCREF, ValType.EXTERNREF):
            raise MalformedModule("malformed reference type", self.position - 1)
        return VAL_TYPES[byte]

    def read_val_types(self) -> tuple[ValType, ...]:
        """A result type (spec 5.3.5)."""
        return self.read_vector(self.read_val_type)

    def read_func_type(self) -> FuncType:
        """Parameters and results (spec 5.3.6)."""
        tag = self.read_byte()
        if tag != FUNC_TYPE_TAG:
            # The tag is a signed number of seven bits to the test suite.
            is_longer = tag & 0x80
            too_long = "integer representation too long"
            reason = too_long if is_longer else "malformed definition type"
            raise MalformedModule(reason, self.position - 1)
        return FuncType(self.read_val_types(), self.read_val_types())

    def read_limits(self) -> Limits:
        """A minimum and perhaps a maximum (spec 5.3.7)."""
        flags = self.read_byte()
        if flags > 1:
            raise MalformedModule("malformed limits flags", self.position - 1)
        minimum = self.read_u32()
        return Limits(minimum, self.read_u32() if flags else None)

    def read_memory_type(self) -> MemoryType:
        """Limits in pages (spec 5.3.8)."""
        return MemoryType(self.read_limits())

    def read_table_type(self) -> TableType:
        """Element type and limits (spec 5.3.9)."""
        return TableType(self.read_reference_type(), self.read_limits())

    def read_global_type(self) -> GlobalType:
        """Value type and mutability (spec 5.3.10)."""
        val_type = self.read_val_type()
        mutability = self.read_byte()
        if mutability > 1:
            raise MalformedModule("malformed mutability", self.position - 1)
        return GlobalType(val_type, mutability == 1)
