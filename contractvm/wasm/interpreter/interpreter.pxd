"""One execution of a func."""

from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.machine cimport Machine
from contractvm.wasm.interpreter.store cimport InstanceCore


cdef class Execution:
    cdef Machine machine
    cdef void* stack
    cdef size_t stack_bytes
    cdef uint64_t* slots
    cdef uint32_t greatest_frame
    cdef int state
    cdef bint is_in_host                 # a host func has been called
    cdef int64_t poll_interval
    cdef int64_t polled_at               # in nanoseconds; 0 before the first poll
    cdef int64_t release_at              # of the lock; 0 before the first poll
    cdef bint is_turn_over               # suspended at a poll, not at a host call
    cdef dict anchors
    cdef readonly InstanceCore core
    cdef readonly size_t func_index

    cdef int begin(self, tuple arguments) except -1
    cdef int release(self) noexcept
    cdef int let_others_run(self) except -1
    cdef int note_place(self) except -1
    cdef object run(self)
    cdef int begin_turn(self) except -1
    cdef int look_up(self) except -1
    cdef object call_host(self)
    cdef int take_result(self, object result) except -1
    cdef int drive(self) except -1
    cdef int drive_table(
        self, InstanceCore core, uint32_t operation, const uint32_t* words
    ) except -1
    cdef tuple results(self)
