"""Checks that a module uses no proposals or floats that its profile refuses."""

from collections.abc import Iterable, Iterator
from typing import Literal

from contractvm.errors import RefusedModule
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.opcodes import Feature
from contractvm.wasm.structure.types import ValType
from contractvm.wasm.validation.features import (
    EXTENDED_CONST_MNEMONICS,
    SLOTS,
    const_exprs,
    structural_uses,
)
from contractvm.wasm.validation.instruction_search import (
    SEARCH_SLOT_COUNT,
    find_instruction,
)

FloatRule = Literal["refused", "canonical", "canonical but converted", "permitted"]


def check_features(module: Module, allowed: frozenset[Feature]) -> None:
    """Refuse what types, tables, globals, locals and segments use beyond `allowed`."""
    for use in structural_uses(module):
        if use.feature not in allowed:
            reason = f"{use.feature.value} not allowed: {use.text}"
            raise RefusedModule(reason, use.func_index)


def check_float_types(module: Module) -> None:
    """Refuse the types f32 and f64 everywhere outside of bodies."""
    for val_type, place, func_index in _float_places(module):
        if val_type is not None:
            reason = f"floats not allowed: {val_type.text} in {place}"
            raise RefusedModule(reason, func_index)


def _float_places(module: Module) -> Iterator[tuple[ValType | None, str, int | None]]:
    """Every place for types: the first float there, or None; the func it belongs to."""
    # Found once for each type, since a million funcs may share a large one.
    in_types = [
        _first_float(func_type.params + func_type.results) for func_type in module.types
    ]
    for func_index, type_index in enumerate(module.func_type_indices):
        if type_index < len(in_types):
            yield in_types[type_index], "the func's type", func_index
    for type_index, val_type in enumerate(in_types):
        yield val_type, f"type {type_index}", None
    for global_index, global_type in enumerate(module.global_types):
        yield _first_float((global_type.val_type,)), f"global {global_index}", None
    for func_index, func in enumerate(module.funcs, _first_defined(module)):
        val_types = (val_type for _, val_type in func.local_groups)
        yield _first_float(val_types), "locals", func_index


def _first_float(val_types: Iterable[ValType]) -> ValType | None:
    return next((val_type for val_type in val_types if val_type.is_float), None)


def _first_defined(module: Module) -> int:
    """The func index of the first func that the module defines."""
    return len(module.imports_of(ExternKind.FUNC))


def check_instructions(
    module: Module, allowed: frozenset[Feature], floats: FloatRule
) -> None:
    """Refuse the first instruction with a proposal or float that is not allowed."""
    reasons = {
        slot: reason
        for slot in SLOTS
        if (reason := _refusal(slot, allowed, floats)) is not None
    }
    wanted = _slot_table(reasons)
    for func_index, func in enumerate(module.funcs, _first_defined(module)):
        found = find_instruction(func.code, wanted)
        if found is not None:
            position, slot = found
            raise RefusedModule(reasons[slot], func_index, func.offset + position)
    if Feature.EXTENDED_CONST not in allowed:
        reason = f"{Feature.EXTENDED_CONST.value} not allowed"
        for slot, described in SLOTS.items():
            if described.text in EXTENDED_CONST_MNEMONICS:
                reasons[slot] = f"{reason}: {described.text}"
    wanted = _slot_table(reasons)
    for expression in const_exprs(module):
        found = find_instruction(expression.code, wanted)
        if found is not None:
            position, slot = found
            raise RefusedModule(reasons[slot], None, expression.offset + position)


def _slot_table(slots: Iterable[int]) -> bytes:
    table = bytearray(SEARCH_SLOT_COUNT)
    for slot in slots:
        table[slot] = 1
    return bytes(table)


def _refusal(slot: int, allowed: frozenset[Feature], floats: FloatRule) -> str | None:
    described = SLOTS[slot]
    if described.is_float and floats == "refused":
        return f"floats not allowed: {described.text}"
    if described.feature not in allowed:
        return f"{described.feature.value} not allowed: {described.text}"
    return None
