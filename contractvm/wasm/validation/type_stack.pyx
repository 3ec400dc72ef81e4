# cython: nonecheck=False
"""The operand stack and the control stack of the validation algorithm.

The operand stack is a stack of *runs*: a call with a thousand results pushes one run,
a pointer into the type that names them. So an instruction costs as much as it has runs,
not operands, and a body takes memory linear in its bytes.
"""

from libc.stdlib cimport free, realloc
from libc.string cimport memcmp

from contractvm.wasm.structure.opcodes cimport OP_IF, OP_LOOP

from contractvm.errors import InvalidModule, RefusedModule
from contractvm.wasm.structure.types import ValType

# The byte of each type at its own place: what a run of one operand points to.
cdef uint8_t one_type[256]

for _byte in range(256):
    one_type[_byte] = _byte

VAL_TYPE_NAMES = {int(val_type): val_type.text for val_type in ValType}


cdef class TypeStack:
    """Operands and blocks of one body after another."""

    def __dealloc__(self):
        free(self.runs)
        free(self.frames)

    cdef int clear(self) except -1:
        self.run_count = 0
        self.frame_count = 0
        self.height = 0
        self.greatest_height = 0
        return 0

    # Faults

    cdef object invalid(self, str reason):
        """The error about the current instruction."""
        return InvalidModule(
            reason, self.func_index, self.offset + self.instruction.start
        )

    cdef object mismatch(self, uint8_t expected, uint8_t found):
        names = VAL_TYPE_NAMES
        # Neither is BOTTOM: that matches everything.
        reason = f"type mismatch: {names[expected]} expected, {names[found]} found"
        return self.invalid(reason)

    # Operands

    cdef int push_run(self, const uint8_t* types, uint32_t count) except -1:
        cdef size_t capacity
        cdef void* grown
        if count == 0:
            return 0
        if self.run_count == self.run_capacity:
            # A few runs for each byte of code at most: no wrap below 2**56 bytes.
            capacity = 2 * self.run_capacity if self.run_capacity else 1024
            grown = realloc(self.runs, capacity * sizeof(Run))
            if grown == NULL:
                raise MemoryError
            self.runs = <Run*>grown
            self.run_capacity = capacity
        # run_count < run_capacity: grown above where they were equal.
        self.runs[self.run_count].types = types
        self.runs[self.run_count].count = count
        self.run_count += 1
        self.height += count
        if self.height > self.greatest_height:
            self.greatest_height = self.height
            if self.height > self.max_height:
                raise RefusedModule(
                    f"{self.height} operands on the stack, {self.max_height} allowed",
                    self.func_index,
                    self.offset + self.instruction.start,
                )
        return 0

    cdef int push(self, uint8_t val_type) except -1:
        return self.push_run(&one_type[val_type], 1)

    cdef int push_list(self, TypeList pushed) except -1:
        return self.push_run(pushed.types, pushed.count)

    cdef int pop(self, uint8_t expected) except -1:
        """Pop one operand and return its type, which may be BOTTOM."""
        # There is always a frame while instructions are checked, and a run is never
        # empty, so the last type of the last run exists where run_count > base >= 0.
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef Run* run
        cdef uint8_t found
        if self.run_count == frame.base:
            if frame.is_unreachable:
                return BOTTOM
            raise self.invalid("type mismatch: the operand stack is empty")
        run = &self.runs[self.run_count - 1]
        run.count -= 1
        found = run.types[run.count]
        if run.count == 0:
            self.run_count -= 1
        self.height -= 1
        if found != expected and found != BOTTOM and expected != ANY:
            raise self.mismatch(expected, found)
        return found

    cdef int pop_list(self, TypeList expected) except -1:
        """Pop operands of these types; in unreachable code there may be fewer."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef uint32_t left = expected.count
        cdef uint32_t taken
        cdef Run* run
        while left:
            if self.run_count == frame.base:
                if frame.is_unreachable:
                    return 0
                raise self.invalid("type mismatch: too few operands")
            run = &self.runs[self.run_count - 1]
            taken = min(run.count, left)
            self.compare(run, expected.types, left, taken)
            run.count -= taken
            if run.count == 0:
                self.run_count -= 1
            self.height -= taken
            left -= taken
        return 0

    cdef int peek_list(self, TypeList expected) except -1:
        """Compare operands with these types and leave them where they are."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef size_t run_count = self.run_count
        cdef uint32_t left = expected.count
        cdef uint32_t taken
        cdef Run* run
        while left:
            if run_count == frame.base:
                if frame.is_unreachable:
                    return 0
                raise self.invalid("type mismatch: too few operands")
            run_count -= 1
            run = &self.runs[run_count]
            taken = min(run.count, left)
            self.compare(run, expected.types, left, taken)
            left -= taken
        return 0

    cdef int compare(
        self,
        const Run* run,
        const uint8_t* expected,
        uint32_t expected_end,
        uint32_t count,
    ) except -1:
        """Compare the `count` types before each end; both have as many."""
        cdef const uint8_t* left = run.types + (run.count - count)
        cdef const uint8_t* right = expected + (expected_end - count)
        if left == right:
            return 0
        # BOTTOM is only ever pushed as a run of one.
        if count == 1 and (left[0] == right[0] or left[0] == BOTTOM):
            return 0
        if count == 1 or memcmp(left, right, count) != 0:
            raise self.invalid("type mismatch")
        return 0

    # Blocks

    cdef int push_frame(
        self, uint32_t opcode, TypeList params, TypeList results
    ) except -1:
        cdef size_t capacity
        cdef void* grown
        cdef ControlFrame* frame
        if self.frame_count == self.frame_capacity:
            # A frame takes two bytes of code: no wrap below 2**56 bytes.
            capacity = 2 * self.frame_capacity if self.frame_capacity else 64
            grown = realloc(self.frames, capacity * sizeof(ControlFrame))
            if grown == NULL:
                raise MemoryError
            self.frames = <ControlFrame*>grown
            self.frame_capacity = capacity
        # frame_count < frame_capacity: grown above where they were equal.
        frame = &self.frames[self.frame_count]
        frame.opcode = opcode
        frame.is_unreachable = False
        frame.params = params
        frame.results = results
        frame.base = self.run_count
        frame.base_height = self.height
        self.frame_count += 1
        return self.push_list(params)

    cdef int close_frame(self) except -1:
        """Check the results of the innermost block; it stays on the control stack."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        self.pop_list(frame.results)
        if self.run_count != frame.base:
            raise self.invalid("type mismatch: operands are left at the block's end")
        return 0

    cdef int end_frame(self) except -1:
        """Replace the innermost block by its results."""
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        cdef TypeList results = frame.results
        self.close_frame()
        if frame.opcode == OP_IF and frame.params.number != results.number:
            raise self.invalid("type mismatch: if without else must leave its operands")
        self.frame_count -= 1
        return self.push_list(results)

    cdef int label_types(self, uint64_t label_depth, TypeList* out) except -1:
        """Write the types that a branch to a label takes along to `out`."""
        cdef ControlFrame* frame
        if label_depth >= self.frame_count:
            raise self.invalid(f"unknown label {label_depth}")
        frame = &self.frames[self.frame_count - 1 - label_depth]
        out[0] = frame.params if frame.opcode == OP_LOOP else frame.results
        return 0

    cdef int set_unreachable(self) except -1:
        cdef ControlFrame* frame = &self.frames[self.frame_count - 1]
        self.run_count = frame.base
        self.height = frame.base_height
        frame.is_unreachable = True
        return 0
