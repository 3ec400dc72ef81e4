"""The elements of a table, as the compiled loop reads them."""

from libc.stdint cimport int64_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memmove

from contractvm.closed_class cimport close_class
from contractvm.wasm.interpreter.references cimport anchor_reference
from contractvm.wasm.structure.opcodes cimport TYPE_EXTERNREF, TYPE_FUNCREF

from contractvm.errors import InternalError, Trap, TrapCode

cdef uint64_t MOST_ELEMENTS = 0xFFFFFFFF


cdef class TableStorage:
    """The elements of a table; `home` is the instance that defines it, if any."""

    cdef int begin(self, table_type, void* home, uint64_t limit) except -1:
        """Make the elements; called once."""
        cdef uint64_t minimum = table_type.limits.minimum
        maximum = table_type.limits.maximum
        self.table_type = table_type
        self.element_type = table_type.element_type
        if self.element_type not in (TYPE_FUNCREF, TYPE_EXTERNREF):
            raise InternalError(f"{self.element_type:#x} is no type of references")
        self.home = home
        self.anchors = {}
        # The number of elements is one of 32 bits, as the spec says.
        limit = min(limit, MOST_ELEMENTS)
        self.limit = limit if maximum is None else min(limit, maximum)
        if minimum > self.limit:
            raise InternalError(f"a table of {minimum} elements, where {limit} may be")
        self.grow_by(minimum, 0)
        return 0

    def __dealloc__(self):
        free(self.cells.elements)

    cdef int anchor(self, uint64_t slot) except -1:
        return anchor_reference(slot, self.element_type, self.anchors, self.home)

    cdef int64_t grow_by(self, uint64_t count, uint64_t slot) except -2:
        cdef uint64_t old = self.cells.size
        cdef uint64_t index
        cdef void* larger
        if count > self.limit - old:
            return -1
        if count:
            if old == 0:
                # Nulls take no physical memory until they are written.
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
        # In this order, so that nothing can wrap, whatever the two are.
        cdef uint64_t size = self.cells.size
        if count > size or index > size - count:
            raise Trap(TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS)
        return 0

    cdef int fill(self, uint64_t index, uint64_t slot, uint64_t count) except -1:
        """table.fill with a slot's bits."""
        cdef uint64_t position
        self.check(index, count)
        if count:
            self.anchor(slot)
        for position in range(index, index + count):
            self.cells.elements[position] = slot
        return 0

    cdef int copy_from(
        self, TableStorage source, uint64_t to, uint64_t start, uint64_t count
    ) except -1:
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
        return 0


close_class(TableStorage)


cdef TableStorage make_table_storage(table_type, void* home, uint64_t limit):
    cdef TableStorage storage = TableStorage.__new__(TableStorage)
    storage.begin(table_type, home, limit)
    return storage
