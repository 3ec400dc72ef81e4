"""Module instances (spec 4.5.4): linking, allocation, segments, the start func."""

from collections.abc import Mapping

from contractvm.errors import InternalError, LinkError
from contractvm.execution.compiled_module import CompiledModule
from contractvm.execution.const_expr import evaluate_const_expr
from contractvm.execution.interpreter import Execution
from contractvm.execution.memory import Memory
from contractvm.execution.references import ExportedFunc, HostFunc
from contractvm.execution.store import (
    MAX_TABLE_ELEMENTS,
    GlobalCell,
    InstanceCore,
    Table,
)
from contractvm.execution.suspension import Suspension
from contractvm.structure.module import (
    DataSegment,
    ElementSegment,
    Export,
    ExternKind,
    Import,
    Module,
    SegmentMode,
)
from contractvm.structure.types import (
    MAX_PAGES,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
)

__all__ = [
    "Execution",
    "ExportedFunc",
    "Extern",
    "GlobalCell",
    "HostFunc",
    "Memory",
    "ModuleInstance",
    "Table",
    "instantiate_module",
]


Extern = HostFunc | ExportedFunc | Memory | Table | GlobalCell

DEFAULT_MAX_CALL_DEPTH = 16_384
DEFAULT_MAX_STACK_SLOTS = 1 << 20


class ModuleInstance:
    """A module linked and allocated, with what it exports by name."""

    def __init__(self, core: InstanceCore, exports: dict[str, Extern]) -> None:
        self.core = core
        self.exports = exports
        self._func_indices = {
            export.name: export.index
            for export in core.compiled.module.exports
            if export.kind == ExternKind.FUNC
        }

    def start(self, name: str, *arguments: object) -> Execution:
        """An execution of an exported func, not yet begun; KeyError for no such func.

        Arguments are as host funcs see them: unsigned ints, bits of floats.
        """
        return Execution(self.core, self._func_indices[name], *arguments)

    def invoke(self, name: str, *arguments: object) -> tuple[object, ...]:
        """Run an exported func to its end; a `Suspension` on the way is InternalError.

        Raises Trap, or what a host func raised.
        """
        return run_to_end(self.start(name, *arguments))


def run_to_end(execution: Execution) -> tuple[object, ...]:
    """Run an execution that nobody would resume."""
    outcome: tuple[object, ...] | Suspension = execution.resume()
    if isinstance(outcome, Suspension):
        raise InternalError("a host func suspended where nobody resumes")
    return outcome


def instantiate_module(
    compiled: CompiledModule,
    imports: Mapping[tuple[str, str], Extern],
    *,
    max_memory_pages: int = MAX_PAGES,
    max_call_depth: int = DEFAULT_MAX_CALL_DEPTH,
    max_stack_slots: int = DEFAULT_MAX_STACK_SLOTS,
    max_table_elements: int = MAX_TABLE_ELEMENTS,
) -> ModuleInstance:
    """Link a module with its imports, allocate what it defines and start it.

    Raises LinkError for a missing import or one of another type, Trap where a segment
    is out of bounds or the start func traps, InternalError where the module asks for
    more memory than the limits allow: its profile should have refused it.
    """
    module = compiled.module
    found = [_resolve_import(module, entry, imports) for entry in module.imports]
    core = InstanceCore(
        compiled,
        [extern for extern in found if isinstance(extern, (HostFunc, ExportedFunc))],
        max_call_depth,
        max_stack_slots,
    )
    tables = [extern for extern in found if isinstance(extern, Table)]
    tables += [Table(kind, core, max_table_elements) for kind in module.tables]
    for table in tables:
        core.add_table(table)
    memories = [extern for extern in found if isinstance(extern, Memory)]
    for memory_type in module.memories:
        limits = memory_type.limits
        memories.append(Memory(limits.minimum, limits.maximum, max_memory_pages))
    for memory in memories:
        core.set_memory(memory)
    cells = [extern for extern in found if isinstance(extern, GlobalCell)]
    for cell in cells:
        core.add_imported_global(cell)
    for index, entry in enumerate(module.globals):
        core.set_global(index, evaluate_const_expr(entry.init, core))
        cells.append(GlobalCell.of_instance(core, index))
    exports = {
        export.name: _export(export, core, tables, memories, cells)
        for export in module.exports
    }
    _fill_segments(module, core)
    if module.start is not None:
        run_to_end(Execution(core, module.start))
    return ModuleInstance(core, exports)


def _export(
    export: Export,
    core: InstanceCore,
    tables: list[Table],
    memories: list[Memory],
    cells: list[GlobalCell],
) -> Extern:
    if export.kind == ExternKind.TABLE:
        return tables[export.index]
    if export.kind == ExternKind.MEMORY:
        return memories[export.index]
    if export.kind == ExternKind.GLOBAL:
        return cells[export.index]
    if export.index < len(core.imported_funcs):
        return core.imported_funcs[export.index]
    return ExportedFunc(core, export.index)


# Linking (spec 3.4.11)


def _resolve_import(
    module: Module, entry: Import, imports: Mapping[tuple[str, str], Extern]
) -> Extern:
    extern = imports.get((entry.module, entry.name))
    if extern is None:
        raise LinkError(entry.module, entry.name, "unknown import")
    if not _matches(module, entry, extern):
        raise LinkError(entry.module, entry.name, "incompatible import type")
    return extern


def _matches(module: Module, entry: Import, extern: Extern) -> bool:
    wanted = entry.description
    if isinstance(wanted, GlobalType):
        return isinstance(extern, GlobalCell) and extern.global_type == wanted
    if isinstance(wanted, MemoryType):
        return isinstance(extern, Memory) and _fits(
            extern.pages, extern.maximum, wanted.limits
        )
    if isinstance(wanted, TableType):
        return (
            isinstance(extern, Table)
            and extern.table_type.element_type == wanted.element_type
            and _fits(extern.size, extern.table_type.limits.maximum, wanted.limits)
        )
    return (
        isinstance(extern, (HostFunc, ExportedFunc))
        and extern.func_type == module.types[wanted]
    )


def _fits(size: int, maximum: int | None, wanted: Limits) -> bool:
    """True if what is there is as large as wanted, and cannot outgrow it."""
    if size < wanted.minimum:
        return False
    return wanted.maximum is None or (maximum is not None and maximum <= wanted.maximum)


# Segments


def _fill_segments(module: Module, core: InstanceCore) -> None:
    """Make all segments, then copy the active ones in order and drop them."""
    for element in module.elements:
        core.element_segments.append(_element_slots(element, core))
    for data in module.data_segments:
        core.data_segments.append(data.payload)
    for index, element in enumerate(module.elements):
        _place_element(index, element, core)
    for index, data in enumerate(module.data_segments):
        _place_data(index, data, core)


def _element_slots(segment: ElementSegment, core: InstanceCore) -> tuple[int, ...]:
    return tuple(
        core.func_reference(item)
        if isinstance(item, int)
        else evaluate_const_expr(item, core)
        for item in segment.items
    )


def _place_element(index: int, segment: ElementSegment, core: InstanceCore) -> None:
    if segment.mode == SegmentMode.PASSIVE:
        return
    if segment.offset is not None:
        start = evaluate_const_expr(segment.offset, core)
        core.init_table(segment.table_index, index, start, 0, len(segment.items))
    core.drop_element(index)


def _place_data(index: int, segment: DataSegment, core: InstanceCore) -> None:
    if segment.offset is None:
        return
    start = evaluate_const_expr(segment.offset, core)
    core.init_memory(index, start, 0, len(segment.payload))
    core.drop_data(index)
