"""Funcs and references (spec 4.2.1): how they are kept, and how Python sees them.

A reference in a slot is a borrowed C pointer: a funcref points to a `FuncRecord` of
the instance that owns it, an externref to the Python object; null is 0. Whatever may
hold one longer than the present instruction keeps its target alive in a dict of
*anchors*, unless the target owns the holder: an instance's own funcs in its own
tables and globals need none. So an instance that shares nothing forms no cycle, and
is gone with its last user. Instances that put their funcs into each other's tables
do form one, which Python's garbage collector finds.
"""

from cpython.long cimport PyLong_AsUnsignedLongLong, PyLong_FromUnsignedLongLong
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free

from contractvm.wasm.engines.host_func cimport HostFunc
from contractvm.wasm.interpreter.compiled_module cimport CompiledModule
from contractvm.wasm.interpreter.machine cimport FuncRecord, is_same_type
from contractvm.wasm.structure.opcodes cimport (
    TYPE_EXTERNREF, TYPE_F32, TYPE_FUNCREF, TYPE_I32,
)

from contractvm.errors import InternalError
from contractvm.wasm.structure.types import FuncType

cdef void* allocated(size_t count, size_t size) except NULL:
    cdef void* array = calloc(count if count else 1, size)
    if array == NULL:
        raise InternalError("out of memory for an instance")
    return array


cdef class ExportedFunc:
    """A func of an instance, as an import of others and as a funcref."""

    def __cinit__(self, FuncSpace core not None, size_t func_index):
        if func_index >= core.func_count:
            raise InternalError(f"func index {func_index} out of range")
        self.core = core
        self.func_index = func_index

    @property
    def func_type(self) -> FuncType:
        """Parameters and results."""
        return self.core.compiled.func_types[self.func_index]

    def __eq__(self, other) -> bool:
        return (
            isinstance(other, ExportedFunc)
            and (<ExportedFunc>other).core is self.core
            and (<ExportedFunc>other).func_index == self.func_index
        )

    def __hash__(self) -> int:
        return <Py_hash_t>(<uintptr_t><void*>self.core >> 4) ^ self.func_index


cdef class FuncSpace:
    """The funcs of an instance by func index: those imported, then its module's.

    An object that Python makes from this class has no funcs.
    """

    def __dealloc__(self):
        free(self.instance.funcs)

    cdef int fill_funcs(
        self, CompiledModule compiled, tuple imported_funcs
    ) except -1:
        """Make the records of all funcs; called once."""
        cdef size_t func_count = compiled.func_count
        cdef size_t imported = func_count - compiled.own_func_count
        cdef list linked = list(imported_funcs)
        cdef size_t index
        cdef FuncRecord* record
        cdef FuncRecord* other
        if <size_t>len(linked) != imported:
            raise InternalError(f"{len(linked)} funcs for {imported} imports")
        self.compiled = compiled
        self.instance.core = <void*>self
        self.instance.types = compiled.types
        self.instance.funcs = <FuncRecord*>allocated(func_count, sizeof(FuncRecord))
        for index in range(func_count):
            record = &self.instance.funcs[index]
            record.owner = <void*>self
            record.func_index = <uint32_t>index
            record.type = &compiled.types[compiled.func_canonical_types[index]]
            if index >= imported:
                record.instance = &self.instance
                record.code = compiled.code + compiled.starts[index - imported]
                record.frame_slots = compiled.frame_slots[index - imported]
            elif isinstance(linked[index], ExportedFunc):
                other = record_of(linked[index])
                if not is_same_type(record.type, other.type):
                    raise InternalError(f"import {index} is a func of another type")
                record.instance = other.instance
                record.code = other.code
                record.frame_slots = other.frame_slots
                if other.code == NULL:
                    # A host func that another instance imported.
                    linked[index] = (<FuncSpace>other.owner).imported_funcs[
                        other.func_index
                    ]
            elif not isinstance(linked[index], HostFunc):
                raise InternalError(f"import {index} is no func")
        self.imported_funcs = tuple(linked)
        self.func_count = func_count
        return 0


cdef FuncRecord* record_of(ExportedFunc func) noexcept:
    return &func.core.instance.funcs[func.func_index]


cdef object to_python(uint64_t slot, uint8_t val_type):
    """A slot's value as host funcs and callers see it."""
    cdef FuncRecord* record
    cdef FuncSpace core
    if val_type != TYPE_FUNCREF and val_type != TYPE_EXTERNREF:
        return PyLong_FromUnsignedLongLong(slot)
    if slot == 0:
        return None
    if val_type == TYPE_EXTERNREF:
        return <object><void*><uintptr_t>slot
    record = <FuncRecord*><uintptr_t>slot
    core = <FuncSpace>record.owner
    if record.code == NULL:
        return core.imported_funcs[record.func_index]
    return ExportedFunc(core, record.func_index)


cdef object to_value(uint64_t slot, uint8_t val_type):
    """A slot's value as `from_python` takes it: every func as an ExportedFunc."""
    cdef FuncRecord* record
    if val_type != TYPE_FUNCREF or slot == 0:
        return to_python(slot, val_type)
    record = <FuncRecord*><uintptr_t>slot
    return ExportedFunc(<FuncSpace>record.owner, record.func_index)


cdef uint64_t from_python(
    object value, uint8_t val_type, dict anchors, void* home
) except? 0:
    """A value from the host as a slot's bits; a wrong one is the host's bug."""
    cdef uint64_t slot
    if val_type == TYPE_FUNCREF or val_type == TYPE_EXTERNREF:
        if value is None:
            return 0
        if val_type == TYPE_EXTERNREF:
            slot = <uintptr_t><void*>value
        elif isinstance(value, ExportedFunc):
            slot = <uintptr_t>record_of(value)
        else:
            raise InternalError(f"{type(value).__name__} given for a funcref")
        anchor_reference(slot, val_type, anchors, home)
        return slot
    if not isinstance(value, int):
        raise InternalError(f"{type(value).__name__} given for a number")
    try:
        slot = PyLong_AsUnsignedLongLong(value)
    except OverflowError:
        raise InternalError(f"{value} given for an unsigned 64-bit number") from None
    if slot > 0xFFFFFFFF and (val_type == TYPE_I32 or val_type == TYPE_F32):
        raise InternalError(f"{value} given for an unsigned 32-bit number")
    return slot


cdef int anchor_reference(
    uint64_t slot, uint8_t val_type, dict anchors, void* home
) except -1:
    """Keep the target of a reference alive, unless it is `home` itself."""
    cdef void* target
    if slot == 0 or (val_type != TYPE_FUNCREF and val_type != TYPE_EXTERNREF):
        return 0
    target = <void*><uintptr_t>slot
    if val_type == TYPE_FUNCREF:
        target = (<FuncRecord*>target).owner
        if target == home:
            return 0
    anchors[<uintptr_t>target] = <object>target
    return 0
