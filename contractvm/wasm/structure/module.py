"""A decoded module (spec 2.5): an immutable description, no run-time object in it.

Function bodies and constant expressions stay bytes: every stage that looks inside reads
them through `instruction_reader`, in compiled code.
"""

from dataclasses import dataclass, field
from enum import Enum, IntEnum, auto

from msgspec import Struct

# Under its own name, so that callers find every description here.
from contractvm.wasm.structure.func import Func as Func  # noqa: PLC0414
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    MemoryType,
    TableType,
    ValType,
)


class ExternKind(IntEnum):
    """What an import or export is; the numbers are the binary format's."""

    FUNC = 0
    TABLE = 1
    MEMORY = 2
    GLOBAL = 3


class Import(Struct, frozen=True):
    """One import; `description` is a type index where `kind` is FUNC."""

    module: str
    name: str
    kind: ExternKind
    description: int | TableType | MemoryType | GlobalType


class Export(Struct, frozen=True):
    """One export: `index` counts in the index space of `kind`."""

    name: str
    kind: ExternKind
    index: int


@dataclass(frozen=True, slots=True)
class ConstExpr:
    """A constant expression: its instructions' bytes, the final `end` included."""

    code: bytes
    offset: int = field(default=0, compare=False)


class Global(Struct, frozen=True):
    """A global that the module defines, with its initial value's expression."""

    type: GlobalType
    init: ConstExpr


class SegmentMode(Enum):
    """When a segment is copied: at instantiation, on request, or never."""

    ACTIVE = auto()
    PASSIVE = auto()
    DECLARATIVE = auto()


class ElementSegment(Struct, frozen=True):
    """References for a table.

    `items` is a tuple of func indices if the segment was written with them, else of
    constant expressions; `flags` says which of the eight binary forms it had.
    """

    mode: SegmentMode
    table_index: int
    offset: ConstExpr | None
    element_type: ValType
    items: tuple[int, ...] | tuple[ConstExpr, ...]
    flags: int


class DataSegment(Struct, frozen=True):
    """Bytes for a memory; `offset` is None if the segment is passive."""

    mode: SegmentMode
    memory_index: int
    offset: ConstExpr | None
    payload: bytes
    flags: int


class CustomSection(Struct, frozen=True):
    """A custom section; `after` is the id of the last section before it, 0 for none."""

    name: str
    payload: bytes
    after: int


class Injection(Struct, frozen=True):
    """The indices that instrumentation appended to a module's index spaces.

    The module was valid before, so none of its own instructions has one of them: an
    instruction that names one was injected, whatever the module looks like.
    """

    gas_global: int
    height_global: int | None  # None without a stack limit
    first_func: int


@dataclass(frozen=True, slots=True)
class Module:
    """One module; index spaces begin with the imports of their kind.

    `code_offset` is where the content of its code section began in the file. Only
    instrumentation sets `injection`: a decoded module has none, even if its code
    imitates what instrumentation writes.
    """

    types: tuple[FuncType, ...] = ()
    imports: tuple[Import, ...] = ()
    funcs: tuple[Func, ...] = ()
    tables: tuple[TableType, ...] = ()
    memories: tuple[MemoryType, ...] = ()
    globals: tuple[Global, ...] = ()
    exports: tuple[Export, ...] = ()
    start: int | None = None
    elements: tuple[ElementSegment, ...] = ()
    data_segments: tuple[DataSegment, ...] = ()
    has_data_count: bool = False
    custom_sections: tuple[CustomSection, ...] = ()
    code_offset: int = field(default=0, compare=False)
    injection: Injection | None = field(default=None, compare=False)

    def imports_of(self, kind: ExternKind) -> tuple[Import, ...]:
        """The imports of one kind, in order: the first entries of its index space."""
        return tuple(entry for entry in self.imports if entry.kind == kind)

    @property
    def func_count(self) -> int:
        """The number of funcs, including imported ones."""
        return len(self.imports_of(ExternKind.FUNC)) + len(self.funcs)

    @property
    def func_type_indices(self) -> tuple[int, ...]:
        """The type index of every func, imports first."""
        imported = [
            entry.description
            for entry in self.imports
            if isinstance(entry.description, int)
        ]
        return (*imported, *[func.type_index for func in self.funcs])

    @property
    def table_types(self) -> tuple[TableType, ...]:
        """The type of every table, imports first."""
        return (
            tuple(
                entry.description
                for entry in self.imports
                if isinstance(entry.description, TableType)
            )
            + self.tables
        )

    @property
    def memory_types(self) -> tuple[MemoryType, ...]:
        """The type of every memory, imports first."""
        return (
            tuple(
                entry.description
                for entry in self.imports
                if isinstance(entry.description, MemoryType)
            )
            + self.memories
        )

    @property
    def global_types(self) -> tuple[GlobalType, ...]:
        """The type of every global, imports first."""
        return tuple(
            entry.description
            for entry in self.imports
            if isinstance(entry.description, GlobalType)
        ) + tuple(entry.type for entry in self.globals)
