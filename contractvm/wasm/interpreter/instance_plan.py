"""The plan that all instances of one module share, made by the first one."""

from struct import pack
from typing import Any

from msgspec import Struct

from contractvm.wasm.interpreter.compiled_module import CompiledModule
from contractvm.wasm.interpreter.const_expr import constant_reference, constant_value
from contractvm.wasm.structure.module import (
    ConstExpr,
    ElementSegment,
    Export,
    ExternKind,
    Import,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.types import FuncType, Limits, TableType

ActiveData = tuple[int, int | None, ConstExpr]


class ElementPlan(Struct, frozen=True):
    """An element segment; of its items, funcs are their indices and nulls None.

    Items that depend on the instance are expressions, and `is_constant` is False. A
    segment that is copied has a `table_index`; its offset is None as in `InstancePlan`.
    """

    element_type: int
    items: tuple[int | ConstExpr | None, ...]
    is_constant: bool
    table_index: int | None
    start: int | None
    offset: ConstExpr | None
    is_dropped: bool


class InstancePlan(Struct, frozen=True):
    """A module as instantiation reads it; see `instance.py`.

    A value or offset that depends on the instance is None, next to its expression.
    """

    # In order; the type is None unless it is a func.
    imports: tuple[tuple[tuple[str, str], FuncType | None, Import], ...]
    tables: tuple[TableType, ...]
    memories: tuple[Limits, ...]
    # The slots of the globals that are constant, 0 for others, which come by index.
    globals: bytes
    computed_globals: tuple[tuple[int, ConstExpr], ...]
    elements: tuple[ElementPlan, ...]
    payloads: tuple[bytes, ...]
    active_data: tuple[ActiveData, ...]
    start: int | None
    exports: dict[str, Export]
    func_indices: dict[str, int]
    # A mapping of imports that nobody changes and was found good, and its funcs.
    linked: list[Any]


def plan_of(compiled: CompiledModule) -> InstancePlan:
    """The plan of a module, kept with it."""
    plan: InstancePlan | None = compiled.plan
    if plan is None:
        plan = compiled.plan = _make_plan(compiled.module)
    return plan


def _make_plan(module: Module) -> InstancePlan:
    slots = [constant_value(entry.init) for entry in module.globals]
    return InstancePlan(
        imports=tuple(_import(module, entry) for entry in module.imports),
        tables=module.tables,
        memories=tuple(memory.limits for memory in module.memories),
        globals=pack(f"={len(slots)}Q", *(slot or 0 for slot in slots)),
        computed_globals=tuple(
            (index, entry.init)
            for index, entry in enumerate(module.globals)
            if slots[index] is None
        ),
        elements=tuple(_element(segment) for segment in module.elements),
        payloads=tuple(segment.payload for segment in module.data_segments),
        active_data=tuple(
            (index, constant_value(segment.offset), segment.offset)
            for index, segment in enumerate(module.data_segments)
            if segment.offset is not None
        ),
        start=module.start,
        exports={export.name: export for export in module.exports},
        func_indices={
            export.name: export.index
            for export in module.exports
            if export.kind == ExternKind.FUNC
        },
        linked=[],
    )


def _element(segment: ElementSegment) -> ElementPlan:
    items = tuple(
        constant_reference(item) if isinstance(item, ConstExpr) else item
        for item in segment.items
    )
    offset = segment.offset
    return ElementPlan(
        element_type=segment.element_type,
        items=items,
        is_constant=not any(isinstance(item, ConstExpr) for item in items),
        table_index=None if offset is None else segment.table_index,
        start=None if offset is None else constant_value(offset),
        offset=offset,
        is_dropped=segment.mode != SegmentMode.PASSIVE,
    )


def _import(
    module: Module, entry: Import
) -> tuple[tuple[str, str], FuncType | None, Import]:
    wanted = entry.description
    func_type = module.types[wanted] if isinstance(wanted, int) else None
    return (entry.module, entry.name), func_type, entry
