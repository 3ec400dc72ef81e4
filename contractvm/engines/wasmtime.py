"""The second engine: wasmtime, which compiles modules, for heavy work."""

import ctypes
from collections.abc import Mapping
from ctypes import POINTER, byref
from dataclasses import dataclass, replace
from typing import Any

import wasmtime
from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.binary.encoder import encode_module
from contractvm.engines.epoch_ticker import EpochTicker
from contractvm.engines.interface import Extern
from contractvm.engines.wasmtime_instance import ExportedType, WasmtimeInstance
from contractvm.engines.wasmtime_store import NO_FINALIZER, GuestStore, call_host
from contractvm.errors import InternalError, LinkError
from contractvm.execution.instance import HostFunc
from contractvm.execution.store import MAX_TABLE_ELEMENTS
from contractvm.structure.module import ExternKind, Module
from contractvm.structure.types import PAGE_BYTES, FuncType, ValType

# Native stack that the code of one call may use: a thousand bytes for each value of the
# counted stack height. Without the optimiser, code was seen to use 24 bytes at most;
# what is not touched is not committed.
MAX_STACK_BYTES = 64 << 20
# Beyond that, for the host funcs, which run on the same stack.
HOST_STACK_BYTES = 4 << 20
# Address space for a memory, so that it grows without being moved.
RESERVED_BYTES = 1 << 30

SETTINGS: dict[str, object] = {
    # The optimiser keeps values alive across calls that the code does not name, 670
    # bytes for each value of the counted height were seen: it would leave the native
    # stack without a bound. With it code takes 0.8 of the time.
    "cranelift_opt_level": "none",
    # Code looks up now and then, so that a signal can end it; costs 7 % of the time.
    "epoch_interruption": True,
    "memory_reservation": RESERVED_BYTES,
    "memory_reservation_for_growth": RESERVED_BYTES,
    # Bounds are checked by code: with guard pages each memory would take 4 GiB.
    "memory_guard_size": 0,
    # Otherwise each compiled module that has data keeps a file open.
    "memory_init_cow": False,
    "max_wasm_stack": MAX_STACK_BYTES,
}


@dataclass(frozen=True, slots=True)
class WasmtimeModule:
    """A module compiled by wasmtime and linked to the host funcs by their numbers.

    `wasm` is what was compiled.
    """

    wasm: bytes
    template: "InstanceTemplate | None"
    imports: tuple[tuple[tuple[str, str], FuncType | None], ...]
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
        if self.pointer:
            bindings.wasmtime_instance_pre_delete(self.pointer)


class WasmtimeEngine:
    """Compiles to machine code. Calls run on stacks of their own and suspend there."""

    name = "wasmtime"

    def __init__(self) -> None:
        config = wasmtime.Config()
        for setting, value in SETTINGS.items():
            setattr(config, setting, value)
        bindings.wasmtime_config_async_stack_size_set(
            config.ptr(), MAX_STACK_BYTES + HOST_STACK_BYTES
        )
        self._engine = wasmtime.Engine(config)
        self._ticker = EpochTicker(self._engine.increment_epoch)

    def compile(
        self,
        module: Module,
        operand_heights: tuple[int, ...],  # noqa: ARG002 - of use to others
    ) -> WasmtimeModule:
        """Compile to machine code, and link to host funcs that are bound later."""
        types = imported_types(module)
        renamed = replace(
            module,
            # Two imports may have one name; numbers are unique.
            imports=tuple(
                replace(entry, module="", name=str(number))
                for number, entry in enumerate(module.imports)
            ),
            custom_sections=(),
        )
        wasm = encode_module(renamed)
        template = None
        if None not in types:
            template = self._template(wasm, types)
        names = [(entry.module, entry.name) for entry in module.imports]
        return WasmtimeModule(
            wasm=wasm,
            template=template,
            imports=tuple(zip(names, types, strict=True)),
            export_types=exported_types(module),
        )

    def instantiate(
        self,
        compiled: WasmtimeModule,
        imports: Mapping[tuple[str, str], Extern],
        *,
        max_memory_pages: int,
    ) -> WasmtimeInstance:
        """Make an instance in a store of its own.

        Host funcs are all that can be imported; anything else is a LinkError.
        """
        host_funcs = [
            checked_import(key, func_type, imports.get(key))
            for key, func_type in compiled.imports
        ]
        store = GuestStore(self._engine, self._ticker, host_funcs, compiled.wasm)
        store.set_limits(max_memory_pages * PAGE_BYTES, MAX_TABLE_ELEMENTS)
        handle = ffi.wasmtime_instance_t()
        template = compiled.template
        if template is None:
            raise InternalError("a module that cannot be linked was linked")
        store.begin(
            lambda trap, error: bindings.wasmtime_instance_pre_instantiate_async(
                template.pointer, store.context, byref(handle), trap, error
            ),
            handle,
            template,
        )
        if store.proceed() is not None:
            raise InternalError("a host func suspended where nobody resumes")
        return WasmtimeInstance(store, handle, compiled.export_types)

    def _template(
        self, wasm: bytes, types: tuple[FuncType | None, ...]
    ) -> InstanceTemplate:
        try:
            module = wasmtime.Module(self._engine, wasm)
        except wasmtime.WasmtimeError as error:
            # It is valid and inside the profile, or it would not be here.
            raise InternalError(f"wasmtime does not compile it: {error}") from None
        linker = bindings.wasmtime_linker_new(self._engine.ptr())
        try:
            for number, func_type in enumerate(types):
                if func_type is not None:
                    define_host_func(linker, number, func_type)
            return InstanceTemplate(linker, module)
        finally:
            bindings.wasmtime_linker_delete(linker)


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
            call_host,
            ctypes.c_void_p(number),
            NO_FINALIZER,
        )
    )


def check(error: Any) -> None:
    """Raise InternalError for an error of wasmtime's linker."""
    if error:
        raise InternalError(f"wasmtime: {wasmtime.WasmtimeError._from_ptr(error)}")


def imported_types(module: Module) -> tuple[FuncType | None, ...]:
    """The type of each import, None for what is no func."""
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
