"""Imports and exports of a module as documents, their types as text."""

from typing import Any

from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import GlobalType, Limits, MemoryType, TableType


def import_documents(module: Module) -> list[dict[str, Any]]:
    """Imports, in order."""
    return [
        {
            "module": entry.module,
            "name": entry.name,
            "kind": entry.kind.name.lower(),
            "type": type_text(module, entry.description),
        }
        for entry in module.imports
    ]


def export_documents(module: Module) -> list[dict[str, Any]]:
    """Exports, in order; a type is unknown if an invalid module lacks it."""
    return [
        {
            "name": entry.name,
            "kind": entry.kind.name.lower(),
            "type": exported_type_text(module, entry.kind, entry.index),
            "index": entry.index,
        }
        for entry in module.exports
    ]


def exported_type_text(module: Module, kind: ExternKind, index: int) -> str:
    """The type of entry `index` of a kind's index space."""
    spaces: dict[ExternKind, tuple[Any, ...]] = {
        ExternKind.FUNC: module.func_type_indices,
        ExternKind.TABLE: module.table_types,
        ExternKind.MEMORY: module.memory_types,
        ExternKind.GLOBAL: module.global_types,
    }
    if index >= len(spaces[kind]):
        return "unknown"
    return type_text(module, spaces[kind][index])


def type_text(
    module: Module, description: int | TableType | MemoryType | GlobalType
) -> str:
    """A type as text: `[i32] -> []`, `1 to 16 pages`."""
    match description:
        case int():
            if description >= len(module.types):
                return "unknown"
            return str(module.types[description])
        case MemoryType():
            return f"{limits_text(description.limits)} pages"
        case TableType():
            return f"{limits_text(description.limits)} {description.element_type.text}"
        case GlobalType():
            prefix = "mutable " if description.is_mutable else ""
            return prefix + description.val_type.text


def limits_text(limits: Limits) -> str:
    """`1 or more`, or `1 to 16`."""
    if limits.maximum is None:
        return f"{limits.minimum} or more"
    return f"{limits.minimum} to {limits.maximum}"
