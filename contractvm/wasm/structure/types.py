"""The types of WebAssembly (spec 2.3), numbered as in the binary format."""

from dataclasses import dataclass
from enum import IntEnum

PAGE_BYTES = 65_536
MAX_PAGES = 65_536


class ValType(IntEnum):
    """The type of one value (spec 2.3.4)."""

    I32 = 0x7F
    I64 = 0x7E
    F32 = 0x7D
    F64 = 0x7C
    FUNCREF = 0x70
    EXTERNREF = 0x6F

    @property
    def text(self) -> str:
        """The type's name in the text format, as `i32`."""
        return self.name.lower()

    @property
    def is_reference(self) -> bool:
        """True for funcref and externref."""
        return self in (ValType.FUNCREF, ValType.EXTERNREF)

    @property
    def is_float(self) -> bool:
        """True for f32 and f64."""
        return self in (ValType.F32, ValType.F64)


@dataclass(frozen=True, slots=True)
class FuncType:
    """Parameters and results of a func, in order."""

    params: tuple[ValType, ...]
    results: tuple[ValType, ...]

    def __str__(self) -> str:
        params = " ".join(val_type.text for val_type in self.params)
        results = " ".join(val_type.text for val_type in self.results)
        return f"[{params}] -> [{results}]"


@dataclass(frozen=True, slots=True)
class Limits:
    """A size range; `maximum` is None if the module sets none."""

    minimum: int
    maximum: int | None = None


@dataclass(frozen=True, slots=True)
class MemoryType:
    """A memory; its limits are in pages of 65,536 bytes."""

    limits: Limits


@dataclass(frozen=True, slots=True)
class TableType:
    """A table of references; its limits are in elements."""

    element_type: ValType
    limits: Limits


@dataclass(frozen=True, slots=True)
class GlobalType:
    """A global's type and whether it may change."""

    val_type: ValType
    is_mutable: bool
