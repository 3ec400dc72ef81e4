"""The second engine: wasmtime, which compiles modules, for compute-heavy contracts."""

import ctypes
import warnings
from collections.abc import Callable, Mapping
from ctypes import POINTER, byref
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import wasmtime
from msgspec import structs
from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.errors import InternalError, LinkError
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.interface import MAX_TABLE_ELEMENTS, CodeOrigin, Extern
from contractvm.wasm.engines.wasmtime.code_cache import (
    CacheRefused,
    CodeCache,
    default_cache,
)
from contractvm.wasm.engines.wasmtime.compile_process import (
    CompileLimits,
    CompileProcess,
)
from contractvm.wasm.engines.wasmtime.compiler import Compiler, origin_facts
from contractvm.wasm.engines.wasmtime.epoch_ticker import EpochTicker
from contractvm.wasm.engines.wasmtime.host_call_slot import NOTE_HOST_CALL
from contractvm.wasm.engines.wasmtime.instance import ExportedType, WasmtimeInstance
from contractvm.wasm.engines.wasmtime.kept_modules import (
    KeptExport,
    KeptModule,
    keep_module,
)
from contractvm.wasm.engines.wasmtime.store import NO_FINALIZER, GuestStore
from contractvm.wasm.engines.wasmtime.values import kinds_of
from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import (
    PAGE_BYTES,
    FuncType,
    GlobalType,
    TableType,
    ValType,
)


@dataclass(frozen=True, slots=True)
class WasmtimeModule:
    """A module compiled by wasmtime and linked to the host funcs by their numbers.

    `wasm` gives what was compiled.
    """

    wasm: Callable[[], bytes]
    template: "InstanceTemplate | None"
    imports: tuple[tuple[tuple[str, str], FuncType | None], ...]
    result_kinds: tuple[bytes, ...]
    export_types: Mapping[str, ExportedType]


class InstanceTemplate:
    """wasmtime's `InstancePre`: imports are checked, instances can be made."""

    def __init__(self, linker: Any, module: wasmtime.Module) -> None:
        self.pointer = POINTER(bindings.wasmtime_instance_pre_t)()
        check(
            bindings.wasmtime_linker_instantiate_pre(
                linker, module.ptr(), byref(self.pointer)
            )
        )

    def __del__(self) -> None:
        # As the process ends, modules may be gone before what was made of them.
        if self.pointer and bindings is not None:
            bindings.wasmtime_instance_pre_delete(self.pointer)


class WasmtimeEngine:
    """Compiles to machine code. Calls run on stacks of their own and suspend there."""

    name = "wasmtime"

    def __init__(
        self,
        cache: CodeCache | None = None,
        limits: CompileLimits | None = None,
        process: CompileProcess | None = None,
    ) -> None:
        """Compile in `process`, by default the one that all engines share."""
        self._compiler = Compiler(cache, limits, process)
        self._cache = cache
        self._engine = self._compiler.engine
        self._ticker = EpochTicker(self._engine.increment_epoch)

    def compile(
        self,
        module: Module,
        operand_heights: tuple[int, ...],  # noqa: ARG002 - other engines need it
        origin: CodeOrigin | None = None,
    ) -> WasmtimeModule:
        """Compile to machine code, linked to host funcs that are bound later."""
        types = imported_types(module)
        wasm = encoded(module)
        template = None
        if None not in types:
            template = self._template(self._compiler.compile(wasm, origin), types)
        names = [(entry.module, entry.name) for entry in module.imports]
        return WasmtimeModule(
            wasm=lambda: wasm,
            template=template,
            imports=tuple(zip(names, types, strict=True)),
            result_kinds=result_kinds_of(types),
            export_types=exported_types(module),
        )

    def keep(
        self,
        key: Mapping[str, str],
        module: WasmtimeModule,
        origin: CodeOrigin,
        note: bytes,
    ) -> None:
        """Keep a description of a compiled module next to its code.

        `kept_modules` finds it under the same key, with the note. Without a cache it
        does nothing.
        """
        if self._cache is None:
            return
        exports = tuple(
            kept_export(name, exported)
            for name, exported in module.export_types.items()
        )
        kept = KeptModule(
            code=origin_facts(module.wasm(), origin),
            imports=tuple((*name, kind) for name, kind in module.imports),
            exports=exports,
            note=note,
        )
        keep_module(self._cache, key, kept)

    def restore(
        self, kept: KeptModule, instrumented: Callable[[], Module]
    ) -> WasmtimeModule | None:
        """A module as it was compiled; None if its code is no longer in the cache.

        `instrumented` gives the instrumented module, which only some traps need.
        """
        code = self._compiler.find(kept.code)
        if code is None:
            return None
        types = tuple(kind for _, _, kind in kept.imports)
        return WasmtimeModule(
            wasm=cache(lambda: encoded(instrumented())),
            template=self._template(code, types),
            imports=tuple(((place, name), kind) for place, name, kind in kept.imports),
            result_kinds=result_kinds_of(types),
            export_types={
                one.name: ExportedType(one.kind, one.func or one.table or one.variable)
                for one in kept.exports
            },
        )

    def instantiate(
        self,
        compiled: WasmtimeModule,
        imports: Mapping[tuple[str, str], Extern],
        *,
        max_memory_pages: int,
        max_table_elements: int = MAX_TABLE_ELEMENTS,
        context: object = None,
    ) -> WasmtimeInstance:
        """Make an instance in its own store.

        Only host funcs can be imported; anything else is a LinkError.
        """
        host_funcs = [
            checked_import(key, func_type, imports.get(key))
            for key, func_type in compiled.imports
        ]
        store = GuestStore(
            self._engine,
            self._ticker,
            host_funcs,
            compiled.result_kinds,
            compiled.wasm,
        )
        store.host_context = context
        store.set_limits(max_memory_pages * PAGE_BYTES, max_table_elements)
        handle = ffi.wasmtime_instance_t()
        template = compiled.template
        if template is None:
            raise InternalError("a module that cannot be linked was linked")
        call = store.begin(
            lambda trap, error: bindings.wasmtime_instance_pre_instantiate_async(
                template.pointer, store.context, byref(handle), trap, error
            ),
            handle,
            template,
        )
        if store.proceed(call) is not None:
            raise InternalError("a host func suspended where nobody resumes")
        return WasmtimeInstance(store, handle, compiled.export_types)

    def _template(
        self, module: wasmtime.Module, types: tuple[FuncType | None, ...]
    ) -> InstanceTemplate:
        linker = bindings.wasmtime_linker_new(self._engine.ptr())
        try:
            for number, func_type in enumerate(types):
                if func_type is not None:
                    define_host_func(linker, number, func_type)
            return InstanceTemplate(linker, module)
        finally:
            bindings.wasmtime_linker_delete(linker)


def make_wasmtime_engine(process: CompileProcess | None = None) -> WasmtimeEngine:
    """The engine with the user's cache; warns if the cache is refused."""
    try:
        kept = default_cache()
    except CacheRefused as refusal:
        warnings.warn(str(refusal), stacklevel=2)
        kept = None
    return WasmtimeEngine(kept, process=process)


NOTE_HOST_CALL_FUNCTION = bindings.wasmtime_func_async_callback_t(NOTE_HOST_CALL)
VAL_TYPES = {
    ValType.I32: wasmtime.ValType.i32,
    ValType.I64: wasmtime.ValType.i64,
    ValType.F32: wasmtime.ValType.f32,
    ValType.F64: wasmtime.ValType.f64,
    ValType.FUNCREF: wasmtime.ValType.funcref,
    ValType.EXTERNREF: wasmtime.ValType.externref,
}


def define_host_func(linker: Any, number: int, func_type: FuncType) -> None:
    """Tell the linker that import `number` is a host func."""
    name = str(number).encode()
    their_type = wasmtime.FuncType(
        [VAL_TYPES[val_type]() for val_type in func_type.params],
        [VAL_TYPES[val_type]() for val_type in func_type.results],
    )
    check(
        bindings.wasmtime_linker_define_async_func(
            linker,
            b"",
            0,
            name,
            len(name),
            their_type.ptr(),
            NOTE_HOST_CALL_FUNCTION,
            ctypes.c_void_p(number),
            NO_FINALIZER,
        )
    )


def check(error: Any) -> None:
    """Raise InternalError for an error of wasmtime's linker."""
    if error:
        raise InternalError(f"wasmtime: {wasmtime.WasmtimeError._from_ptr(error)}")


def encoded(module: Module) -> bytes:
    """The module as wasmtime gets it."""
    renamed = replace(
        module,
        # Two imports may have one name; numbers are unique.
        imports=tuple(
            structs.replace(entry, module="", name=str(number))
            for number, entry in enumerate(module.imports)
        ),
        custom_sections=(),
    )
    return encode_module(renamed)


def result_kinds_of(types: tuple[FuncType | None, ...]) -> tuple[bytes, ...]:
    """wasmtime's kinds of the results of each import, none where it is no func."""
    return tuple(kinds_of(() if kind is None else kind.results) for kind in types)


def kept_export(name: str, exported: ExportedType) -> KeptExport:
    """An export as it is kept."""
    kind = exported.type
    return KeptExport(
        name,
        exported.kind,
        func=kind if isinstance(kind, FuncType) else None,
        table=kind if isinstance(kind, TableType) else None,
        variable=kind if isinstance(kind, GlobalType) else None,
    )


def imported_types(module: Module) -> tuple[FuncType | None, ...]:
    """The type of each import, None if it is not a func."""
    return tuple(
        module.types[entry.description] if isinstance(entry.description, int) else None
        for entry in module.imports
    )


def exported_types(module: Module) -> dict[str, ExportedType]:
    """What each export is."""
    func_types = module.func_type_indices
    found: dict[str, ExportedType] = {}
    for export in module.exports:
        described: Any = None
        if export.kind is ExternKind.FUNC:
            described = module.types[func_types[export.index]]
        elif export.kind is ExternKind.TABLE:
            described = module.table_types[export.index]
        elif export.kind is ExternKind.GLOBAL:
            described = module.global_types[export.index]
        found[export.name] = ExportedType(export.kind, described)
    return found


def checked_import(
    key: tuple[str, str], wanted: FuncType | None, extern: Extern | None
) -> HostFunc:
    """The host func that an import asks for."""
    if extern is None:
        raise LinkError(*key, "unknown import")
    if wanted is None or not isinstance(extern, HostFunc):
        raise LinkError(*key, "the engine wasmtime can import host funcs only")
    if extern.func_type != wanted:
        raise LinkError(*key, "incompatible import type")
    return extern
