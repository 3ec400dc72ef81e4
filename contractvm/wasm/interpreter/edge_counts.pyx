"""Counts of edges, for all modules that one executor runs, in one array of cells.

The first cells are shared by all modules that were not registered beforehand: the
module's hash decides where its edges are. After them every registered module has a
region of its own, in the order of registration. So the number of an edge depends on
neither the order of runs nor the process.

A count becomes a *bucket*, one of eight bits: 1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to
127, or more. What was seen is a byte for each cell, with the bits of all its buckets.
"""

from cpython.buffer cimport PyBUF_WRITABLE
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stddef cimport size_t
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

from contractvm.closed_class cimport close_class
from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_buffer cimport grown
from contractvm.wasm.interpreter.machine cimport NoteCells

from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import (
    Comparison, ComparisonKind, EdgeKind, EdgeSite,
)

cdef extern from "<sys/mman.h>" nogil:
    enum:
        PROT_READ
        PROT_WRITE
        MAP_PRIVATE
        MAP_ANONYMOUS
        MAP_NORESERVE
    void* MAP_FAILED
    void* mmap(void*, size_t, int, int, int, long)
    int munmap(void*, size_t)

cdef enum:
    C_COMMON_CELLS = 8192
    # Edges of a module beyond these share the cells of its first ones.
    MAX_OWN_CELLS = 1 << 20
    # Reserved as addresses; what is never counted takes no memory.
    MAX_CELLS = 1 << 26
    # A record of `sparse`: a cell as four bytes, the lowest first, and a bucket's bit.
    RECORD_BYTES = 5

COMMON_CELLS = C_COMMON_CELLS

cdef uint8_t buckets[256]


def _fill_buckets() -> None:
    cdef int count
    for count in range(1, 256):
        if count < 4:
            buckets[count] = 1 << (count - 1)
        elif count < 8:
            buckets[count] = 8
        elif count < 16:
            buckets[count] = 16
        elif count < 32:
            buckets[count] = 32
        else:
            buckets[count] = 64 if count < 128 else 128


_fill_buckets()


cdef class EdgeCounts:
    """The counts of all edges since the last `reset`, up to 255 each."""

    def __cinit__(self):
        cdef void* base = mmap(
            NULL, MAX_CELLS, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0,
        )
        if base == MAP_FAILED:
            raise InternalError("no address space for counts of edges")
        self.cells.counts = <uint8_t*>base
        self.used = C_COMMON_CELLS
        self.own_regions = {}
        self.touched = []
        self.common = make_region(self, 0, False)
        self.common.cell_count = C_COMMON_CELLS

    def __dealloc__(self):
        if self.cells.counts != NULL:
            munmap(self.cells.counts, MAX_CELLS)
        free(self.cells.notes)
        free(self.cells.noted)

    def __len__(self) -> int:
        """The number of cells in use."""
        return self.used

    @property
    def counts(self):
        """A live view of the cells."""
        # The array is used cells long at least, and lives as long as this object.
        return memoryview(make_view(self)).toreadonly()

    @property
    def last(self) -> int:
        """The cell of the edge that was passed last; 0 after a reset, too."""
        return self.cells.last

    def seal(self) -> None:
        """Register no more modules: from here on, others share the common cells."""
        self.is_sealed = True

    def region(self, bytes key not None) -> EdgeRegion:
        """The region of a module's edges, by its hash."""
        cdef EdgeRegion found = self.own_regions.get(key)
        if found is not None:
            return found
        if self.is_sealed or self.used + MAX_OWN_CELLS > MAX_CELLS:
            place = int.from_bytes(key[:8], "little") % C_COMMON_CELLS
            return make_region(self, place, True)
        found = make_region(self, self.used, False)
        self.own_regions[key] = found
        return found

    def own_region(self, bytes key not None) -> EdgeRegion | None:
        """The region of a known module; None for others."""
        return self.own_regions.get(key)

    # Runs

    def reset(self) -> None:
        """Begin a run: every count is 0, and nothing is noted."""
        cdef EdgeRegion region
        cdef uint32_t index
        for region in self.touched:
            memset(self.cells.counts + region.first, 0, region.cell_count)
            region.is_touched = False
        self.touched.clear()
        self.cells.last = 0
        for index in range(self.cells.note_count):
            # A site is below NOTE_SITES, the length of `noted`, once its kind is off.
            self.cells.noted[self.cells.notes[index].site % machine.NOTE_SITES] = 0
        self.cells.note_count = 0

    cdef int keep_notes(self) except -1:
        """Have room for notes."""
        if self.cells.notes == NULL:
            self.cells.notes = <NoteCells*>calloc(machine.MAX_NOTES, sizeof(NoteCells))
        if self.cells.noted == NULL:
            self.cells.noted = <uint8_t*>calloc(machine.NOTE_SITES, 1)
        if self.cells.notes == NULL or self.cells.noted == NULL:
            raise InternalError("out of memory for comparisons")
        return 0

    def comparisons(self) -> list:
        """The operands of comparisons since the last reset, in order of execution."""
        cdef uint32_t index
        return [
            Comparison(
                self.cells.notes[index].left,
                self.cells.notes[index].right,
                KINDS[self.cells.notes[index].site // machine.NOTE_SITES],
            )
            for index in range(self.cells.note_count)
        ]

    # Coverage

    def sparse(self) -> bytes:
        """The edges that were passed: for each its cell and its bucket, in order."""
        cdef EdgeRegion region
        cdef size_t cell
        cdef size_t found = 0
        cdef size_t index = 0
        cdef uint8_t* out
        cdef uint8_t* counts = self.cells.counts
        regions = sorted(self.touched, key=_first_cell)
        for region in regions:
            for cell in range(region.first, region.first + region.cell_count):
                found += counts[cell] != 0
        result = PyBytes_FromStringAndSize(NULL, <Py_ssize_t>(found * RECORD_BYTES))
        out = <uint8_t*>PyBytes_AS_STRING(result)
        for region in regions:
            for cell in range(region.first, region.first + region.cell_count):
                if counts[cell] and index < found:
                    out[0] = cell & 0xFF
                    out[1] = cell >> 8 & 0xFF
                    out[2] = cell >> 16 & 0xFF
                    out[3] = cell >> 24 & 0xFF
                    out[4] = buckets[counts[cell]]
                    out += RECORD_BYTES
                    index += 1
        return result

    def new_in(self, uint8_t[::1] seen not None) -> tuple:
        """How many edges were never seen, and how many other buckets of seen ones."""
        return self.compare(seen, False)

    def add_to(self, uint8_t[::1] seen not None) -> tuple:
        """As `new_in`; they count as seen from now on."""
        return self.compare(seen, True)

    cdef tuple compare(self, uint8_t[::1] seen, bint is_added):
        cdef EdgeRegion region
        cdef size_t cell
        cdef size_t end
        cdef size_t edges = 0
        cdef size_t others = 0
        cdef uint64_t eight
        cdef uint8_t bucket
        cdef uint8_t* counts = self.cells.counts
        if <size_t>seen.shape[0] < self.used:
            raise InternalError(f"{seen.shape[0]} cells for {self.used} edges")
        for region in self.touched:
            cell = region.first
            end = region.first + region.cell_count
            while cell < end:
                if cell + 8 <= end:
                    memcpy(&eight, counts + cell, 8)
                    if eight == 0:
                        cell += 8
                        continue
                bucket = buckets[counts[cell]]
                if bucket & ~seen[cell]:
                    if seen[cell]:
                        others += 1
                    else:
                        edges += 1
                    if is_added:
                        seen[cell] |= bucket
                cell += 1
        return edges, others


KINDS = tuple(ComparisonKind)


cdef class _View:
    """The counts as a buffer."""

    cdef EdgeCounts owner
    cdef Py_ssize_t shape[1]
    cdef Py_ssize_t strides[1]

    def __getbuffer__(self, Py_buffer* buffer, int flags):
        if flags & PyBUF_WRITABLE:
            raise BufferError("counts are read only")
        buffer.buf = self.owner.cells.counts
        buffer.format = "B"
        buffer.internal = NULL
        buffer.itemsize = 1
        buffer.len = self.shape[0]
        buffer.ndim = 1
        buffer.obj = self
        buffer.readonly = 1
        buffer.shape = self.shape
        buffer.strides = self.strides
        buffer.suboffsets = NULL


close_class(_View)


cdef _View make_view(EdgeCounts owner):
    cdef _View view = _View.__new__(_View)
    view.owner = owner
    view.shape[0] = <Py_ssize_t>owner.used
    view.strides[0] = 1
    return view


def _first_cell(EdgeRegion region not None) -> int:
    return region.first


def compare_sparse(
    bytes sparse not None, uint8_t[::1] seen not None, bint is_added
) -> tuple:
    """As `EdgeCounts.new_in` and `add_to`, of what `EdgeCounts.sparse` gave."""
    cdef const uint8_t* record = <const uint8_t*>PyBytes_AS_STRING(sparse)
    cdef size_t count = <size_t>len(sparse) // RECORD_BYTES
    cdef size_t edges = 0
    cdef size_t others = 0
    cdef size_t cell
    if <size_t>len(sparse) % RECORD_BYTES:
        raise ValueError(f"{len(sparse)} bytes are not records of edges")
    for _ in range(count):
        cell = (
            record[0]
            | <size_t>record[1] << 8
            | <size_t>record[2] << 16
            | <size_t>record[3] << 24
        )
        if cell >= <size_t>seen.shape[0]:
            raise ValueError(f"edge {cell} of {seen.shape[0]}")
        if record[4] & ~seen[cell]:
            if seen[cell]:
                others += 1
            else:
                edges += 1
            if is_added:
                seen[cell] |= record[4]
        record += RECORD_BYTES
    return edges, others


cdef class EdgeRegion:
    """The cells of one module; where they are shared, the place of its edges there."""

    def __dealloc__(self):
        free(self.sites)

    @property
    def edges(self) -> list:
        """Cell and EdgeSite of each edge, in the order of the code; own cells only."""
        cdef EdgeSiteCells* site
        cdef size_t index
        cdef uint32_t cell
        found = []
        for index in range(self.site_count):
            site = &self.sites[index]
            place = EdgeSite(site.func_number, site.position, EdgeKind(site.kind))
            for cell in range(site.cell, site.cell + site.count):
                found.append((cell, place))
        return found

    cdef int begin(self) except -1:
        """A translation begins; a second one of the same module gives the same."""
        self.next = self.site_count = 0
        return 0

    cdef uint32_t add_edges(
        self, uint32_t func_number, size_t position, int kind, uint32_t count
    ) except? 0:
        """The cell of an edge, or the first of `count` neighbours, at most 64."""
        cdef size_t most = C_COMMON_CELLS if self.is_common else MAX_OWN_CELLS
        cdef size_t cell
        cdef EdgeSiteCells* site
        if self.is_common:
            cell = (self.first + self.next) % most
            if cell + count > most:
                cell = 0
            self.next += count
            return <uint32_t>cell
        if self.next + count > most:
            self.next = 0
        cell = self.first + self.next
        self.next += count
        self.cell_count = max(self.cell_count, self.next)
        self.sites = <EdgeSiteCells*>grown(
            self.sites, &self.site_capacity, self.site_count + 1, sizeof(EdgeSiteCells)
        )
        site = &self.sites[self.site_count]
        site.func_number = func_number
        site.position = <uint32_t>position
        site.cell = <uint32_t>cell
        site.count = count
        site.kind = kind
        self.site_count += 1
        return <uint32_t>cell

    cdef int complete(self) except -1:
        """All code is translated: where the next region begins is known."""
        if not self.is_common:
            self.owner.used = max(self.owner.used, self.first + self.cell_count)
        return 0

    cdef uint32_t note_site(self, uint32_t number) noexcept:
        """Where a comparison is, its number in the module given."""
        return <uint32_t>((self.first + number) % machine.NOTE_SITES)

    cdef int touch(self) except -1:
        """An instance is made that may count here."""
        cdef EdgeRegion region = self.owner.common if self.is_common else self
        if not region.is_touched:
            region.is_touched = True
            self.owner.touched.append(region)
        return 0


close_class(EdgeRegion)


cdef EdgeRegion make_region(EdgeCounts owner, size_t first, bint is_common):
    cdef EdgeRegion region = EdgeRegion.__new__(EdgeRegion)
    region.owner = owner
    region.is_common = is_common
    region.first = first
    return region
