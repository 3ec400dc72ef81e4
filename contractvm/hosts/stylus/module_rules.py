"""The rules that a module must meet to be activated, and the figures that price it."""

from collections.abc import Mapping
from dataclasses import dataclass

from contractvm.errors import RefusedModule
from contractvm.hosts.stylus.frame_heights import count_operands
from contractvm.hosts.stylus.metering import FRAME_WORDS
from contractvm.hosts.stylus.module_sections import (
    MAX_NAME_BYTES,
    SegmentBytes,
    check_names,
    measure_segments,
)
from contractvm.hosts.stylus.operators import count_operators
from contractvm.hosts.stylus.parameters import (
    LIMITS_IMPORTS,
    StylusParameters,
)
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import (
    ConstExpr,
    ExternKind,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.opcodes import BY_OPCODE, Feature
from contractvm.wasm.structure.types import PAGE_BYTES, FuncType, ValType
from contractvm.wasm.validation.feature_rules import check_features, check_instructions
from contractvm.wasm.validation.validator import validate_module

HOOKS = "vm_hooks"
DEBUG_MODULES = ("console", "debug")
ENTRY, MEMORY, START = "user_entrypoint", "memory", "stylus_start"
ENTRY_TYPE = FuncType((ValType.I32,), (ValType.I32,))
GROW_HOOK = "pay_for_memory_grow"
RESERVED = "stylus"
KEPT_EXPORTS = {
    ENTRY: ExternKind.FUNC,
    START: ExternKind.FUNC,
    MEMORY: ExternKind.MEMORY,
}
FEATURES = frozenset(
    {
        Feature.MVP,
        Feature.SIGN_EXTENSION,
        Feature.SATURATING_CONVERSION,
        Feature.BULK_MEMORY,
    }
)
MULTI_VALUE_UNTIL = 2  # the last version of Stylus that has it
INJECTED_GLOBALS = 4

MAX_IMPORTS = 513
MAX_EXPORTS = 1_024
MAX_PAGES = 128
MAX_GLOBALS = 32_768
MAX_TABLE_ELEMENTS = 4_096
MAX_SEGMENTS = 128
MAX_ELEMENT_BYTES = 4_096
MAX_FUNCS = 4_096
MAX_LOCALS = 348
MAX_OPERATORS = 65_536
MAX_OPERAND_WORDS = 4_096
MAX_FRAME_WORDS = 10_240

HookTypes = Mapping[tuple[str, str], FuncType]


@dataclass(frozen=True, slots=True)
class ProgramFigures:
    """What a module's prices depend on.

    `types` are the parameters and results of all funcs that it defines, `global_count`
    includes the four that instrumentation adds, `segment_bytes` are encoded.
    """

    wasm_bytes: int
    funcs: int
    types: int
    global_count: int
    segment_bytes: int
    payload_bytes: int
    element_bytes: int
    pages: int
    operators: int
    frames: tuple[int, ...]


def check_program(
    wasm: bytes,
    hooks: HookTypes,
    parameters: StylusParameters,
    pages_open: int = 0,
) -> ProgramFigures:
    """The figures of a module that Stylus accepts.

    `hooks` are the types of all host functions. Raises MalformedModule, InvalidModule,
    or RefusedModule with the rule that it breaks, the func and the operator.
    """
    if len(wasm) > parameters.max_wasm_bytes:
        most = parameters.max_wasm_bytes
        raise RefusedModule(f"{len(wasm)} bytes of module, {most} allowed")
    module = decode_module(wasm)
    _check_counts(module)
    features = FEATURES
    if parameters.version <= MULTI_VALUE_UNTIL:
        features |= {Feature.MULTI_VALUE}
    check_features(module, features)
    check_instructions(module, features, "permitted")
    validate_module(module)
    _check_imports(module, hooks, parameters)
    _check_exports(module, parameters)
    _check_entry(module, parameters)
    _check_memory(module, parameters, pages_open)
    _check_constants(module)
    segments = measure_segments(wasm)
    _check_segments(module, segments)
    check_names(module)
    operators = _check_operators(module)
    frames = _check_frames(module)
    type_indices = [func.type_index for func in module.funcs]
    counts = [
        len(entry.params) + len(entry.results)
        for entry in (module.types[index] for index in type_indices)
    ]
    return ProgramFigures(
        wasm_bytes=len(wasm),
        funcs=len(module.funcs),
        types=sum(counts),
        global_count=len(module.globals) + INJECTED_GLOBALS,
        segment_bytes=sum(segments.elements) + sum(segments.data),
        payload_bytes=sum(len(entry.payload) for entry in module.data_segments),
        element_bytes=sum(segments.elements),
        pages=module.memories[0].limits.minimum,
        operators=operators,
        frames=frames,
    )


def _at_most(what: str, count: int, most: int, func_index: int | None = None) -> None:
    if count > most:
        raise RefusedModule(f"{count} {what}, {most} allowed", func_index)


def _check_counts(module: Module) -> None:
    """The sizes first: they bound the time of everything else."""
    _at_most("funcs", len(module.funcs), MAX_FUNCS)
    first = len(module.imports_of(ExternKind.FUNC))
    for func_index, func in enumerate(module.funcs, first):
        _at_most("locals", func.local_count, MAX_LOCALS, func_index)
    count = len(module.globals) + INJECTED_GLOBALS
    _at_most("globals, with those of instrumentation", count, MAX_GLOBALS)
    elements = sum(entry.limits.minimum for entry in module.table_types)
    _at_most("table elements", elements, MAX_TABLE_ELEMENTS)
    _at_most("tables", len(module.table_types), 1)
    _at_most("element segments", len(module.elements), MAX_SEGMENTS)
    _at_most("data segments", len(module.data_segments), MAX_SEGMENTS)


def _check_imports(
    module: Module, hooks: HookTypes, parameters: StylusParameters
) -> None:
    if parameters.arbos >= LIMITS_IMPORTS:
        _at_most("imports", len(module.imports), MAX_IMPORTS)
    seen: dict[tuple[str, str], object] = {}
    for entry in module.imports:
        key = (entry.module, entry.name)
        place = f"import {entry.module}.{entry.name}"
        if not isinstance(entry.description, int):
            raise RefusedModule(f"{place}: a {entry.kind.name.lower()}, not a func")
        is_known = entry.module == HOOKS or (
            entry.module in DEBUG_MODULES and parameters.is_debug
        )
        if not is_known or key not in hooks or entry.name.startswith(RESERVED):
            raise RefusedModule(f"{place}: no such host function")
        found = module.types[entry.description]
        if found != hooks[key]:
            raise RefusedModule(
                f"{place}: func type {hooks[key]} required, {found} found"
            )
        if seen.setdefault(key, entry.description) != entry.description:
            raise RefusedModule(f"{place}: imported with two types")


def _check_exports(module: Module, parameters: StylusParameters) -> None:
    imported = {entry.name for entry in module.imports}
    for export in module.exports:
        _at_most("bytes in a name", len(export.name.encode()), MAX_NAME_BYTES)
        last = export.name.rpartition("__")[2]
        if last in imported:
            raise RefusedModule(
                f"export {export.name}: has the name of an imported func"
            )
        if last.startswith(RESERVED):
            raise RefusedModule(f"export {export.name}: begins with {RESERVED}")
    kept = [
        entry
        for entry in module.exports
        if parameters.is_debug or KEPT_EXPORTS.get(entry.name) is entry.kind
    ]
    _at_most("exports", len(kept), MAX_EXPORTS)


def _check_entry(module: Module, parameters: StylusParameters) -> None:
    if module.start is not None and not parameters.is_debug:
        raise RefusedModule("start function not allowed", module.start)
    for export in module.exports:
        if export.name == ENTRY and export.kind is ExternKind.FUNC:
            found = module.types[module.func_type_indices[export.index]]
            if found != ENTRY_TYPE:
                reason = f"export {ENTRY}: func type {ENTRY_TYPE} required"
                raise RefusedModule(f"{reason}, {found} found", export.index)
            return
    raise RefusedModule(f"export {ENTRY}: missing, func type {ENTRY_TYPE} required")


def _check_memory(
    module: Module, parameters: StylusParameters, pages_open: int
) -> None:
    if len(module.memories) != 1:
        raise RefusedModule(f"{len(module.memories)} memories, 1 required")
    if not any(
        entry.name == MEMORY and entry.kind is ExternKind.MEMORY
        for entry in module.exports
    ):
        raise RefusedModule(f"export {MEMORY}: missing, memory required")
    limits = module.memories[0].limits
    most = min(MAX_PAGES, max(0, parameters.page_limit - pages_open))
    _at_most("initial pages of memory", limits.minimum, most)
    if limits.maximum != limits.minimum and not any(
        entry.name == GROW_HOOK for entry in module.imports
    ):
        raise RefusedModule(f"memory can grow without the import {HOOKS}.{GROW_HOOK}")


def _check_constants(module: Module) -> None:
    for index, entry in enumerate(module.globals):
        if _constant(entry.init) is None:
            raise RefusedModule(f"global {index}: its value is not one constant")


def _constant(expression: ConstExpr) -> int | None:
    """What one `const` gives, None for another expression."""
    found = list(instructions(expression.code))
    if len(found) != 2 or not BY_OPCODE[found[0][0]].mnemonic.endswith(".const"):
        return None
    return found[0][1]


def _check_segments(module: Module, segments: SegmentBytes) -> None:
    _at_most("bytes of element segments", sum(segments.elements), MAX_ELEMENT_BYTES)
    table_size = sum(entry.limits.minimum for entry in module.table_types)
    for index, element in enumerate(module.elements):
        if element.mode is SegmentMode.ACTIVE:
            place = f"element segment {index}"
            _check_range(place, element.offset, len(element.items), table_size)
    memory_bytes = module.memories[0].limits.minimum * PAGE_BYTES
    for index, data in enumerate(module.data_segments):
        if data.mode is SegmentMode.ACTIVE:
            place = f"data segment {index}"
            _check_range(place, data.offset, len(data.payload), memory_bytes)


def _check_range(
    place: str, expression: ConstExpr | None, length: int, size: int
) -> None:
    offset = None if expression is None else _constant(expression)
    if offset is None:
        raise RefusedModule(f"{place}: its offset is not one constant")
    start = offset & 0xFFFF_FFFF
    if start + length > size:
        raise RefusedModule(f"{place}: {start} to {start + length}, beyond {size}")


def _check_operators(module: Module) -> int:
    first = len(module.imports_of(ExternKind.FUNC))
    limits = module.memories[0].limits
    total = 0
    for func_index, func in enumerate(module.funcs, first):
        counts = count_operators(func, func_index)
        count = counts.instrumented(can_grow=limits.minimum != limits.maximum)
        what = "operators after instrumentation"
        _at_most(what, count, MAX_OPERATORS, func_index)
        total += count
    return total


def _check_frames(module: Module) -> tuple[int, ...]:
    first = len(module.imports_of(ExternKind.FUNC))
    frames = []
    operands = zip(module.funcs, count_operands(module), strict=True)
    for func_index, (func, words) in enumerate(operands, first):
        frame = words + func.local_count + FRAME_WORDS
        _at_most("words of operands", words, MAX_OPERAND_WORDS, func_index)
        _at_most("words of a frame", frame, MAX_FRAME_WORDS, func_index)
        frames.append(frame)
    return tuple(frames)
