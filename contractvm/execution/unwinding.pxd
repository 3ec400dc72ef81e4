"""The end of calls that do not return."""

from contractvm.execution.machine cimport Frame, Machine


cdef int leave_calls(Machine* machine, Frame* first) noexcept
