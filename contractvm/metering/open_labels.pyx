# cython: nonecheck=False
"""The labels that are open while a body is planned, and the values they take.

Whether control can arrive after an `end` by a jump is known when the `end` is read:
every branch to it comes before it.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.wasm.structure.instruction_reader cimport (
    BLOCK_TYPE_EMPTY, Instruction, read_u32,
)
from contractvm.wasm.structure.opcodes cimport (
    OP_BLOCK, OP_BR, OP_BR_IF, OP_BR_TABLE, OP_CALL, OP_CALL_INDIRECT, OP_ELSE, OP_END,
    OP_IF, OP_LOOP, OP_RETURN,
)

from contractvm.errors import InternalError


@cython.final
cdef class OpenLabels:
    """One body's after the other's; `types` are the module's `FuncTypeCounts`."""

    def __cinit__(self, types):
        self.param_counts = types.params
        self.result_counts = types.results
        self.func_types = types.func_types
        if self.param_counts.shape[0] != self.result_counts.shape[0]:
            raise InternalError("types without results or params")

    def __dealloc__(self):
        free(self.labels)

    cdef int begin_func(self, uint64_t type_index) except -1:
        self.depth = 0
        self.is_live = True
        return self.open_label(OP_BLOCK, type_index)

    cdef int open_label(self, uint32_t opcode, uint64_t block_type) except -1:
        cdef size_t capacity
        cdef Label* labels
        if self.depth == self.capacity:
            capacity = 2 * self.capacity + 16
            labels = <Label*>realloc(self.labels, capacity * sizeof(Label))
            if labels == NULL:
                raise MemoryError()
            self.labels = labels
            self.capacity = capacity
        self.labels[self.depth].opcode = <uint8_t>opcode
        self.labels[self.depth].is_entered = self.is_live
        self.labels[self.depth].is_joined = False
        self.labels[self.depth].has_else = False
        self.labels[self.depth].block_type = block_type
        self.depth += 1
        return 0

    cdef int join_label(self, uint64_t label_depth) except -1:
        """Note that control may jump to a label; a loop's label is its start."""
        if label_depth >= self.depth:
            raise InternalError("a branch leaves the func's body")
        self.labels[self.depth - 1 - label_depth].is_joined = True
        return 0

    cdef int meet_else(self) except -1:
        cdef Label* label = &self.labels[self.depth - 1]
        if label.opcode != OP_IF or label.has_else:
            raise InternalError("an else without its if")
        label.has_else = True
        if self.is_live:
            label.is_joined = True
        self.is_live = label.is_entered
        return 0

    cdef bint meet_end(self) noexcept:
        """Close a label; True if what follows may run when what precedes did not."""
        cdef Label* label = &self.labels[self.depth - 1]
        self.depth -= 1
        if label.opcode == OP_IF:
            # Without an else-arm, a false condition jumps to after the end.
            if not label.has_else and label.is_entered:
                label.is_joined = True
            self.is_live = self.is_live or label.is_joined
            return True
        if label.opcode == OP_BLOCK and label.is_joined:
            self.is_live = True
            return True
        # The end of a loop, or of a block that no branch leaves, is only reached by
        # falling through: what follows runs exactly if what precedes did.
        return False

    cdef int meet_branch(self, const uint8_t* code, Instruction* found) except -1:
        cdef size_t position
        cdef uint64_t _index
        cdef uint32_t label_depth = 0
        if found.opcode == OP_BR_TABLE:
            position = found.b
            # As many labels as read_instruction has read, and the default.
            for _index in range(found.a + 1):
                if read_u32(code, found.end, &position, &label_depth):
                    raise InternalError("a br_table changed while it was read")
                self.join_label(label_depth)
        else:
            self.join_label(found.a)
        return 0

    cdef uint64_t item_count(self, Instruction* found) except? 0:
        """The entries of a br_table, its default not counted; a call's parameters."""
        if found.opcode == OP_BR_TABLE:
            return found.a
        if found.opcode != OP_CALL_INDIRECT or found.a >= <uint64_t>(
            self.param_counts.shape[0]
        ):
            raise InternalError("an instruction without entries or parameters")
        return self.params(found.a)

    cdef uint64_t carried_values(
        self, const uint8_t* code, Instruction* found
    ) except? 0:
        """How many values an instruction carries to where control goes.

        A branch carries those of its label, `return` the func's results, `else` and
        `end` those of their block; what opens a block carries its parameters, and a
        call the callee's.
        """
        cdef uint32_t opcode = found.opcode
        cdef size_t position
        cdef uint32_t label_depth = 0
        if opcode == OP_BR or opcode == OP_BR_IF:
            return self.label_values(found.a)
        if opcode == OP_BR_TABLE:
            # All labels take the same number of values.
            position = found.b
            if read_u32(code, found.end, &position, &label_depth):
                raise InternalError("a br_table changed while it was read")
            return self.label_values(label_depth)
        if opcode == OP_RETURN:
            return self.label_values(self.depth - 1)
        if opcode == OP_ELSE or opcode == OP_END:
            return self.block_results(self.labels[self.depth - 1].block_type)
        if opcode == OP_BLOCK or opcode == OP_LOOP or opcode == OP_IF:
            return self.block_params(found.a)
        if opcode == OP_CALL:
            if found.a >= <uint64_t>self.func_types.shape[0]:
                raise InternalError("a call of a func that there is not")
            return self.params(self.func_types[<size_t>found.a])
        if opcode == OP_CALL_INDIRECT:
            return self.params(found.a)
        return 0

    cdef uint64_t params(self, uint64_t type_index) except? 0:
        if type_index >= <uint64_t>self.param_counts.shape[0]:
            raise InternalError("a type that there is not")
        return self.param_counts[<size_t>type_index]

    cdef uint64_t block_params(self, uint64_t block_type) except? 0:
        return 0 if <int64_t>block_type < 0 else self.params(block_type)

    cdef uint64_t block_results(self, uint64_t block_type) except? 0:
        if <int64_t>block_type < 0:
            return <int64_t>block_type != BLOCK_TYPE_EMPTY
        if block_type >= <uint64_t>self.result_counts.shape[0]:
            raise InternalError("a type that there is not")
        return self.result_counts[<size_t>block_type]

    cdef uint64_t label_values(self, uint64_t label_depth) except? 0:
        cdef Label* label
        if label_depth >= self.depth:
            raise InternalError("a branch leaves the func's body")
        label = &self.labels[self.depth - 1 - label_depth]
        if label.opcode == OP_LOOP:
            return self.block_params(label.block_type)
        return self.block_results(label.block_type)
