"""The profile: which valid modules we accept. Data, made by each host interface."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from contractvm.errors import RefusedModule
from contractvm.wasm.structure.module import ExternKind, Import, Module
from contractvm.wasm.structure.opcodes import Feature
from contractvm.wasm.structure.types import MAX_PAGES, FuncType
from contractvm.wasm.validation.feature_rules import (
    FloatRule,
    check_features,
    check_float_types,
    check_instructions,
)


@dataclass(frozen=True, slots=True)
class SizeLimits:
    """The largest module that a profile accepts; the limits are inclusive.

    The defaults are those that WebAssembly engines share, so that no module passes
    here and fails in another engine for its size. `max_operand_height`, in values, is
    this project's: a call pushes up to a thousand values with two bytes of code, each
    costs memory when an engine compiles it, and no more can be in use under the default
    stack limit of instrumentation. `validate_module` checks it, since only validation
    knows heights.
    """

    max_module_bytes: int = 1_073_741_824
    max_types: int = 1_000_000
    max_params: int = 1_000
    max_results: int = 1_000
    max_imports: int = 1_000_000
    max_exports: int = 1_000_000
    max_funcs: int = 1_000_000
    max_body_bytes: int = 7_654_321
    max_locals_per_func: int = 50_000
    max_operand_height: int = 65_536
    max_globals: int = 1_000_000
    max_tables: int = 100
    max_table_elements: int = 10_000_000
    max_memory_pages: int = MAX_PAGES
    max_element_segments: int = 100_000
    max_data_segments: int = 100_000


@dataclass(frozen=True, slots=True)
class Profile:
    """Which valid modules are accepted.

    `imports` are the host functions that a module may import, None for any; `exports`
    is what it must export, None for anything, and `allows_more_exports` says whether it
    may export more; with `drops_more_exports` such exports are left out. `floats` is
    "refused" (no float type or instruction anywhere), "canonical" (made deterministic
    by instrumentation), "canonical but converted" (the same, but `demote` and `promote`
    keep the sign and payload of a NaN) or "permitted" (whoever checked the module
    allowed no float arithmetic).
    """

    name: str
    features: frozenset[Feature] = frozenset(Feature)
    floats: FloatRule = "refused"
    sizes: SizeLimits = field(default_factory=SizeLimits)
    imports: Mapping[tuple[str, str], FuncType] | None = None
    exports: Mapping[str, ExternKind | FuncType] | None = None
    allows_more_exports: bool = False
    drops_more_exports: bool = False
    allows_start: bool = True


def check_module_bytes(data: bytes | bytearray, profile: Profile) -> None:
    """Raise RefusedModule for too many bytes; to be called before decoding."""
    _check_size("bytes", len(data), profile.sizes.max_module_bytes)


def check_profile(module: Module, profile: Profile) -> None:
    """Raise RefusedModule with the first rule of `profile` that `module` breaks.

    Needs a decoded module, not a validated one.
    """
    if module.start is not None and not profile.allows_start:
        raise RefusedModule("start function not allowed", module.start)
    check_sizes(module, profile.sizes)
    _check_imports(module, profile)
    _check_exports(module, profile)
    check_features(module, profile.features)
    if profile.floats == "refused":
        check_float_types(module)
    check_instructions(module, profile.features, profile.floats)


def without_dropped_exports(module: Module, profile: Profile) -> Module:
    """The module with the exports that the profile keeps."""
    if not profile.drops_more_exports or profile.exports is None:
        return module
    kept = tuple([entry for entry in module.exports if entry.name in profile.exports])
    return replace(module, exports=kept)


def _check_size(
    what: str, size: int, maximum: int, func_index: int | None = None
) -> None:
    if size > maximum:
        raise RefusedModule(f"{size} {what}, {maximum} allowed", func_index)


def check_sizes(module: Module, sizes: SizeLimits) -> None:
    """Raise RefusedModule for the first size above its limit.

    The size checks of `check_profile`, to run before validation because they bound its
    cost.
    """
    for what, size, maximum in (
        ("types", len(module.types), sizes.max_types),
        ("imports", len(module.imports), sizes.max_imports),
        ("exports", len(module.exports), sizes.max_exports),
        ("funcs", len(module.funcs), sizes.max_funcs),
        ("globals", len(module.globals), sizes.max_globals),
        ("tables", len(module.table_types), sizes.max_tables),
        ("element segments", len(module.elements), sizes.max_element_segments),
        ("data segments", len(module.data_segments), sizes.max_data_segments),
    ):
        _check_size(what, size, maximum)
    for func_type in module.types:
        _check_size("params", len(func_type.params), sizes.max_params)
        _check_size("results", len(func_type.results), sizes.max_results)
    for table_type in module.table_types:
        elements = table_type.limits.minimum
        _check_size("table elements", elements, sizes.max_table_elements)
    for memory_type in module.memory_types:
        pages = memory_type.limits.minimum
        _check_size("memory pages", pages, sizes.max_memory_pages)
    for func_index, func in enumerate(module.funcs, _first_defined(module)):
        _check_size("locals", func.local_count, sizes.max_locals_per_func, func_index)
        _check_size("body bytes", len(func.code), sizes.max_body_bytes, func_index)


def _first_defined(module: Module) -> int:
    """The func index of the first func that the module defines."""
    return len(module.imports_of(ExternKind.FUNC))


def _func_type(module: Module, type_index: int) -> FuncType | None:
    return module.types[type_index] if type_index < len(module.types) else None


def _check_imports(module: Module, profile: Profile) -> None:
    if profile.imports is None:
        return
    for entry in module.imports:
        fault = _import_fault(module, entry, profile.imports)
        if fault:
            raise RefusedModule(f"import {entry.module}.{entry.name}: {fault}")


def _import_fault(
    module: Module, entry: Import, allowed: Mapping[tuple[str, str], FuncType]
) -> str | None:
    required = allowed.get((entry.module, entry.name))
    if required is None:
        return "no such host function"
    if not isinstance(entry.description, int):
        return f"func required, {entry.kind.name.lower()} found"
    found = _func_type(module, entry.description)
    if found != required:
        return f"func type {required} required, {found} found"
    return None


def _check_exports(module: Module, profile: Profile) -> None:
    if profile.exports is None:
        return
    found = {export.name: export for export in module.exports}
    for name, required in profile.exports.items():
        if name not in found:
            raise RefusedModule(f"export {name}: missing, {_required(required)}")
        export = found[name]
        fits = export.kind is required
        if isinstance(required, FuncType):
            fits = (
                export.kind is ExternKind.FUNC
                and _exported_func_type(module, export.index) == required
            )
        if not fits:
            raise RefusedModule(f"export {name}: {_required(required)}")
    if profile.allows_more_exports or profile.drops_more_exports:
        return
    for export in module.exports:
        if export.name not in profile.exports:
            raise RefusedModule(f"export {export.name}: not allowed")


def _required(required: ExternKind | FuncType) -> str:
    if isinstance(required, FuncType):
        return f"func type {required} required"
    return f"{required.name.lower()} required"


def _exported_func_type(module: Module, func_index: int) -> FuncType | None:
    type_indices = module.func_type_indices
    if func_index >= len(type_indices):
        return None
    return _func_type(module, type_indices[func_index])
