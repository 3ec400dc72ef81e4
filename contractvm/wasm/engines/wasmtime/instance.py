"""A module instance in wasmtime, with its exports as host code uses them."""

import ctypes
from collections.abc import Mapping
from ctypes import byref
from dataclasses import dataclass
from typing import Any

from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.errors import InternalError
from contractvm.wasm.engines.memory_digest import digest_content
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.engines.wasmtime.host_call_slot import GlobalNumber, MemoryBytes
from contractvm.wasm.engines.wasmtime.store import GuestStore, StoreCall
from contractvm.wasm.engines.wasmtime.trap_stack import TrapStack
from contractvm.wasm.engines.wasmtime.values import (
    get_values,
    kinds_of,
    make_places,
    put_arguments,
)
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.structure.types import PAGE_BYTES, FuncType, GlobalType, TableType

# A memoryview of memory that is there as long as nobody runs the instance.
view_of = ctypes.PYFUNCTYPE(
    ctypes.py_object, ctypes.c_void_p, ctypes.c_ssize_t, ctypes.c_int
)(("PyMemoryView_FromMemory", ctypes.pythonapi))
PYBUF_READ = 0x100


class CompiledMemory:
    """The memory of an instance."""

    def __init__(self, store: GuestStore, handle: Any) -> None:
        self._claim = store.claim
        self._bytes = MemoryBytes(store, store.context, handle)

    @property
    def size_bytes(self) -> int:
        """The present size."""
        with self._claim:
            return self._bytes.size()

    @property
    def pages(self) -> int:
        """The present size in pages."""
        return self.size_bytes // PAGE_BYTES

    def read(self, address: int, length: int) -> bytes:
        """Return `length` bytes from `address` on; Trap unless all are inside."""
        with self._claim:
            return self._bytes.read(address, length)

    def write(self, address: int, data: bytes) -> None:
        """Write all of `data` at `address`, or Trap and write nothing."""
        with self._claim:
            self._bytes.write(address, data)

    def digest(self) -> bytes:
        """A hash of the whole content and its size, the same as the interpreter's."""
        with self._claim:
            base = self._bytes.address()
            return digest_content(view_of(base, self._bytes.size(), PYBUF_READ))


class CompiledGlobal:
    """A global of an instance."""

    def __init__(self, store: GuestStore, handle: Any, global_type: GlobalType) -> None:
        self._claim = store.claim
        kind = kinds_of((global_type.val_type,))
        self._number = GlobalNumber(store, store.context, handle, kind)
        self.global_type = global_type

    @property
    def value(self) -> Any:
        """The present value, unsigned, or a float's bits."""
        with self._claim:
            return self._number.get()

    @value.setter
    def value(self, value: Any) -> None:
        with self._claim:
            self._number.set(value)


class CompiledTable:
    """A table of an instance; this engine shows only its size."""

    def __init__(self, store: GuestStore, handle: Any, table_type: TableType) -> None:
        self._store = store
        self._handle = byref(handle)
        self.table_type = table_type

    @property
    def size(self) -> int:
        """The present number of elements."""
        with self._store.claim:
            return int(bindings.wasmtime_table_size(self._store.context, self._handle))


@dataclass(frozen=True, slots=True)
class CompiledFunc:
    """A func of an instance; `WasmtimeInstance.start` calls it by its export's name."""

    store: GuestStore
    handle: Any
    func_type: FuncType


Extern = CompiledFunc | CompiledTable | CompiledMemory | CompiledGlobal


@dataclass(frozen=True, slots=True)
class ExportedType:
    """The kind and type of an export; `type` is None for a memory."""

    kind: ExternKind
    type: FuncType | TableType | GlobalType | None


class WasmtimeInstance:
    """An instance in its own store."""

    def __init__(
        self, store: GuestStore, handle: Any, export_types: Mapping[str, ExportedType]
    ) -> None:
        self.store = store
        self._handle = handle
        self._export_types = export_types
        self._exports: dict[str, Any] = {}

    @property
    def exports(self) -> dict[str, Any]:
        """The exports, in the module's order."""
        return {name: self.export(name) for name in self._export_types}

    def export(self, name: str) -> Any:
        """One export, made on first use; KeyError if there is none."""
        found = self._exports.get(name)
        if found is None:
            found = self._exports[name] = self._make(name, self._export_types[name])
        return found

    @property
    def stop_flag(self) -> StopFlag | None:
        """What ends its calls; None if nothing does."""
        return self.store.stop_flag

    @stop_flag.setter
    def stop_flag(self, flag: StopFlag | None) -> None:
        self.store.stop_flag = flag

    @property
    def stopped_at(self) -> TrapStack | None:
        """Where a call was that did not return; None if none is noted."""
        return self.store.stopped_at

    def forget_stop(self) -> None:
        """Note where the next call stops that does not return."""
        self.store.stopped_at = None

    def start(self, name: str, *arguments: int) -> "WasmtimeExecution":
        """Return an execution, not yet begun, of an exported func; KeyError if none.

        Of the executions that have begun, only the last one can continue.
        """
        func = self.export(name)
        if not isinstance(func, CompiledFunc):
            raise KeyError(name)
        return WasmtimeExecution(func, arguments)

    def _make(self, name: str, exported: ExportedType) -> Extern:
        place = ffi.wasmtime_extern_t()
        text = name.encode()
        with self.store.claim:
            is_known = bindings.wasmtime_instance_export_get(
                self.store.context, byref(self._handle), text, len(text), byref(place)
            )
        if not is_known:
            raise InternalError(f"wasmtime knows no export {name}")
        if isinstance(exported.type, FuncType):
            return CompiledFunc(self.store, place.of.func, exported.type)
        if isinstance(exported.type, GlobalType):
            return CompiledGlobal(self.store, place.of.global_, exported.type)
        if isinstance(exported.type, TableType):
            return CompiledTable(self.store, place.of.table, exported.type)
        return CompiledMemory(self.store, place.of.memory)


# What an execution is doing.
READY, RUNNING, SUSPENDED, OVER = range(4)


class WasmtimeExecution:
    """A call of an exported func."""

    def __init__(self, func: CompiledFunc, arguments: tuple[int, ...]) -> None:
        self._state = READY
        self._store = func.store
        self._func = func
        self._call: StoreCall | None = None
        self._arguments = put_arguments(arguments, func.func_type)
        self._results = make_places(len(func.func_type.results))

    @property
    def is_suspended(self) -> bool:
        """True while it waits for the result of a host func."""
        return self._state == SUSPENDED

    def resume(self, value: int | None = None) -> tuple[object, ...] | Suspension:
        """Run to the end or to the next `Suspension`; the first time without value.

        Any thread may continue it while no other uses the instance.
        """
        with self._store.claim:
            return self._resume(value)

    def _resume(self, value: int | None) -> tuple[object, ...] | Suspension:
        call = self._call
        if self._state in (RUNNING, OVER):
            raise InternalError("the execution is over, or running")
        if call is not None:
            self._store.require_innermost(call)
        elif value is not None:
            raise InternalError("a value for an execution that has not begun")
        self._state = RUNNING
        try:
            if call is None:
                call = self._call = self._begin()
            else:
                self._answer(call, value)
            suspension = self._store.proceed(call)
            if suspension is not None:
                self._state = SUSPENDED
                return suspension
        finally:
            if self._state == RUNNING:
                self._state = OVER
        return get_values(ctypes.addressof(self._results), self._func.func_type.results)

    def abandon(self) -> None:
        """End the call where it waits, and all calls that began inside it."""
        if self._state == RUNNING:
            raise InternalError("the execution is running")
        is_waiting = self._state == SUSPENDED
        self._state = OVER
        if self._call is not None:
            if is_waiting:
                self._store.stop(self._call)
            else:
                self._store.abandon(self._call)

    def _answer(self, call: StoreCall, value: object) -> None:
        try:
            self._store.answer(call, value)
        except InternalError:
            self._store.abandon(call)
            raise

    def _begin(self) -> StoreCall:
        handle = self._func.handle

        def call(trap: Any, error: Any) -> Any:
            return bindings.wasmtime_func_call_async(
                self._store.context,
                byref(handle),
                self._arguments,
                len(self._arguments),
                self._results,
                len(self._results),
                trap,
                error,
            )

        return self._store.begin(call, self._arguments, self._results, handle)

    def __del__(self) -> None:
        # A suspended call ends when nobody can resume it any more.
        if self._state == SUSPENDED and self._call is not None:
            self._store.abandon(self._call)
