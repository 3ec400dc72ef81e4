# cython: nonecheck=False
"""What register code records of its runs: nothing here, more in each kind of tracing.

The translator asks at each point, before the code of what is to be recorded. No fusion
crosses what a probe emits, since it fuses neighbours only.
"""

from libc.stdint cimport uint32_t, uint64_t

from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.operand_stack cimport OperandStack
from contractvm.wasm.structure.instruction_reader cimport Instruction


cdef class Probe:
    """Emits nothing at any point."""

    cdef int attach(
        self, CodeBuffer code, OperandStack stack, FuncSource source
    ) except -1:
        """Learn where to emit, and of what."""
        self.code = code
        self.stack = stack
        self.source = source
        return 0

    cdef int enter(self) except -1:
        """Before all code of a func."""
        return 0

    cdef int leave(self) except -1:
        """Before a func's return."""
        return 0

    cdef int instruction(self, Instruction* instruction) except -1:
        """Before a live instruction."""
        return 0

    cdef int edge(self, int kind) except -1:
        """On an edge of control flow, of an `EdgeKind`."""
        return 0

    cdef int compare(self, Instruction* instruction) except -1:
        """Before an operator, its operands on top of the stack."""
        return 0

    cdef int compare_switch(self, uint32_t slot, uint32_t count) except -1:
        """Before a br_table of `count` labels and the default, by a slot's number."""
        return 0

    cdef int charge(self, bint is_free, uint64_t cost) except -1:
        """Before a charge; a loop without one begins with a free one."""
        return 0

    cdef int call(self, uint32_t func_index) except -1:
        """Before a call, its arguments on top of the stack."""
        return 0

    cdef int call_indirect(self, Instruction* instruction) except -1:
        """Before a call through a table, the index there on top of the stack."""
        return 0
