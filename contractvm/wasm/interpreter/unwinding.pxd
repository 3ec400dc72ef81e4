"""The end of calls that do not return."""

from contractvm.wasm.interpreter.machine cimport Frame, Machine


cdef int leave_calls(Machine* machine, Frame* first) noexcept
cdef int note_stop(Machine* machine) noexcept
cdef object code_place(Machine* machine)
