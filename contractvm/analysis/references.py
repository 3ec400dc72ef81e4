"""Which funcs can be called by reference, and whether references leave the module."""

from collections.abc import Iterator

from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ConstExpr, ExternKind, Module
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, slot_of
from contractvm.wasm.structure.types import FuncType
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
)

REF_FUNC = BY_MNEMONIC["ref.func"].opcode


def referenced_funcs(module: Module) -> frozenset[int]:
    """The funcs that a table can hold: those in segments and globals.

    If a body makes references, also the exported ones: validation lets a body name only
    funcs that are in a segment, a global or an export.
    """
    found = set(_named_outside_bodies(module))
    wanted = bytearray(SEARCH_SLOT_COUNT)
    wanted[slot_of(REF_FUNC)] = 1
    if any(find_instruction(func.code, bytes(wanted)) for func in module.funcs):
        found.update(
            export.index for export in module.exports if export.kind is ExternKind.FUNC
        )
    return frozenset(found)


def _named_outside_bodies(module: Module) -> Iterator[int]:
    expressions = [entry.init for entry in module.globals]
    for segment in module.elements:
        for item in segment.items:
            if isinstance(item, ConstExpr):
                expressions.append(item)
            else:
                yield item
    for expression in expressions:
        for opcode, func_index, *_ in instructions(expression.code):
            if opcode == REF_FUNC:
                yield func_index


def shared_tables(module: Module) -> frozenset[int]:
    """The tables that other modules can change: imported and exported ones."""
    exported = [
        export.index for export in module.exports if export.kind is ExternKind.TABLE
    ]
    return frozenset([*range(len(module.imports_of(ExternKind.TABLE))), *exported])


def shared_globals(module: Module) -> frozenset[int]:
    """The globals that other modules can see: imported and exported ones."""
    exported = [
        export.index for export in module.exports if export.kind is ExternKind.GLOBAL
    ]
    return frozenset([*range(len(module.imports_of(ExternKind.GLOBAL))), *exported])


def shares_references(module: Module) -> bool:
    """Whether a reference can come from outside or get there in any way."""
    if shared_tables(module):
        return True
    global_types = module.global_types
    if any(
        global_types[index].val_type.is_reference for index in shared_globals(module)
    ):
        return True
    type_indices = module.func_type_indices
    outside = list(range(len(module.imports_of(ExternKind.FUNC))))
    outside += [
        export.index for export in module.exports if export.kind is ExternKind.FUNC
    ]
    return any(_has_reference(module.types[type_indices[index]]) for index in outside)


def _has_reference(func_type: FuncType) -> bool:
    return any(
        val_type.is_reference for val_type in func_type.params + func_type.results
    )
