"""The run-time objects that instances are made of and share (spec 4.2).

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
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t, uintptr_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memmove

from contractvm.execution.compiled_module cimport CompiledModule
from contractvm.execution.machine cimport FuncRecord, Instance, TableCells
from contractvm.execution.memory cimport Memory

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.structure.types import FuncType, GlobalType, TableType

cdef enum:
    TYPE_I32 = 0x7F
    TYPE_I64 = 0x7E
    TYPE_F32 = 0x7D
    TYPE_F64 = 0x7C
    TYPE_FUNCREF = 0x70
    TYPE_EXTERNREF = 0x6F

MAX_TABLE_ELEMENTS = 10_000_000


cdef void* allocated(size_t count, size_t size) except NULL:
    cdef void* array = calloc(count if count else 1, size)
    if array == NULL:
        raise InternalError("out of memory for an instance")
    return array


cdef class HostFunc:
    """A func given by us: `call` takes and returns plain unsigned ints.

    i32 and i64 are unsigned, f32 and f64 their bits, references Python objects or
    None. `call` returns None, a value, a tuple of values where the type has several
    results, or a `Suspension`.
    """

    def __init__(self, func_type: FuncType, call) -> None:
        self.func_type = func_type
        self.call = call


cdef class ExportedFunc:
    """A func of an instance, as an import of others and as a funcref."""

    def __init__(self, InstanceCore core not None, size_t func_index) -> None:
        if func_index >= <size_t>len(core.compiled.func_types):
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


cdef class InstanceCore:
    """What the compiled loop sees of a module instance; `instance.py` fills it.

    Holds no exports, so that nothing which an export refers to refers back.
    """

    def __init__(
        self,
        CompiledModule compiled not None,
        list imported_funcs not None,
        size_t max_call_depth,
        size_t max_stack_slots,
    ) -> None:
        cdef size_t func_count = len(compiled.func_types)
        cdef size_t imported = len(imported_funcs)
        cdef size_t index
        cdef FuncRecord* record
        cdef FuncRecord* other
        self.compiled = compiled
        self.imported_funcs = imported_funcs
        self.tables = []
        self.imported_globals = []
        self.data_segments = []
        self.element_segments = []
        self.anchors = {}
        self.max_call_depth = max_call_depth
        self.max_stack_slots = max_stack_slots
        self.instance.core = <void*>self
        self.instance.memory = &self.no_memory
        self.instance.types = compiled.types
        # One cell more, for loops without a charge.
        self.instance.globals = <uint64_t*>allocated(
            len(compiled.module.globals) + 1, sizeof(uint64_t)
        )
        self.instance.imported_globals = <uint64_t**>allocated(
            len(compiled.module.global_types), sizeof(uint64_t*)
        )
        self.instance.tables = <TableCells**>allocated(
            len(compiled.module.table_types), sizeof(TableCells*)
        )
        self.instance.funcs = <FuncRecord*>allocated(func_count, sizeof(FuncRecord))
        type_indices = compiled.module.func_type_indices
        for index in range(func_count):
            record = &self.instance.funcs[index]
            record.owner = <void*>self
            record.func_index = <uint32_t>index
            record.type = &compiled.types[
                compiled.canonical_types[<size_t>type_indices[index]]
            ]
            if index >= imported:
                record.instance = &self.instance
                record.code = compiled.code + compiled.starts[index - imported]
                record.frame_slots = compiled.frame_slots[index - imported]
            elif isinstance(imported_funcs[index], ExportedFunc):
                other = record_of(imported_funcs[index])
                record.instance = other.instance
                record.code = other.code
                record.frame_slots = other.frame_slots
                if other.code == NULL:
                    # A host func that another instance imported.
                    self.imported_funcs[index] = (
                        <InstanceCore>other.owner
                    ).imported_funcs[other.func_index]

    def __dealloc__(self):
        free(self.instance.globals)
        free(self.instance.imported_globals)
        free(self.instance.tables)
        free(self.instance.funcs)

    def set_memory(self, Memory memory not None) -> None:
        """Use this memory, imported or own."""
        self.memory = memory
        self.instance.memory = &memory.cells

    def add_table(self, Table table not None) -> None:
        """Append a table to the index space."""
        self.instance.tables[len(self.tables)] = &table.storage.cells
        # Its own tables are held without their wrapper, which would hold it.
        self.tables.append(table.storage if table.home is self else table)

    def add_imported_global(self, GlobalCell cell not None) -> None:
        """Append a global to the index space, where imports come first."""
        self.instance.imported_globals[len(self.imported_globals)] = cell.cell
        self.imported_globals.append(cell)

    def set_global(self, size_t index, uint64_t slot) -> None:
        """Give a global that the module defines its first value, as a slot's bits."""
        if index >= <size_t>len(self.compiled.module.globals):
            raise InternalError(f"global {index} out of range")
        self.instance.globals[index] = slot
        val_type = self.compiled.module.globals[index].type.val_type
        anchor_reference(slot, val_type, self.anchors, <void*>self)

    def global_slot(self, size_t global_index) -> int:
        """The value of a global, by its index in the index space, as a slot's bits."""
        cdef size_t imported = len(self.imported_globals)
        if global_index < imported:
            return self.instance.imported_globals[global_index][0]
        if global_index - imported >= <size_t>len(self.compiled.module.globals):
            raise InternalError(f"global {global_index} out of range")
        return self.instance.globals[global_index - imported]

    def func_reference(self, size_t func_index) -> int:
        """The slot's bits of a reference to a func of this instance."""
        if func_index >= <size_t>len(self.compiled.func_types):
            raise InternalError(f"func index {func_index} out of range")
        return <uintptr_t>&self.instance.funcs[func_index]

    def table_storage(self, size_t table_index) -> TableStorage:
        """The storage of a table of the index space."""
        table = self.tables[table_index]
        return table if isinstance(table, TableStorage) else table.storage

    def init_memory(
        self, size_t segment_index, uint64_t to, uint64_t start, uint64_t count
    ) -> None:
        """memory.init: copy a part of a data segment, or Trap and copy nothing."""
        payload = self.data_segments[segment_index]
        if start + count > <uint64_t>len(payload) or self.memory is None:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        self.memory.write(to, memoryview(payload)[start : start + count])

    def drop_data(self, size_t segment_index) -> None:
        """data.drop."""
        self.data_segments[segment_index] = b""

    def init_table(
        self,
        size_t table_index,
        size_t segment_index,
        uint64_t to,
        uint64_t start,
        uint64_t count,
    ) -> None:
        """table.init: copy a part of an element segment, or Trap and copy nothing."""
        cdef TableStorage storage = self.table_storage(table_index)
        cdef uint64_t index
        cdef uint64_t slot
        items = self.element_segments[segment_index]
        if start + count > <uint64_t>len(items):
            raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
        storage.check(to, count)
        for index in range(count):
            slot = items[start + index]
            storage.anchor(slot)
            storage.cells.elements[to + index] = slot

    def drop_element(self, size_t segment_index) -> None:
        """elem.drop."""
        self.element_segments[segment_index] = ()


cdef FuncRecord* record_of(ExportedFunc func) noexcept:
    return &func.core.instance.funcs[func.func_index]


cdef class TableStorage:
    """The elements of a table; `home` is the instance that defines it, if any."""

    def __cinit__(self, table_type, InstanceCore home, uint64_t limit):
        cdef uint64_t minimum = table_type.limits.minimum
        maximum = table_type.limits.maximum
        self.table_type = table_type
        self.home = <void*>home if home is not None else NULL
        self.anchors = {}
        self.limit = limit if maximum is None else min(limit, maximum)
        if minimum > self.limit:
            raise InternalError(f"a table of {minimum} elements, where {limit} may be")
        self.cells.elements = NULL
        self.cells.size = 0
        self.grow_by(minimum, 0)

    def __dealloc__(self):
        free(self.cells.elements)

    cdef int anchor(self, uint64_t slot) except -1:
        return anchor_reference(
            slot, self.table_type.element_type, self.anchors, self.home
        )

    cdef int64_t grow_by(self, uint64_t count, uint64_t slot) except -2:
        cdef uint64_t old = self.cells.size
        cdef uint64_t index
        cdef void* larger
        if count > self.limit - old:
            return -1
        if count:
            if old == 0:
                # Nulls take no memory of the machine until they are written.
                free(self.cells.elements)
                self.cells.elements = NULL
                larger = calloc(count, sizeof(uint64_t))
            else:
                larger = realloc(self.cells.elements, (old + count) * sizeof(uint64_t))
            if larger == NULL:
                raise InternalError(f"no memory for {count} more table elements")
            self.cells.elements = <uint64_t*>larger
            self.anchor(slot)
            if old or slot:
                for index in range(old, old + count):
                    self.cells.elements[index] = slot
            self.cells.size = old + count
        return <int64_t>old

    cdef int check(self, uint64_t index, uint64_t count) except -1:
        # Both are at most 2**33: the sum cannot wrap.
        if index + count > self.cells.size:
            raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
        return 0

    def fill(self, uint64_t index, uint64_t slot, uint64_t count) -> None:
        """table.fill with a slot's bits."""
        cdef uint64_t position
        self.check(index, count)
        if count:
            self.anchor(slot)
        for position in range(index, index + count):
            self.cells.elements[position] = slot

    def copy_from(
        self, TableStorage source not None, uint64_t to, uint64_t start, uint64_t count
    ) -> None:
        """table.copy; the parts may overlap."""
        cdef uint64_t index
        source.check(start, count)
        self.check(to, count)
        if source is not self:
            for index in range(start, start + count):
                self.anchor(source.cells.elements[index])
        if count:
            memmove(
                self.cells.elements + to,
                source.cells.elements + start,
                count * sizeof(uint64_t),
            )


cdef class Table:
    """A table of references that can be exported and imported (spec 4.2.7).

    Made without `home` it belongs to no instance: an import given by us.
    """

    def __init__(
        self,
        table_type: TableType,
        InstanceCore home=None,
        uint64_t max_elements=MAX_TABLE_ELEMENTS,
        TableStorage storage=None,
    ) -> None:
        self.home = home
        self.storage = (
            TableStorage(table_type, home, max_elements) if storage is None else storage
        )

    @property
    def table_type(self) -> TableType:
        """Element type and limits, as declared."""
        return self.storage.table_type

    @property
    def size(self) -> int:
        """The present number of elements."""
        return self.storage.cells.size

    def get(self, uint64_t index):
        """The element: an ExportedFunc or HostFunc, any object, or None for null."""
        self.storage.check(index, 1)
        return to_python(
            self.storage.cells.elements[index], self.storage.table_type.element_type
        )

    def set(self, uint64_t index, value) -> None:
        """Replace an element."""
        self.storage.check(index, 1)
        self.storage.cells.elements[index] = from_python(
            value, self.storage.table_type.element_type, self.storage.anchors
        )

    def grow(self, uint64_t count, value=None) -> int:
        """Grow by `count` elements; return the old size, or -1 if refused."""
        return self.storage.grow_by(
            count,
            from_python(
                value, self.storage.table_type.element_type, self.storage.anchors
            ),
        )


cdef class GlobalCell:
    """A global that can be exported and imported; values as host funcs see them."""

    def __init__(self, global_type: GlobalType, value=0) -> None:
        self.global_type = global_type
        self.core = None
        self.anchors = {}
        self.cell = &self.own_cell
        self.own_cell = from_python(value, global_type.val_type, self.anchors)

    @staticmethod
    def of_instance(InstanceCore core not None, size_t index) -> GlobalCell:
        """The cell of a global that the instance's module defines."""
        cdef GlobalCell cell = GlobalCell.__new__(GlobalCell)
        cell.global_type = core.compiled.module.globals[index].type
        cell.core = core
        cell.anchors = core.anchors
        cell.cell = &core.instance.globals[index]
        return cell

    @property
    def value(self):
        """The present value; i32 and i64 unsigned, floats as their bits."""
        return to_python(self.cell[0], self.global_type.val_type)

    @value.setter
    def value(self, value) -> None:
        self.cell[0] = from_python(value, self.global_type.val_type, self.anchors)


cdef object to_python(uint64_t slot, uint8_t val_type):
    """A slot's value as host funcs and callers see it."""
    cdef FuncRecord* record
    cdef InstanceCore core
    if val_type != TYPE_FUNCREF and val_type != TYPE_EXTERNREF:
        return PyLong_FromUnsignedLongLong(slot)
    if slot == 0:
        return None
    if val_type == TYPE_EXTERNREF:
        return <object><void*><uintptr_t>slot
    record = <FuncRecord*><uintptr_t>slot
    core = <InstanceCore>record.owner
    if record.code == NULL:
        return core.imported_funcs[record.func_index]
    return ExportedFunc(core, record.func_index)


cdef uint64_t from_python(object value, uint8_t val_type, dict anchors) except? 0:
    """A value given by our side as a slot's bits; a wrong one is our bug."""
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
        anchor_reference(slot, val_type, anchors, NULL)
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
    """Keep alive what a reference refers to, unless it is `home` itself."""
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
