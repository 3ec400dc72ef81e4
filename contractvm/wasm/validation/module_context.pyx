"""What instructions may refer to (spec 3.1.1), in arrays that compiled code reads.

The arrays belong to Python objects or to this one and live as long as it does. Only
`declared` ever changes, and its size does not.
"""

from array import array

from libc.stdlib cimport free, realloc

from contractvm.errors import InvalidModule
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.structure.types import ValType


cdef class ModuleContext:
    """The index spaces of one module whose type indices have been checked."""

    def __cinit__(self, module):
        cdef size_t index
        self.kept_alive = []
        self.numbers = {}
        self.empty_list = self.intern(b"")
        for val_type in ValType:
            self.single_lists[<uint8_t>val_type] = self.intern(bytes([val_type]))
        for func_type in module.types:
            self.add_type(bytes(func_type.params), bytes(func_type.results))
        type_indices = module.func_type_indices
        global_types = module.global_types
        self.func_count = len(type_indices)
        self.func_types = array("I", type_indices)
        for index in range(self.func_count):
            if self.func_types[index] >= self.type_count:
                raise InvalidModule(f"unknown type {self.func_types[index]}", index)
        self.declared = bytearray(self.func_count)
        self.global_count = len(global_types)
        self.global_types = bytes([entry.val_type for entry in global_types])
        self.global_mutability = bytes([entry.is_mutable for entry in global_types])
        self.imported_global_count = len(module.imports_of(ExternKind.GLOBAL))
        table_types = module.table_types
        self.table_count = len(table_types)
        self.table_types = bytes([entry.element_type for entry in table_types])
        self.memory_count = len(module.memory_types)
        self.element_count = len(module.elements)
        self.element_types = bytes([entry.element_type for entry in module.elements])
        self.data_count = len(module.data_segments)
        self.has_data_count = module.has_data_count

    def __dealloc__(self):
        free(self.params)
        free(self.results)

    cdef TypeList intern(self, bytes types):
        """The one list with this content: to compare two, compare their numbers."""
        cdef TypeList result
        found = self.numbers.get(types)
        if found is None:
            found = len(self.kept_alive)
            self.numbers[types] = found
            self.kept_alive.append(types)
            self.list_count = <uint32_t>len(self.kept_alive)
        kept = <bytes>self.kept_alive[found]
        # The bytes stay where they are: `kept_alive` holds them until the end.
        result.types = <const uint8_t*><const char*>kept
        result.count = <uint32_t>len(kept)
        result.number = <uint32_t>found
        return result

    cdef int add_type(self, bytes params, bytes results) except -1:
        cdef size_t capacity
        cdef void* grown
        if self.type_count == self.type_capacity:
            # No more types than bytes in a module: twice that many cannot wrap.
            capacity = 2 * self.type_capacity if self.type_capacity else 64
            grown = realloc(self.params, capacity * sizeof(TypeList))
            if grown == NULL:
                raise MemoryError
            self.params = <TypeList*>grown
            grown = realloc(self.results, capacity * sizeof(TypeList))
            if grown == NULL:
                raise MemoryError
            self.results = <TypeList*>grown
            self.type_capacity = capacity
        # type_count < type_capacity: grown above where they were equal.
        self.params[self.type_count] = self.intern(params)
        self.results[self.type_count] = self.intern(results)
        self.type_count += 1
        return 0

    def declare(self, size_t func_index):
        """Note that the module names this func outside of bodies (spec: C.refs)."""
        if func_index < self.func_count:
            self.declared[func_index] = 1
