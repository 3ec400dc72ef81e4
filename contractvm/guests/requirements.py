"""What a module asks for, read without preparing it: for an upload form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

from contractvm.errors import RefusedModule
from contractvm.guests.limits import Limits
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import FuncType


@dataclass(frozen=True, kw_only=True)
class Requirements:
    """The imports, exports and sizes of a module.

    Memory is in pages of 64 KiB; `max_memory_pages` is None where the module names no
    maximum, and both are None where it has no memory. `min_table_elements` is the sum
    over its tables.
    """

    imports: tuple[tuple[str, str, FuncType | str], ...]
    exports: tuple[tuple[str, FuncType | str], ...]
    module_bytes: int
    min_memory_pages: int | None
    max_memory_pages: int | None
    min_table_elements: int
    has_start: bool

    def check_limits(self, limits: Limits) -> None:
        """Raise RefusedModule for more memory or tables, at the start, than allowed."""
        pages, elements = self.min_memory_pages or 0, self.min_table_elements
        if pages > limits.memory_pages:
            raise RefusedModule(f"{pages} memory pages, {limits.memory_pages} allowed")
        if elements > limits.table_elements:
            most = limits.table_elements
            raise RefusedModule(f"{elements} table elements, {most} allowed")

    @cached_property
    def exported_funcs(self) -> Mapping[str, FuncType]:
        """The exported funcs by name."""
        return MappingProxyType(
            {name: kind for name, kind in self.exports if isinstance(kind, FuncType)}
        )

    @cached_property
    def memory_name(self) -> str | None:
        """The name of the exported memory, None if none is exported."""
        return next((name for name, kind in self.exports if kind == "memory"), None)


def requirements_of(module: Module, module_bytes: int) -> Requirements:
    """The requirements of a decoded module."""
    memory = next(iter(module.memory_types), None)
    return Requirements(
        imports=tuple(_imports(module)),
        exports=tuple(_exports(module)),
        module_bytes=module_bytes,
        min_memory_pages=None if memory is None else memory.limits.minimum,
        max_memory_pages=None if memory is None else memory.limits.maximum,
        min_table_elements=sum(kind.limits.minimum for kind in module.tables),
        has_start=module.start is not None,
    )


def _imports(module: Module) -> Iterable[tuple[str, str, FuncType | str]]:
    for entry in module.imports:
        kind: FuncType | str = entry.kind.name.lower()
        if isinstance(entry.description, int):
            kind = module.types[entry.description]
        yield entry.module, entry.name, kind


def _exports(module: Module) -> Iterable[tuple[str, FuncType | str]]:
    types = module.func_type_indices
    for entry in module.exports:
        if entry.kind is ExternKind.FUNC:
            yield entry.name, module.types[types[entry.index]]
        else:
            yield entry.name, entry.kind.name.lower()
