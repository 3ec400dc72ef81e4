"""The trace of an instance: counts by site, and its calls as a tree of funcs."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t, uint64_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy

from contractvm.closed_class cimport close_class
from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.machine cimport NodeCells, enter_node

from array import array

from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import CallNode, TraceSnapshot

MAX_CALL_NODES = machine.MAX_CALL_NODES

cdef enum:
    FIRST_NODES = 16


cdef class Trace:
    """The trace of one instance: counts by site, and its calls as a tree."""

    cdef int begin(self, size_t site_count) except -1:
        """Make the cells; called once."""
        self.site_count = site_count
        # One cell more: a module may have no sites.
        self.cells.counts = <uint64_t*>calloc(site_count + 1, 8)
        self.cells.sizes = <uint64_t*>calloc(site_count + 1, 8)
        self.cells.nodes = <NodeCells*>calloc(FIRST_NODES, sizeof(NodeCells))
        if (
            self.cells.counts == NULL
            or self.cells.sizes == NULL
            or self.cells.nodes == NULL
        ):
            raise InternalError("no memory for a trace")
        self.cells.node_count = 1
        self.cells.node_capacity = FIRST_NODES
        return 0

    def __dealloc__(self):
        free(self.cells.counts)
        free(self.cells.sizes)
        free(self.cells.nodes)

    cdef int enter_with_room(self, uint32_t func_index) except -1:
        """Make room for twice as many nodes, then enter one."""
        # A power of two below MAX_CALL_NODES, which is one too: that cannot wrap.
        cdef size_t capacity = 2 * <size_t>self.cells.node_capacity
        cdef void* larger = realloc(self.cells.nodes, capacity * sizeof(NodeCells))
        if larger == NULL:
            raise InternalError("no memory for a trace's calls")
        self.cells.nodes = <NodeCells*>larger
        self.cells.node_capacity = capacity
        enter_node(&self.cells, func_index)
        return 0

    cdef object numbers(self, uint64_t* cells):
        found = array("Q", [0]) * self.site_count
        cdef uint64_t[::1] view
        if self.site_count:
            view = found
            memcpy(&view[0], cells, self.site_count * 8)
        return found

    @property
    def counts(self):
        return self.numbers(self.cells.counts)

    @property
    def sizes(self):
        return self.numbers(self.cells.sizes)

    @property
    def nodes(self):
        cdef NodeCells* node
        cdef size_t index
        found = [CallNode(None, None, 0, self.cells.nodes[0].own_units)]
        for index in range(1, self.cells.node_count):
            node = &self.cells.nodes[index]
            found.append(
                CallNode(node.parent, node.func_index, node.calls, node.own_units)
            )
        return tuple(found)

    @property
    def current_node(self):
        return self.cells.current

    @property
    def stopped_node(self):
        return self.cells.stopped

    @property
    def is_truncated(self):
        return self.cells.is_truncated != 0

    def snapshot(self):
        """The present trace."""
        return TraceSnapshot(
            self.counts, self.sizes, self.nodes, self.current_node, self.is_truncated
        )


close_class(Trace)


cdef Trace make_trace(size_t site_count):
    cdef Trace trace = Trace.__new__(Trace)
    trace.begin(site_count)
    return trace
