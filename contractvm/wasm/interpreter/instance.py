"""Module instances (spec 4.5.4): linking, allocation, segments, the start func."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeGuard

from contractvm.errors import InternalError, LinkError
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.interface import MAX_TABLE_ELEMENTS
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.interpreter.const_expr import evaluate_const_expr
from contractvm.wasm.interpreter.instance_plan import (
    ElementPlan,
    InstancePlan,
    plan_of,
)
from contractvm.wasm.interpreter.interpreter import Execution
from contractvm.wasm.interpreter.memory import Memory
from contractvm.wasm.interpreter.references import ExportedFunc
from contractvm.wasm.interpreter.register_stack import RegisterStack
from contractvm.wasm.interpreter.store import GlobalCell, InstanceCore, Table
from contractvm.wasm.interpreter.trace import Trace
from contractvm.wasm.structure.module import ConstExpr, Export, ExternKind, Import
from contractvm.wasm.structure.types import (
    MAX_PAGES,
    FuncType,
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
    "Memory",
    "ModuleInstance",
    "Table",
    "instantiate_module",
]


Extern = HostFunc | ExportedFunc | Memory | Table | GlobalCell

# Members by name: through its class one takes longer than a call (Python 3.11).
FUNC, GLOBAL, TABLE = ExternKind.FUNC, ExternKind.GLOBAL, ExternKind.TABLE
DEFAULT_MAX_CALL_DEPTH = 16_384
DEFAULT_MAX_STACK_SLOTS = 1 << 20


class ModuleInstance:
    """A module linked and allocated, with what it exports by name."""

    __slots__ = ("_execution", "_exports", "_plan", "_tables", "core")

    def __init__(self, core: InstanceCore, plan: InstancePlan) -> None:
        self.core = core
        self._plan = plan
        self._execution: Execution | None = None
        self._exports: dict[str, Extern] = {}
        self._tables: dict[int, Table] = {}

    @property
    def exports(self) -> dict[str, Extern]:
        """The exports, in the module's order."""
        return {name: self.export(name) for name in self._plan.exports}

    def export(self, name: str) -> Extern:
        """One export, made on first use; KeyError if there is none."""
        found = self._exports.get(name)
        if found is None:
            found = self._exports[name] = self._make(self._plan.exports[name])
        return found

    @property
    def stop_flag(self) -> StopFlag | None:
        """What ends its calls; None if nothing does."""
        return self.core.stop_flag

    @stop_flag.setter
    def stop_flag(self, flag: StopFlag | None) -> None:
        self.core.stop_flag = flag

    @property
    def trace(self) -> Trace | None:
        """The trace of this instance; None if its module is not traced."""
        return self.core.trace

    @property
    def stopped_at(self) -> RegisterStack | None:
        """Where a call was that did not return; None if none is noted."""
        noted = self.core.stopped_at
        return None if noted is None else RegisterStack(*noted)

    @property
    def host_call(self) -> tuple[CompiledModule, int] | None:
        """The module and word of the call of the host that runs or waits, if one does.

        It is that of the call that began last.
        """
        return None if self._execution is None else self._execution.host_call

    def forget_stop(self) -> None:
        """Note where the next call stops that does not return."""
        self.core.stopped_at = None

    def start(self, name: str, *arguments: object) -> Execution:
        """Return an execution, not yet begun, of an exported func; KeyError if none.

        Arguments are unsigned ints, floats as their bits.
        """
        index = self._plan.func_indices[name]
        self._execution = Execution(self.core, index, *arguments)
        return self._execution

    def invoke(self, name: str, *arguments: object) -> tuple[object, ...]:
        """Run an exported func to its end; a `Suspension` on the way is InternalError.

        Raises Trap, or what a host func raised.
        """
        return run_to_end(self.start(name, *arguments))

    def _make(self, export: Export) -> Extern:
        core, index = self.core, export.index
        if export.kind is FUNC:
            if index < len(core.imported_funcs):
                return core.imported_funcs[index]
            return ExportedFunc(core, index)
        if export.kind is GLOBAL:
            imported = len(core.imported_globals)
            if index < imported:
                return core.imported_globals[index]
            return GlobalCell.of_instance(core, index - imported)
        if export.kind is TABLE:
            return self._table(index)
        if core.memory is None:
            raise InternalError("a memory exported where there is none")
        return core.memory

    def _table(self, index: int) -> Table:
        """A wrapper of one of its own tables, the same for all exports."""
        if index not in self._tables:
            self._tables[index] = self.core.table(index)
        return self._tables[index]


def run_to_end(execution: Execution) -> tuple[object, ...]:
    """Run an execution that nobody would resume."""
    outcome: tuple[object, ...] | Suspension = execution.resume()
    if isinstance(outcome, Suspension):
        raise InternalError("a host func suspended where nobody resumes")
    return outcome


def instantiate_module(  # noqa: PLR0913 (its limits, by name)
    compiled: CompiledModule,
    imports: Mapping[tuple[str, str], Extern],
    *,
    max_memory_pages: int = MAX_PAGES,
    max_call_depth: int = DEFAULT_MAX_CALL_DEPTH,
    max_stack_slots: int = DEFAULT_MAX_STACK_SLOTS,
    max_table_elements: int = MAX_TABLE_ELEMENTS,
    context: object = None,
) -> ModuleInstance:
    """Link a module with its imports, allocate what it defines and start it.

    Host funcs that take a context get `context`. Imports in a MappingProxyType must
    never change: if they are all host funcs, they are checked once.

    Raises LinkError for a missing import or one of another type, Trap if a segment is
    out of bounds or the start func traps, InternalError if the module asks for more
    memory than the limits allow: its profile should have refused it.
    """
    plan = plan_of(compiled)
    funcs, others = _link(plan, imports)
    core = InstanceCore(compiled, funcs, max_call_depth, max_stack_slots, context)
    for other in others:
        if isinstance(other, Table):
            core.add_table(other)
        elif isinstance(other, Memory):
            core.set_memory(other)
        else:
            core.add_imported_global(other)
    _allocate(plan, core, max_memory_pages, max_table_elements)
    _fill_segments(plan, core)
    if plan.start is not None:
        run_to_end(Execution(core, plan.start))
    return ModuleInstance(core, plan)


def _allocate(
    plan: InstancePlan,
    core: InstanceCore,
    max_memory_pages: int,
    max_table_elements: int,
) -> None:
    """Make what the module defines; globals in order, so that one can use another."""
    for table_type in plan.tables:
        core.add_table(Table(table_type, core, max_table_elements))
    for limits in plan.memories:
        core.set_memory(Memory(limits.minimum, limits.maximum, max_memory_pages))
    core.set_globals(plan.globals)
    for index, expr in plan.computed_globals:
        core.set_global(index, evaluate_const_expr(expr, core))


# Linking (spec 3.4.11)


def _link(
    plan: InstancePlan, imports: Mapping[tuple[str, str], Extern]
) -> tuple[tuple[HostFunc | ExportedFunc, ...], list[Memory | Table | GlobalCell]]:
    """The funcs that a module imports, and its other imports; raises LinkError."""
    funcs: list[HostFunc | ExportedFunc] = []
    others: list[Memory | Table | GlobalCell] = []
    if plan.linked and plan.linked[0] is imports:
        return plan.linked[1], others
    for key, func_type, entry in plan.imports:
        extern = imports.get(key)
        if func_type is None:
            others.append(_checked_import(entry, extern))
        elif _is_func(extern, func_type):
            funcs.append(extern)
        else:
            raise _link_error(entry, extern)
    is_for_good = type(imports) is MappingProxyType and not others
    linked = tuple(funcs)
    if is_for_good and all(isinstance(func, HostFunc) for func in linked):
        plan.linked[:] = imports, linked
    return linked, others


def _is_func(
    extern: Extern | None, wanted: FuncType
) -> TypeGuard[HostFunc | ExportedFunc]:
    if not isinstance(extern, (HostFunc, ExportedFunc)):
        return False
    func_type = extern.func_type
    return func_type is wanted or func_type == wanted


def _checked_import(
    entry: Import, extern: Extern | None
) -> Memory | Table | GlobalCell:
    wanted = entry.description
    if isinstance(wanted, GlobalType):
        if isinstance(extern, GlobalCell) and extern.global_type == wanted:
            return extern
    elif isinstance(wanted, MemoryType):
        if isinstance(extern, Memory) and _fits(
            extern.pages, extern.maximum, wanted.limits
        ):
            return extern
    elif isinstance(wanted, TableType) and (
        isinstance(extern, Table)
        and extern.table_type.element_type == wanted.element_type
        and _fits(extern.size, extern.table_type.limits.maximum, wanted.limits)
    ):
        return extern
    raise _link_error(entry, extern)


def _link_error(entry: Import, extern: Extern | None) -> LinkError:
    reason = "unknown import" if extern is None else "incompatible import type"
    return LinkError(entry.module, entry.name, reason)


def _fits(size: int, maximum: int | None, wanted: Limits) -> bool:
    """True if what is there is as large as wanted, and cannot outgrow it."""
    if size < wanted.minimum:
        return False
    return wanted.maximum is None or (maximum is not None and maximum <= wanted.maximum)


# Segments


def _fill_segments(plan: InstancePlan, core: InstanceCore) -> None:
    """Make all segments, then copy the active ones in order and drop them."""
    for element in plan.elements:
        items = element.items if element.is_constant else _items(element, core)
        core.add_element_segment(element.element_type, items)
    core.data_segments.extend(plan.payloads)
    for index, element in enumerate(plan.elements):
        if element.is_dropped:
            _place_element(index, element, core)
    for index, start, offset in plan.active_data:
        core.place_data(
            index, evaluate_const_expr(offset, core) if start is None else start
        )


def _items(segment: ElementPlan, core: InstanceCore) -> tuple[object, ...]:
    return tuple(
        evaluate_const_expr(item, core) if isinstance(item, ConstExpr) else item
        for item in segment.items
    )


def _place_element(index: int, segment: ElementPlan, core: InstanceCore) -> None:
    if segment.table_index is not None and segment.offset is not None:
        start = segment.start
        if start is None:
            start = evaluate_const_expr(segment.offset, core)
        core.init_table(segment.table_index, index, start, 0, len(segment.items))
    core.drop_element(index)
