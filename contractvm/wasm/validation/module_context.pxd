"""What instructions may refer to (spec 3.1.1), in arrays that compiled code reads."""

from libc.stdint cimport uint8_t, uint32_t, uint64_t

# A list of value types. Lists of equal content share one `types`, and one `number`.
cdef struct TypeList:
    const uint8_t* types
    uint32_t count
    uint32_t number

cdef enum:
    BOTTOM = 0  # the type of an operand in unreachable code; no ValType has it


cdef class ModuleContext:
    cdef list kept_alive
    cdef dict numbers
    cdef TypeList* params
    cdef TypeList* results
    cdef size_t type_count
    cdef size_t type_capacity
    cdef readonly uint32_t list_count
    cdef TypeList empty_list
    cdef TypeList single_lists[256]  # by value type; only the rows of ValType are set
    cdef uint32_t[::1] func_types
    cdef size_t func_count
    cdef uint8_t[::1] declared
    cdef const uint8_t[::1] global_types
    cdef const uint8_t[::1] global_mutability
    cdef size_t global_count
    cdef size_t imported_global_count
    cdef const uint8_t[::1] table_types
    cdef size_t table_count
    cdef size_t memory_count
    cdef const uint8_t[::1] element_types
    cdef size_t element_count
    cdef size_t data_count
    cdef bint has_data_count

    cdef TypeList intern(self, bytes types)
    cdef int add_type(self, bytes params, bytes results) except -1
