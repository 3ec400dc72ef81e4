"""Which proposals a module uses, in its instructions and its structure."""

from collections.abc import Iterator

from msgspec import Struct

from contractvm.wasm.structure.module import (
    ConstExpr,
    ElementSegment,
    ExternKind,
    Func,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.opcodes import OPCODES, Feature, OpcodeInfo, slot_of
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.instruction_search import (
    FLOAT_TYPE,
    OTHER_TABLE,
    REFERENCE_TYPE,
    SEARCH_SLOT_COUNT,
    TYPE_INDEX_BLOCK,
    mark_instructions,
)

# Constant instructions that only the extended constants allow.
EXTENDED_CONST_MNEMONICS = frozenset(
    f"{integer}.{operator}"
    for integer in ("i32", "i64")
    for operator in ("add", "sub", "mul")
)


class Slot(Struct, frozen=True):
    """The meaning of one slot of `find_instruction`."""

    text: str
    feature: Feature
    is_float: bool


def _opcode_slot(info: OpcodeInfo) -> Slot:
    val_types = (info.params or ()) + (info.results or ())
    is_float = any(val_type.is_float for val_type in val_types)
    return Slot(info.mnemonic, info.feature, is_float)


SLOTS = {slot_of(info.opcode): _opcode_slot(info) for info in OPCODES} | {
    TYPE_INDEX_BLOCK: Slot("block type by index", Feature.MULTI_VALUE, is_float=False),
    FLOAT_TYPE: Slot("float in a block or select", Feature.MVP, is_float=True),
    REFERENCE_TYPE: Slot(
        "reference in a block or select", Feature.REFERENCE_TYPES, is_float=False
    ),
    OTHER_TABLE: Slot(
        "call_indirect of another table", Feature.REFERENCE_TYPES, is_float=False
    ),
}


class FeatureUse(Struct, frozen=True):
    """One use of a proposal outside of instructions."""

    feature: Feature
    text: str
    func_index: int | None = None


def features_used(module: Module) -> frozenset[Feature]:
    """Every proposal that the module uses; MVP is always one."""
    used = {Feature.MVP}
    used.update(use.feature for use in structural_uses(module))
    in_bodies, in_constants = bytearray(SEARCH_SLOT_COUNT), bytearray(SEARCH_SLOT_COUNT)
    for func in module.funcs:
        mark_instructions(func.code, in_bodies)
    for expression in const_exprs(module):
        mark_instructions(expression.code, in_constants)
    for slot, described in SLOTS.items():
        if in_bodies[slot] or in_constants[slot]:
            used.add(described.feature)
        if in_constants[slot] and described.text in EXTENDED_CONST_MNEMONICS:
            used.add(Feature.EXTENDED_CONST)
    return frozenset(used)


def const_exprs(module: Module) -> Iterator[ConstExpr]:
    """Every constant expression of the module, in the order of the binary format."""
    for entry in module.globals:
        yield entry.init
    for segment in module.elements:
        if segment.offset is not None:
            yield segment.offset
        for item in segment.items:
            if not isinstance(item, int):
                yield item
    for data_segment in module.data_segments:
        if data_segment.offset is not None:
            yield data_segment.offset


def structural_uses(module: Module) -> Iterator[FeatureUse]:
    """What types, tables, globals, locals and segments use beyond the MVP."""
    for type_index, func_type in enumerate(module.types):
        yield from _type_uses(type_index, func_type)
    yield from _table_and_global_uses(module)
    first_index = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first_index):
        yield from _local_uses(func_index, func)
    for segment in module.elements:
        yield from _element_uses(segment)
    if module.has_data_count:
        yield FeatureUse(Feature.BULK_MEMORY, "data count section")
    if any(segment.flags for segment in module.data_segments):
        yield FeatureUse(
            Feature.BULK_MEMORY, "data segment that is passive or explicit"
        )


def _table_and_global_uses(module: Module) -> Iterator[FeatureUse]:
    table_types = module.table_types
    if len(table_types) > 1:
        yield FeatureUse(Feature.REFERENCE_TYPES, "more than one table")
    if any(entry.element_type is not ValType.FUNCREF for entry in table_types):
        yield FeatureUse(Feature.REFERENCE_TYPES, "table of externref")
    if any(entry.val_type.is_reference for entry in module.global_types):
        yield FeatureUse(Feature.REFERENCE_TYPES, "global of a reference type")


def _type_uses(type_index: int, func_type: FuncType) -> Iterator[FeatureUse]:
    if len(func_type.results) > 1:
        text = f"type {type_index} with {len(func_type.results)} results"
        yield FeatureUse(Feature.MULTI_VALUE, text)
    if any(val_type.is_reference for val_type in func_type.params + func_type.results):
        text = f"type {type_index} with a reference"
        yield FeatureUse(Feature.REFERENCE_TYPES, text)


def _local_uses(func_index: int, func: Func) -> Iterator[FeatureUse]:
    if any(val_type.is_reference for _, val_type in func.local_groups):
        text = "local of a reference type"
        yield FeatureUse(Feature.REFERENCE_TYPES, text, func_index)


def _element_uses(segment: ElementSegment) -> Iterator[FeatureUse]:
    if segment.flags:
        text = "element segment that is passive or explicit"
        yield FeatureUse(Feature.BULK_MEMORY, text)
    has_expressions = any(not isinstance(item, int) for item in segment.items)
    is_declarative = segment.mode is SegmentMode.DECLARATIVE
    if has_expressions or is_declarative or segment.table_index:
        text = "element segment with expressions, declarative or of another table"
        yield FeatureUse(Feature.REFERENCE_TYPES, text)
