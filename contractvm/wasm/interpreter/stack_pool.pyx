# cython: nonecheck=False
"""Stacks of executions: reserved as addresses, committed as they are used, and reused.

No execution can read what another left in one, since slots are written before they are
read.
"""

from libc.stddef cimport size_t

from contractvm.errors import InternalError

cdef extern from "<sys/mman.h>" nogil:
    enum:
        PROT_READ
        PROT_WRITE
        MAP_PRIVATE
        MAP_ANONYMOUS
        MAP_NORESERVE
        MADV_DONTNEED
        MADV_NOHUGEPAGE
    void* MAP_FAILED
    void* mmap(void*, size_t, int, int, int, long)
    int munmap(void*, size_t)
    int madvise(void*, size_t, int)

cdef enum:
    POOLED_STACKS = 16

cdef struct Stack:
    void* base
    size_t size
    bint is_deep  # it keeps the pages of deep calls

cdef Stack pool[POOLED_STACKS]
cdef size_t pooled = 0


cdef void* take_stack(size_t size) except NULL:
    """A stack of so many bytes; raises InternalError where there is no room for it."""
    global pooled
    cdef void* base
    cdef size_t index
    for index in range(pooled):
        if pool[index].size == size:
            base = pool[index].base
            pooled -= 1
            pool[index] = pool[pooled]
            return base
    base = mmap(
        NULL, size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0,
    )
    if base == MAP_FAILED:
        raise InternalError("no address space for a stack")
    # A huge page would commit two megabytes for the first slot.
    madvise(base, size, MADV_NOHUGEPAGE)
    return base


cdef int give_stack(void* base, size_t size, bint is_deep) noexcept:
    """Keep a stack for later; a deep one gives its pages back, but for one of them.

    Deep calls that follow each other would fault the same pages in again and again.
    """
    global pooled
    cdef size_t index
    if pooled == POOLED_STACKS:
        return munmap(base, size)
    if is_deep:
        for index in range(pooled):
            if pool[index].is_deep:
                madvise(base, size, MADV_DONTNEED)
                is_deep = False
                break
    pool[pooled].base = base
    pool[pooled].size = size
    pool[pooled].is_deep = is_deep
    pooled += 1
    return 0
