# cython: nonecheck=False
"""Locals and globals in register code, where no injected sequence begins with one."""

cimport cython
from libc.stdint cimport int64_t, uint8_t, uint32_t

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport FuncSource
from contractvm.wasm.interpreter.injected_code cimport InjectedCode
from contractvm.wasm.interpreter.operand_stack cimport LOCAL, OWN, Entry, OperandStack
from contractvm.wasm.structure.instruction_reader cimport Instruction
from contractvm.wasm.structure.opcodes cimport TYPE_EXTERNREF, TYPE_FUNCREF


@cython.final
cdef class Variables:
    """Writes what reads and changes variables."""

    def __cinit__(
        self,
        CodeBuffer code not None,
        OperandStack stack not None,
        FuncSource source not None,
        InjectedCode injected not None,
    ):
        self.code = code
        self.stack = stack
        self.source = source
        self.injected = injected

    cdef int local_get(self, Instruction* instruction) except -1:
        if instruction.a == self.source.gas.local_index:
            return self.injected.charge_by_local(instruction)
        return self.stack.push_entry(LOCAL, 1, <uint32_t>instruction.a, 0)

    cdef int local_set(self, uint32_t local) except -1:
        cdef bint is_produced = self.stack.is_produced()
        cdef Entry entry = self.stack.pop()[0]
        if self.stack.waiting[local] >= 0:
            # Below this entry others wait for the old value.
            self.stack.settle_local(local)
            is_produced = False
        if entry.kind == OWN and is_produced:
            self.code.write_to_local(local)
        else:
            self.stack.put(&entry, self.stack.height, local)
        self.code.producer = -1
        return 0

    cdef int global_get(self, Instruction* instruction) except -1:
        cdef uint32_t global_index = <uint32_t>instruction.a
        cdef uint32_t imported = self.source.shape.imported_globals
        cdef uint32_t own = self.stack.next_slot()
        if self.injected.use_counter(instruction):
            return 0
        if global_index == self.source.shape.gas_global:
            self.code.emit(machine.OP_GAS_GET, own, 0, 0)
        elif global_index == self.source.shape.height_global:
            self.code.emit(machine.OP_HEIGHT_GET, own, 0, 0)
        elif global_index < imported:
            self.code.emit(machine.OP_GLOBAL_GET_IMPORTED, own, global_index, 0)
        else:
            self.code.emit(machine.OP_GLOBAL_GET, own, global_index - imported, 0)
        return self.stack.push_result()

    cdef int global_set(self, uint32_t global_index) except -1:
        cdef uint32_t imported = self.source.shape.imported_globals
        cdef uint8_t val_type = self.source.shape.global_types[global_index]
        cdef int64_t a
        if val_type == TYPE_FUNCREF or val_type == TYPE_EXTERNREF:
            self.stack.settle_top(1)
            self.stack.pop()
            return self.code.emit(
                machine.OP_GLOBAL_SET_REFERENCE,
                self.stack.next_slot(), global_index, 0,
            )
        self.stack.pop()
        a = self.stack.slot_of_popped()
        if global_index == self.source.shape.gas_global:
            return self.code.emit(machine.OP_GAS_SET, <uint32_t>a, 0, 0)
        if global_index == self.source.shape.height_global:
            return self.code.emit(machine.OP_HEIGHT_SET, <uint32_t>a, 0, 0)
        if global_index < imported:
            return self.code.emit(
                machine.OP_GLOBAL_SET_IMPORTED, global_index, <uint32_t>a, 0
            )
        return self.code.emit(
            machine.OP_GLOBAL_SET, global_index - imported, <uint32_t>a, 0
        )
