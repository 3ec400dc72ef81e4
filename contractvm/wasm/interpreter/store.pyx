"""The parts of instances (spec 4.2): tables, globals, their own core."""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint64_t, uintptr_t
from libc.stdlib cimport free
from libc.string cimport memcpy

from contractvm.wasm.interpreter.compiled_module cimport CompiledModule
from contractvm.wasm.interpreter.machine cimport TableCells
from contractvm.wasm.interpreter.memory cimport Memory
from contractvm.wasm.interpreter.references cimport (
    FuncSpace, allocated, anchor_reference, from_python, to_python, to_value,
)
from contractvm.wasm.interpreter.table_storage cimport TableStorage, make_table_storage
from contractvm.wasm.interpreter.trace cimport make_trace
from contractvm.wasm.structure.opcodes cimport TYPE_EXTERNREF, TYPE_FUNCREF

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.wasm.engines.interface import MAX_TABLE_ELEMENTS
from contractvm.wasm.structure.types import GlobalType, TableType, ValType


# A cell before it is given to an instance's global.
cdef object ANY_NUMBER = GlobalType(ValType.I64, is_mutable=True)


# A stack is reserved as addresses: what a size of it says cannot wrap below this.
cdef size_t MOST_OF_A_STACK = <size_t>1 << 40


cdef class InstanceCore(FuncSpace):
    """What the compiled loop sees of a module instance; `instance.py` fills it.

    Holds no exports, so that nothing which an export refers to refers back. Memory,
    tables and imported globals are empty until they are set.
    """

    def __cinit__(
        self,
        CompiledModule compiled not None,
        imported_funcs,
        size_t max_call_depth,
        size_t max_stack_slots,
        context=None,
    ):
        cdef size_t own_globals = compiled.own_global_count
        cdef size_t index
        if max_call_depth > MOST_OF_A_STACK or max_stack_slots > MOST_OF_A_STACK:
            raise InternalError(
                f"no stack can have {max_call_depth} calls and {max_stack_slots} slots"
            )
        self.context = context
        self.tables = []
        self.global_cells = []
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
            self.trace = make_trace(compiled.site_count)
            self.instance.trace = &self.trace.cells
        # One cell more, a counter where there is none; then one for each imported
        # global, in its place until it comes.
        self.instance.globals = <uint64_t*>allocated(
            compiled.global_count + 1, sizeof(uint64_t)
        )
        # Either is at most the number of own globals, so within the cells.
        self.instance.gas = &self.instance.globals[compiled.gas_cell]
        self.instance.height = &self.instance.globals[compiled.height_cell]
        self.instance.imported_globals = <uint64_t**>allocated(
            compiled.global_count, sizeof(uint64_t*)
        )
        for index in range(compiled.global_count - own_globals):
            self.instance.imported_globals[index] = (
                &self.instance.globals[own_globals + 1 + index]
            )
        self.instance.tables = <TableCells**>allocated(
            compiled.table_count, sizeof(TableCells*)
        )
        for index in range(compiled.table_count):
            self.instance.tables[index] = &self.no_table
        self.fill_funcs(compiled, tuple(imported_funcs))

    def __dealloc__(self):
        free(self.instance.globals)
        free(self.instance.imported_globals)
        free(self.instance.tables)

    def set_memory(self, Memory memory not None) -> None:
        """Use this memory, imported or own."""
        # Once: code that waits for a host func knows where its bytes are.
        if self.memory is not None:
            raise InternalError("an instance has one memory")
        self.memory = memory
        self.instance.memory = &memory.cells

    def add_table(self, Table table not None) -> None:
        """Append a table to the index space."""
        cdef size_t index = len(self.tables)
        if index >= self.compiled.table_count:
            raise InternalError(f"the module has no table {index}")
        if table.storage.element_type != self.compiled.table_types[index]:
            raise InternalError(f"table {index} has other elements")
        self.instance.tables[index] = &table.storage.cells
        # Its own tables are held without their wrapper, which would hold it.
        self.tables.append(table.storage if table.home is self else table)

    def table(self, size_t table_index) -> Table:
        """A table of the index space, its own ones in a new wrapper."""
        found = self.tables[table_index]
        if isinstance(found, Table):
            return found
        return Table(None, self, 0, found)

    def add_imported_global(self, GlobalCell cell not None) -> None:
        """Append a global to the index space, where imports come first."""
        cdef size_t index = len(self.global_cells)
        if index >= self.imported_global_count():
            raise InternalError(f"the module imports no global {index}")
        if cell.val_type != self.compiled.global_types[index]:
            raise InternalError(f"global {index} is of another type")
        self.instance.imported_globals[index] = cell.cell
        self.global_cells.append(cell)

    @property
    def imported_globals(self) -> tuple:
        """The globals of the index space that the module does not define."""
        return tuple(self.global_cells)

    cdef size_t imported_global_count(self) noexcept:
        return self.compiled.global_count - self.compiled.own_global_count

    def set_globals(self, bytes slots not None) -> None:
        """Give the globals that the module defines numbers or null, as slots' bits."""
        cdef const uint64_t* values = <const uint64_t*>PyBytes_AS_STRING(slots)
        cdef const uint8_t* val_types = (
            self.compiled.global_types + self.imported_global_count()
        )
        cdef size_t index
        if <size_t>len(slots) != self.compiled.own_global_count * sizeof(uint64_t):
            raise InternalError(f"{len(slots)} bytes for the globals")
        for index in range(self.compiled.own_global_count):
            if val_types[index] <= TYPE_FUNCREF and values[index]:
                raise InternalError(f"global {index} is a reference, and no number")
        # The array has more cells than that.
        memcpy(self.instance.globals, values, len(slots))

    def set_global(self, size_t index, value) -> None:
        """Give a global that the module defines its first value."""
        if index >= self.compiled.own_global_count:
            raise InternalError(f"global {index} out of range")
        self.instance.globals[index] = from_python(
            value,
            self.compiled.global_types[self.imported_global_count() + index],
            self.anchors,
            <void*>self,
        )

    def global_value(self, size_t global_index):
        """The value of a global, by its index in the index space.

        A funcref is an ExportedFunc, of a host func too, so that others can take it.
        """
        cdef size_t imported = self.imported_global_count()
        cdef uint64_t* cell
        if global_index >= self.compiled.global_count:
            raise InternalError(f"global {global_index} out of range")
        if global_index < imported:
            cell = self.instance.imported_globals[global_index]
        else:
            cell = &self.instance.globals[global_index - imported]
        return to_value(cell[0], self.compiled.global_types[global_index])

    cdef int set_reference(self, size_t global_index, uint64_t slot) except -1:
        """global.set of a reference; a valid index of the index space."""
        cdef size_t imported = self.imported_global_count()
        cdef uint8_t val_type = self.compiled.global_types[global_index]
        cdef GlobalCell cell
        if global_index < imported:
            cell = self.global_cells[global_index]
            anchor_reference(slot, val_type, cell.anchors, <void*>cell.core)
            cell.cell[0] = slot
        else:
            anchor_reference(slot, val_type, self.anchors, <void*>self)
            self.instance.globals[global_index - imported] = slot
        return 0

    cdef TableStorage table_storage(self, size_t table_index):
        """The storage of a table of the index space."""
        table = self.tables[table_index]
        if isinstance(table, TableStorage):
            return table
        return (<Table>table).storage

    def add_element_segment(self, uint8_t element_type, tuple items not None) -> None:
        """Append a segment: funcs by index, other references as they are, or None."""
        cdef list slots = []
        cdef size_t func_index
        if element_type != TYPE_FUNCREF and element_type != TYPE_EXTERNREF:
            raise InternalError(f"{element_type:#x} is no type of references")
        for item in items:
            if element_type == TYPE_FUNCREF and isinstance(item, int):
                func_index = item
                if func_index >= self.func_count:
                    raise InternalError(f"func index {func_index} out of range")
                slots.append(<uintptr_t>&self.instance.funcs[func_index])
            else:
                slots.append(
                    from_python(item, element_type, self.anchors, <void*>self)
                )
        self.element_segments.append((element_type, tuple(slots)))

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
        cdef tuple items
        cdef uint64_t index, size, slot
        element_type, items = self.element_segments[segment_index]
        if element_type != storage.element_type:
            raise InternalError(f"table {table_index} has other elements")
        size = len(items)
        # In this order, so that nothing can wrap.
        if count > size or start > size - count:
            raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
        storage.check(to, count)
        for index in range(count):
            slot = items[start + index]
            storage.anchor(slot)
            storage.cells.elements[to + index] = slot

    def drop_element(self, size_t segment_index) -> None:
        """elem.drop."""
        element_type, _ = self.element_segments[segment_index]
        self.element_segments[segment_index] = element_type, ()


cdef class Table:
    """A table of references that can be exported and imported (spec 4.2.7).

    Without `home` it belongs to no instance: it is the host's, to be imported.
    """

    def __cinit__(
        self,
        table_type,
        InstanceCore home=None,
        uint64_t max_elements=MAX_TABLE_ELEMENTS,
        TableStorage storage=None,
    ):
        if storage is None:
            storage = make_table_storage(
                table_type, NULL if home is None else <void*>home, max_elements
            )
        self.home = home
        self.storage = storage

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
            self.storage.cells.elements[index], self.storage.element_type
        )

    def set(self, uint64_t index, value) -> None:
        """Replace an element."""
        self.storage.check(index, 1)
        self.storage.cells.elements[index] = from_python(
            value, self.storage.element_type, self.storage.anchors, NULL
        )

    def grow(self, uint64_t count, value=None) -> int:
        """Grow by `count` elements; return the old size, or -1 if refused."""
        return self.storage.grow_by(
            count,
            from_python(
                value, self.storage.element_type, self.storage.anchors, NULL
            ),
        )


cdef class GlobalCell:
    """A global that can be exported and imported; values as host funcs see them."""

    def __cinit__(self, global_type, value=0):
        self.global_type = global_type
        self.val_type = global_type.val_type
        self.anchors = {}
        self.cell = &self.own_cell
        self.own_cell = from_python(value, self.val_type, self.anchors, NULL)

    @staticmethod
    def of_instance(InstanceCore core not None, size_t index) -> GlobalCell:
        """The cell of a global that the instance's module defines."""
        cdef GlobalCell cell
        if index >= core.compiled.own_global_count:
            raise InternalError(f"global {index} out of range")
        cell = GlobalCell.__new__(GlobalCell, ANY_NUMBER)
        cell.global_type = core.compiled.module.globals[index].type
        cell.val_type = core.compiled.global_types[
            core.imported_global_count() + index
        ]
        cell.core = core
        cell.anchors = core.anchors
        cell.cell = &core.instance.globals[index]
        return cell

    @property
    def value(self):
        """The present value; i32 and i64 unsigned, floats as their bits."""
        return to_python(self.cell[0], self.val_type)

    @value.setter
    def value(self, value) -> None:
        self.cell[0] = from_python(value, self.val_type, self.anchors, NULL)
