"""What instances are made of and share (spec 4.2): tables, globals, their own core."""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memmove

from contractvm.execution.compiled_module cimport CompiledModule
from contractvm.execution.machine cimport TableCells
from contractvm.execution.memory cimport Memory
from contractvm.execution.trace cimport Trace
from contractvm.execution.references cimport (
    FuncSpace,
    allocated,
    anchor_reference,
    from_python,
    to_python,
)

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.structure.types import GlobalType, TableType

MAX_TABLE_ELEMENTS = 10_000_000


cdef class InstanceCore(FuncSpace):
    """What the compiled loop sees of a module instance; `instance.py` fills it.

    Holds no exports, so that nothing which an export refers to refers back.
    """

    def __init__(
        self,
        CompiledModule compiled not None,
        list imported_funcs not None,
        size_t max_call_depth,
        size_t max_stack_slots,
        context=None,
    ) -> None:
        self.context = context
        self.tables = []
        self.imported_globals = []
        self.data_segments = []
        self.element_segments = []
        self.anchors = {}
        self.max_call_depth = max_call_depth
        self.max_stack_slots = max_stack_slots
        self.instance.memory = &self.no_memory
        if compiled.region is not None:
            # The module, and so its region, lives as long as this instance.
            compiled.region.touch()
            self.instance.edges = &compiled.region.owner.cells
            self.instance.edge_ranks = compiled.edge_ranks
        elif compiled.tracing:
            self.trace = Trace(compiled.site_count)
            self.instance.trace = &self.trace.cells
        # One cell more, for loops without a charge.
        self.instance.globals = <uint64_t*>allocated(
            compiled.own_global_count + 1, sizeof(uint64_t)
        )
        self.instance.imported_globals = <uint64_t**>allocated(
            compiled.global_count, sizeof(uint64_t*)
        )
        self.instance.tables = <TableCells**>allocated(
            compiled.table_count, sizeof(TableCells*)
        )
        self.fill_funcs(compiled, imported_funcs)

    def __dealloc__(self):
        free(self.instance.globals)
        free(self.instance.imported_globals)
        free(self.instance.tables)

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

    def set_globals(self, bytes slots not None) -> None:
        """Give the globals that the module defines numbers or null, as slots' bits."""
        if <size_t>len(slots) != self.compiled.own_global_count * sizeof(uint64_t):
            raise InternalError(f"{len(slots)} bytes for the globals")
        # The array has one cell more than that.
        memcpy(self.instance.globals, PyBytes_AS_STRING(slots), len(slots))

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

    def table_storage(self, size_t table_index) -> TableStorage:
        """The storage of a table of the index space."""
        table = self.tables[table_index]
        return table if isinstance(table, TableStorage) else table.storage

    def init_memory(
        self, size_t segment_index, uint64_t to, uint64_t start, uint64_t count
    ) -> None:
        """memory.init: copy a part of a data segment, or Trap and copy nothing."""
        cdef bytes payload = self.data_segments[segment_index]
        cdef uint64_t size = len(payload)
        # In this order, so that nothing can wrap.
        if count > size or start > size - count or self.memory is None:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        # The part is inside the payload by the line above; memory.copy_in checks `to`.
        self.memory.copy_in(
            to, <const uint8_t*>PyBytes_AS_STRING(payload) + start, count
        )

    def place_data(self, size_t segment_index, uint64_t to) -> None:
        """Copy an active data segment, or Trap and copy nothing; then drop it."""
        self.init_memory(segment_index, to, 0, len(self.data_segments[segment_index]))
        self.data_segments[segment_index] = b""

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
