# cython: nonecheck=False
"""Locals and globals, and the local that holds what the gas counter does.

Where a body was instrumented so that a local follows the counter, register code has no
such local: a charge names the counter's cell anyhow.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.branch_writer cimport NO_INDEX, BranchWriter
from contractvm.wasm.interpreter.code_writer cimport LOCAL, OWN, Entry
from contractvm.wasm.interpreter.injected_sequences cimport (
    GasLocal, find_gas_local, match_charge, match_load, match_local_charge,
    match_stack_enter, match_stack_leave,
)
from contractvm.wasm.structure.instruction_reader cimport Instruction
from contractvm.wasm.structure.opcodes cimport TYPE_EXTERNREF, TYPE_FUNCREF

from contractvm.errors import InternalError

cdef class VariableWriter(BranchWriter):
    """Adds variables to what is written, and the sequences that begin with one."""

    cdef int find_gas(
        self, uint32_t* declared_locals, uint32_t params, size_t* position
    ) except -1:
        """Go past the load of a gas local; it takes no slot if it is the last one.

        A body that begins with a read of the gas counter was instrumented with one.
        """
        cdef size_t end = find_gas_local(self.body, self.body_size, &self.gas)
        if (
            end == 0
            or self.gas.global_index != self.shape.gas_global
            # Instrumentation appends a local: it is no parameter, and there is one.
            or self.gas.local_index < params
        ):
            self.gas.local_index = NO_INDEX
            return 0
        position[0] = end
        # local_index >= params, and valid: at least one local is declared.
        if self.gas.local_index + 1 == <uint64_t>params + declared_locals[0]:
            declared_locals[0] -= 1
        return 0

    cdef int skip_load(self, Instruction* instruction) except -1:
        """Go past the load of the gas local behind a call."""
        cdef GasLocal loaded
        if self.gas.local_index != NO_INDEX:
            instruction.end = match_load(
                self.body, self.body_size, instruction.end, &loaded
            )
            if instruction.end == 0:
                raise InternalError("a gas local changed while it was read")
        return 0

    cdef int local_get(self, Instruction* instruction) except -1:
        cdef uint64_t cost = 0
        if instruction.a != self.gas.local_index:
            return self.push(LOCAL, <uint32_t>instruction.a, 0)
        instruction.end = match_local_charge(
            self.body, self.body_size, instruction, &self.gas, &cost
        )
        if instruction.end == 0:
            raise InternalError("a gas local changed while it was read")
        return self.charge(machine.OP_CHARGE, self.gas_cell(), cost)

    cdef int local_set(self, uint32_t local) except -1:
        cdef bint is_produced = self.is_produced()
        cdef Entry entry = self.pop()[0]
        if self.waiting[local] >= 0:
            # Below this entry others wait for the old value.
            self.settle_local(local)
            is_produced = False
        if entry.kind == OWN and is_produced:
            if self.accumulated == self.code[self.producer + 1]:
                self.accumulated = local
            self.code[self.producer + 1] = local
            self.stepped = self.producer
        else:
            self.put(&entry, self.height, local)
        self.producer = -1
        return 0

    cdef int plain_global_get(self, uint32_t global_index) except -1:
        cdef uint32_t imported = self.shape.imported_globals
        cdef uint32_t own = self.own_slot(self.height)
        if global_index < imported:
            self.emit(machine.OP_GLOBAL_GET_IMPORTED, own, global_index, 0)
        else:
            self.emit(machine.OP_GLOBAL_GET, own, global_index - imported, 0)
        return self.push_result()

    cdef int global_get(self, Instruction* instruction) except -1:
        cdef uint32_t global_index = <uint32_t>instruction.a
        cdef uint32_t imported = self.shape.imported_globals
        cdef uint64_t cost = 0
        cdef uint32_t count = 0
        cdef uint32_t limit = 0
        cdef size_t end
        if global_index == self.shape.gas_global:
            end = match_charge(self.body, self.body_size, instruction, &cost)
            if end:
                instruction.end = end
                return self.charge(machine.OP_CHARGE, global_index - imported, cost)
        elif global_index == self.shape.height_global:
            global_index -= imported
            self.fusible = <int64_t>self.code_size
            end = match_stack_enter(
                self.body, self.body_size, instruction, &count, &limit
            )
            if end:
                instruction.end = end
                return self.emit(machine.OP_STACK_ENTER, global_index, count, limit)
            end = match_stack_leave(self.body, self.body_size, instruction, &count)
            if end:
                instruction.end = end
                return self.emit(machine.OP_STACK_LEAVE, global_index, count, 0)
            self.fusible = -1
        return self.plain_global_get(<uint32_t>instruction.a)

    cdef int global_set(self, uint32_t global_index) except -1:
        cdef uint32_t imported = self.shape.imported_globals
        cdef uint8_t val_type = self.shape.global_types[global_index]
        cdef int64_t a
        if val_type == TYPE_FUNCREF or val_type == TYPE_EXTERNREF:
            self.settle_top(1)
            self.pop()
            return self.emit(
                machine.OP_GLOBAL_SET_REFERENCE,
                self.own_slot(self.height), global_index, 0,
            )
        self.pop()
        a = self.slot_of_popped()
        if global_index < imported:
            return self.emit(
                machine.OP_GLOBAL_SET_IMPORTED, global_index, <uint32_t>a, 0
            )
        return self.emit(
            machine.OP_GLOBAL_SET, global_index - imported, <uint32_t>a, 0
        )
