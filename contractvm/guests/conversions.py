"""Conversions between Python's values and Wasm's, by the annotations of functions.

Wasm's integers have no sign: `int` is a signed i64, and I32, U32 and U64 say
otherwise. Bytes, text and JSON are a pointer and a length among parameters. NaNs are
canonical in both directions, so that no engine's bits show.
"""

import json
import math
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass
from types import MappingProxyType
from typing import Annotated, Any, get_origin

import msgspec

from contractvm.errors import Trap, TrapCode
from contractvm.nesting import check_json_nesting
from contractvm.wasm.structure.types import ValType


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer type of Wasm with the range that Python sees."""

    val_type: ValType
    bits: int
    is_signed: bool

    def decode(self, raw: int) -> int:
        """The number that an unsigned `raw` stands for."""
        if self.is_signed and raw >> (self.bits - 1):
            return raw - (1 << self.bits)
        return raw

    def encode(self, value: object) -> int:
        """The unsigned form; TypeError or ValueError for what does not fit."""
        if type(value) is not int and (
            isinstance(value, bool) or not isinstance(value, int)
        ):
            raise TypeError(f"{value!r:.100} is not an int")
        unused = value >> (self.bits - self.is_signed)
        if unused and not (self.is_signed and unused == -1):
            raise ValueError(f"{value} does not fit in {self.name}")
        return value & ((1 << self.bits) - 1)

    @property
    def name(self) -> str:
        """The name of the range, such as i32 or u64."""
        return f"{'i' if self.is_signed else 'u'}{self.bits}"


@dataclass(frozen=True, slots=True)
class Boolean:
    """A bool: i32, anything but 0 is True."""

    val_type: ValType = ValType.I32

    def decode(self, raw: int) -> bool:
        """False for 0 only."""
        return raw != 0

    def encode(self, value: object) -> int:
        """0 or 1; TypeError for anything but a bool."""
        if not isinstance(value, bool):
            raise TypeError(f"{value!r:.100} is not a bool")
        return int(value)


@dataclass(frozen=True, slots=True)
class Float:
    """A float type of Wasm; engines give and take its bits."""

    val_type: ValType
    bits_format: str
    float_format: str
    canonical_nan: int

    def decode(self, raw: int) -> float:
        """The number of these bits."""
        packed = struct.pack(self.bits_format, raw)
        value: float = struct.unpack(self.float_format, packed)[0]
        return math.nan if math.isnan(value) else value

    def encode(self, value: object) -> int:
        """The bits of the nearest value; TypeError for anything but a number."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{value!r:.100} is not a float")
        if math.isnan(value):
            return self.canonical_nan
        try:
            packed = struct.pack(self.float_format, value)
        except OverflowError:
            packed = struct.pack(self.float_format, math.copysign(math.inf, value))
        bits: int = struct.unpack(self.bits_format, packed)[0]
        return bits


Number = Integer | Boolean | Float


@dataclass(frozen=True, slots=True)
class Content:
    """Bytes, text or JSON: a pointer and a length among parameters.

    `decode` raises Trap for bytes that are not of the kind; `encode` raises TypeError
    or ValueError.
    """

    name: str
    decode: Callable[[bytes], Any]
    encode: Callable[[Any], bytes]


SIGNED_32 = Integer(ValType.I32, 32, is_signed=True)
SIGNED_64 = Integer(ValType.I64, 64, is_signed=True)
FLOAT_32 = Float(ValType.F32, "<I", "<f", 0x7FC0_0000)
FLOAT_64 = Float(ValType.F64, "<Q", "<d", 0x7FF8_0000_0000_0000)

I32 = Annotated[int, SIGNED_32]
U32 = Annotated[int, Integer(ValType.I32, 32, is_signed=False)]
U64 = Annotated[int, Integer(ValType.I64, 64, is_signed=False)]
F32 = Annotated[float, FLOAT_32]

NUMBERS: Mapping[object, Number] = MappingProxyType(
    {
        int: SIGNED_64,
        bool: Boolean(),
        float: FLOAT_64,
    }
)
BY_VAL_TYPE: Mapping[ValType, Number] = MappingProxyType(
    {
        ValType.I32: SIGNED_32,
        ValType.I64: SIGNED_64,
        ValType.F32: FLOAT_32,
        ValType.F64: FLOAT_64,
    }
)


def conversion_of(annotation: Any) -> Number | Content:
    """The conversion for an annotation; TypeError if there is none."""
    for note in getattr(annotation, "__metadata__", ()):
        if isinstance(note, Integer | Boolean | Float):
            return note
    if annotation in (int, bool, float):
        return NUMBERS[annotation]
    if annotation is bytes:
        return Content("bytes", bytes, _bytes)
    if annotation is str:
        return Content("text", _text_of, _utf8)
    if _is_json(annotation):
        return Content("JSON", _json_reader(annotation), _json)
    raise TypeError(f"no conversion for {annotation!r}")


def _is_json(annotation: Any) -> bool:
    plain = get_origin(annotation) or annotation
    return isinstance(plain, type) and (
        issubclass(plain, dict | list | msgspec.Struct) or is_dataclass(plain)
    )


def _bytes(value: Any) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"{value!r:.100} is not bytes")
    return bytes(value)


def _utf8(value: Any) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"{value!r:.100} is not text")
    return value.encode()


def _text_of(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise Trap(TrapCode.HOST_REFUSED, "text that is not UTF-8") from None


def _json_reader(annotation: Any) -> Callable[[bytes], Any]:
    decoder = msgspec.json.Decoder(annotation)

    def read(data: bytes) -> Any:
        try:
            check_json_nesting(data)
            return decoder.decode(data)
        except (msgspec.DecodeError, ValueError) as error:
            raise Trap(TrapCode.HOST_REFUSED, f"JSON: {error}") from None

    return read


def _json(value: Any) -> bytes:
    plain = msgspec.to_builtins(value)
    text = json.dumps(plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    return text.encode()
