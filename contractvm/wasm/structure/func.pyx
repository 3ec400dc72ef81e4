"""A function that a module defines: compiled, since a module may have very many.

It refers only to numbers, bytes and types, so it is never part of a cycle and the
garbage collector can ignore it.
"""

from cython cimport no_gc
from cython.dataclasses cimport dataclass, field


@no_gc
@dataclass(frozen=True, init=False)
cdef class Func:
    """A function that the module defines.

    `local_groups` are (count, type) pairs as the binary format stores them, so that
    50,000 declared locals cost no more than the bytes that declare them. `code` holds
    the body's instructions with the final `end`; `offset` is where they began in the
    bytes that were decoded, 0 for a body made here.
    """

    type_index: object
    local_groups: tuple
    code: bytes
    offset: object = field(default=0, compare=False, hash=False)

    def __cinit__(
        self,
        type_index,
        tuple local_groups not None,
        bytes code not None,
        offset=0,
    ):
        self.type_index = type_index
        self.local_groups = local_groups
        self.code = code
        self.offset = offset

    @property
    def local_count(self):
        """Declared locals, parameters not counted."""
        return self.count_locals()

    cdef object count_locals(self):
        # A Python number: nothing but the binary format bounds the counts.
        count = 0
        for group in self.local_groups:
            count += (<tuple?>group)[0]
        return count


cdef Func make_func(object type_index, tuple local_groups, bytes code, object offset):
    """`Func(...)` for compiled callers."""
    return Func.__new__(Func, type_index, local_groups, code, offset)
