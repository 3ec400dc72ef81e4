# cython: nonecheck=False
"""A linear memory (spec 4.2.8): reserved as addresses at once, committed as it grows.

Its bytes never move, and pages that were never written take no physical memory, so a
thousand nested instances are cheap.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint64_t
from libc.string cimport memcpy, memset

from contractvm.wasm.engines.memory_digest cimport digest_range

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.wasm.structure.types import MAX_PAGES

cdef extern from "<sys/mman.h>" nogil:
    enum:
        PROT_NONE
        PROT_READ
        PROT_WRITE
        MAP_PRIVATE
        MAP_ANONYMOUS
        MAP_NORESERVE
        MADV_DONTNEED
    void* MAP_FAILED
    void* mmap(void*, size_t, int, int, int, long)
    int munmap(void*, size_t)
    int mprotect(void*, size_t, int)
    int madvise(void*, size_t, int)

cdef extern from *:
    """
    #ifdef __linux__
    #define MADVISE_ZEROES 1
    #else
    #define MADVISE_ZEROES 0
    #endif
    """
    bint MADVISE_ZEROES

cdef enum:
    PAGE = 65536
    POOLED_MEMORIES = 16
    # A memory that was larger at its end is returned to the machine.
    MOST_POOLED_BYTES = 32 * PAGE
    # Up to here zeros are written; a larger one gives its pages back to the machine,
    # which costs as much as was touched: the next user's first access to each.
    MOST_WIPED_BYTES = 2 * PAGE

# Ranges for reuse: all zeros, reserved, the first `open_bytes` readable and writable.
cdef struct Range:
    uint8_t* base
    uint64_t reserved_bytes
    uint64_t open_bytes

cdef Range pool[POOLED_MEMORIES]
cdef size_t pooled = 0
# The byte that fills a memory at its end, before it is wiped; -1 for none.
cdef int poison = -1


def set_poison(byte) -> None:
    """From now on fill memories with `byte` at their end, or with None stop that.

    They are still wiped afterwards, so nothing may ever see the byte.
    """
    global poison
    poison = -1 if byte is None else byte & 0xFF


cdef uint8_t* take_range(uint64_t reserved_bytes, uint64_t open_bytes) noexcept:
    """A range of exactly these sizes from the pool, or NULL."""
    global pooled
    cdef uint8_t* base
    cdef size_t index
    for index in range(pooled):
        if (
            pool[index].reserved_bytes == reserved_bytes
            and pool[index].open_bytes == open_bytes
        ):
            base = pool[index].base
            pooled -= 1
            pool[index] = pool[pooled]
            return base
    return NULL


cdef bint give_range(
    uint8_t* base, uint64_t reserved_bytes, uint64_t open_bytes, uint64_t used_bytes
) noexcept:
    """Zero a range, close what was grown, and keep it; False if it is not kept."""
    global pooled
    if pooled == POOLED_MEMORIES or used_bytes > MOST_POOLED_BYTES:
        return False
    if used_bytes < open_bytes:
        # Its first pages could not be opened.
        return False
    # Nothing past `used_bytes` was ever written: every access is checked.
    if used_bytes <= MOST_WIPED_BYTES:
        memset(base, 0, used_bytes)
    # On Linux, and by POSIX alone not, a private page that was given back is a page of
    # zeros when it is next touched.
    elif not MADVISE_ZEROES or madvise(base, used_bytes, MADV_DONTNEED):
        return False
    if used_bytes > open_bytes and mprotect(
        base + open_bytes, used_bytes - open_bytes, PROT_NONE
    ):
        return False
    pool[pooled].base = base
    pool[pooled].reserved_bytes = reserved_bytes
    pool[pooled].open_bytes = open_bytes
    pooled += 1
    return True


cdef class Memory:
    """`minimum` pages of zeros that can grow to `maximum`, and never beyond the limit.

    `maximum` is the type's, None where it has none; `limit_pages` is the engine's. A
    failure of the operating system is InternalError, never a refused growth.
    """

    def __cinit__(self, minimum, maximum=None, limit_pages=MAX_PAGES):
        cdef uint64_t first = minimum
        cdef uint64_t most = min(
            limit_pages, MAX_PAGES, MAX_PAGES if maximum is None else maximum
        )
        cdef void* base
        self.maximum = maximum
        self.limit_pages = most
        if first > most:
            raise InternalError(f"a memory of {first} pages, where {most} may be")
        self.cells.size_bytes = 0
        self.reserved_bytes = most * PAGE
        self.initial_bytes = first * PAGE
        self.cells.base = take_range(self.reserved_bytes, self.initial_bytes)
        if self.cells.base != NULL:
            self.cells.size_bytes = self.initial_bytes
            return
        if most:
            base = mmap(
                NULL, self.reserved_bytes, PROT_NONE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0,
            )
            if base == MAP_FAILED:
                raise InternalError(f"no address space for {most} pages of memory")
            self.cells.base = <uint8_t*>base
        self.grow_by(first)

    def __dealloc__(self):
        if self.cells.base != NULL:
            if 0 <= poison and self.cells.size_bytes <= MOST_POOLED_BYTES:
                memset(self.cells.base, poison, self.cells.size_bytes)
            if not give_range(
                self.cells.base,
                self.reserved_bytes,
                self.initial_bytes,
                self.cells.size_bytes,
            ):
                munmap(self.cells.base, self.reserved_bytes)

    cdef int64_t grow_by(self, uint64_t pages) except -2:
        cdef uint64_t old_pages = self.cells.size_bytes // PAGE
        if pages > self.limit_pages - old_pages:
            return -1
        if pages:
            # The old pages are readable and writable already.
            if mprotect(
                self.cells.base + self.cells.size_bytes, pages * PAGE,
                PROT_READ | PROT_WRITE,
            ):
                raise InternalError(f"no memory for {pages} more pages")
            self.cells.size_bytes += pages * PAGE
        return <int64_t>old_pages

    cdef int check(self, uint64_t address, uint64_t length) except -1:
        # In this order, so that nothing can wrap, whatever the two are.
        cdef uint64_t size = self.cells.size_bytes
        if length > size or address > size - length:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        return 0

    cdef int copy_in(
        self, uint64_t address, const uint8_t* data, uint64_t length
    ) except -1:
        """Write `length` bytes, or Trap and write nothing."""
        self.check(address, length)
        if length:
            memcpy(self.cells.base + address, data, length)
        return 0

    @property
    def size_bytes(self) -> int:
        """The present size."""
        return self.cells.size_bytes

    @property
    def pages(self) -> int:
        """The present size in pages."""
        return self.cells.size_bytes // PAGE

    def grow(self, uint64_t pages) -> int:
        """Grow by `pages`; return the old size in pages, or -1 if refused."""
        return self.grow_by(pages)

    def digest(self) -> bytes:
        """A hash of the whole content and its size; see `memory_digest`."""
        return digest_range(self.cells.base, self.cells.size_bytes)

    def read(self, int64_t address, int64_t length) -> bytes:
        """Return `length` bytes from `address` on; Trap unless all are inside."""
        if address < 0 or length < 0:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        self.check(address, length)
        if length == 0:
            return b""
        return PyBytes_FromStringAndSize(<char*>self.cells.base + address, length)

    def write(self, int64_t address, const uint8_t[::1] data not None) -> None:
        """Write all of `data` at `address`, or Trap and write nothing."""
        if address < 0:
            raise Trap(TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS)
        self.check(address, data.shape[0])
        if data.shape[0]:
            memcpy(self.cells.base + address, &data[0], data.shape[0])
