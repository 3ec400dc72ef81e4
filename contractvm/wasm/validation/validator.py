"""The validator of modules (spec chapter 3); its check of bodies is compiled."""

from msgspec import Struct

from contractvm.errors import ForbiddenProposal, InternalError, InvalidModule
from contractvm.wasm.structure.module import (
    DataSegment,
    ElementSegment,
    ExternKind,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.types import MAX_PAGES, FuncType, Limits, ValType
from contractvm.wasm.validation.body_validator import BodyValidator
from contractvm.wasm.validation.module_context import ModuleContext

NO_LIMIT = 2**64 - 1


class ModuleFacts(Struct, frozen=True):
    """What later stages need to know from validation.

    `operand_heights` has, for each func that the module defines, the greatest height
    of its operand stack in values, including unreachable code.
    """

    operand_heights: tuple[int, ...]


def validate_module(module: Module, max_operand_height: int = NO_LIMIT) -> ModuleFacts:
    """Raise InvalidModule with the first rule that `module` breaks.

    `max_operand_height`, in values, is not a rule of WebAssembly but a limit that the
    specification leaves to implementations (appendix A.2): RefusedModule above it.
    """
    try:
        return _validate(module, max_operand_height)
    except MemoryError as error:
        raise InternalError("no memory to validate a module") from error


def _validate(module: Module, max_operand_height: int) -> ModuleFacts:
    _check_type_indices(module)
    _check_limits(module)
    context = ModuleContext(module)
    validator = BodyValidator(context, max_operand_height)
    global_count = len(module.global_types)
    first_defined = global_count - len(module.globals)
    for index, entry in enumerate(module.globals, first_defined):
        validator.validate_constant(entry.init, entry.type.val_type, index)
    _check_elements(module, context, validator)
    _check_data_segments(module, validator)
    _check_exports(module, context)
    _check_start(module)
    first_index = len(module.imports_of(ExternKind.FUNC))
    return ModuleFacts(validator.validate_funcs(first_index, module.funcs))


def _check_type_indices(module: Module) -> None:
    type_count = len(module.types)
    for func_index, type_index in enumerate(module.func_type_indices):
        if type_index >= type_count:
            raise InvalidModule(f"unknown type {type_index}", func_index)


def _check_limits(module: Module) -> None:
    for table_type in module.table_types:
        _check_range(table_type.limits)
    for memory_type in module.memory_types:
        limits = memory_type.limits
        if max(limits.minimum, limits.maximum or 0) > MAX_PAGES:
            raise InvalidModule("memory size must be at most 65536 pages (4GiB)")
        _check_range(limits)
    if len(module.memory_types) > 1:
        reason = "multiple memories"
        raise ForbiddenProposal(reason, "multi-memory", "a second memory")


def _check_range(limits: Limits) -> None:
    if limits.maximum is not None and limits.minimum > limits.maximum:
        raise InvalidModule("size minimum must not be greater than maximum")


def _check_elements(
    module: Module, context: ModuleContext, validator: BodyValidator
) -> None:
    table_types = module.table_types
    global_count = len(module.global_types)
    func_count = module.func_count
    for segment in module.elements:
        for item in segment.items:
            if not isinstance(item, int):
                validator.validate_constant(item, segment.element_type, global_count)
            elif item >= func_count:
                raise InvalidModule(f"unknown function {item}")
            else:
                context.declare(item)
        if segment.mode is SegmentMode.ACTIVE:
            if segment.table_index >= len(table_types):
                raise InvalidModule(f"unknown table {segment.table_index}")
            table_type = table_types[segment.table_index]
            if table_type.element_type is not segment.element_type:
                raise InvalidModule("type mismatch: elements are not the table's type")
            _check_offset(segment, validator, global_count)


def _check_data_segments(module: Module, validator: BodyValidator) -> None:
    memory_count = len(module.memory_types)
    global_count = len(module.global_types)
    for segment in module.data_segments:
        if segment.mode is SegmentMode.ACTIVE:
            if segment.memory_index >= memory_count:
                raise InvalidModule(f"unknown memory {segment.memory_index}")
            _check_offset(segment, validator, global_count)


def _check_offset(
    segment: ElementSegment | DataSegment, validator: BodyValidator, global_count: int
) -> None:
    if segment.offset is None:
        raise InvalidModule("an active segment needs an offset")
    validator.validate_constant(segment.offset, ValType.I32, global_count)


def _check_exports(module: Module, context: ModuleContext) -> None:
    counts = {
        ExternKind.FUNC: ("function", module.func_count),
        ExternKind.TABLE: ("table", len(module.table_types)),
        ExternKind.MEMORY: ("memory", len(module.memory_types)),
        ExternKind.GLOBAL: ("global", len(module.global_types)),
    }
    names: set[str] = set()
    for export in module.exports:
        word, count = counts[export.kind]
        if export.index >= count:
            raise InvalidModule(f"unknown {word} {export.index}")
        if export.name in names:
            raise InvalidModule("duplicate export name")
        names.add(export.name)
        if export.kind is ExternKind.FUNC:
            context.declare(export.index)


def _check_start(module: Module) -> None:
    if module.start is None:
        return
    type_indices = module.func_type_indices
    if module.start >= len(type_indices):
        raise InvalidModule(f"unknown function {module.start}")
    if module.types[type_indices[module.start]] != FuncType((), ()):
        raise InvalidModule("start function", module.start)
