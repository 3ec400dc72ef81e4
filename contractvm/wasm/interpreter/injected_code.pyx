# cython: nonecheck=False
"""Register code of what instrumentation injected: charges and the height's checks.

Where a body was instrumented so that a local follows the counter, register code has no
such local: a charge names the counter's cell anyhow.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer
from contractvm.wasm.interpreter.func_source cimport NO_INDEX, UNKNOWN, FuncSource
from contractvm.wasm.interpreter.injected_sequences cimport (
    GasLocal, find_gas_local, is_for_floats_only, match_canonical, match_charge,
    match_load, match_local_charge, match_stack_enter, match_stack_leave,
)
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.instruction_reader cimport Instruction, read_instruction
from contractvm.wasm.structure.opcodes cimport OP_GLOBAL_GET, OP_LOCAL_GET, OP_LOCAL_TEE

from contractvm.errors import InternalError


@cython.final
cdef class InjectedCode:
    """Recognises injected sequences, and goes past what it has written code for."""

    def __cinit__(
        self, CodeBuffer code not None, FuncSource source not None, Probe probe not None
    ):
        self.code = code
        self.source = source
        self.probe = probe

    cdef int skip_first_load(
        self, uint32_t* declared_locals, uint32_t params, size_t* position
    ) except -1:
        """Go past the load of a gas local; it takes no slot if it is the last one.

        A body that begins with a read of the gas counter was instrumented with one.
        """
        cdef FuncSource source = self.source
        cdef size_t end = 0
        if source.shape.gas_global != NO_INDEX:
            end = find_gas_local(source.body, source.body_size, &source.gas)
        if (
            end == 0
            or source.gas.global_index != source.shape.gas_global
            # Instrumentation appends a local: it is no parameter, and there is one.
            or source.gas.local_index < params
        ):
            source.gas.local_index = NO_INDEX
            return 0
        position[0] = end
        # local_index >= params, and valid: at least one local is declared.
        if source.gas.local_index + 1 == <uint64_t>params + declared_locals[0]:
            declared_locals[0] -= 1
        return 0

    cdef int skip_load(self, Instruction* instruction) except -1:
        """Go past the load of the gas local after a call."""
        cdef GasLocal loaded
        if self.source.gas.local_index != NO_INDEX:
            instruction.end = match_load(
                self.source.body, self.source.body_size, instruction.end, &loaded
            )
            if instruction.end == 0:
                raise InternalError("a gas local changed while it was read")
        return 0

    cdef int skip_replacement(
        self, Instruction* instruction, int float_bits
    ) except -1:
        """Go past the replacement of a NaN by the canonical one, which the loop made.

        Not where the local that it uses is read elsewhere. The first such local of a
        type is the only one: what instrumentation wrote has one.
        """
        cdef FuncSource source = self.source
        cdef bint is_f64 = float_bits == 64
        cdef uint64_t local = 0
        cdef size_t end
        if (
            float_bits == 0
            or instruction.end >= source.body_size
            or source.body[instruction.end] != OP_LOCAL_TEE
        ):
            return 0
        end = match_canonical(
            source.body, source.body_size, instruction.end, is_f64, &local
        )
        if end == 0:
            return 0
        if source.float_locals[is_f64] == UNKNOWN:
            source.float_locals[is_f64] = NO_INDEX
            if is_for_floats_only(source.body, source.body_size, is_f64, local):
                source.float_locals[is_f64] = local
        if local == source.float_locals[is_f64]:
            instruction.end = end
        return 0

    cdef int charge(self, int operation, bint is_free, uint64_t cost) except -1:
        self.probe.charge(is_free, cost)
        return self.code.charge(operation, is_free, cost)

    cdef int charge_by_local(self, Instruction* instruction) except -1:
        """The charge that begins with a read of the gas local."""
        cdef uint64_t cost = 0
        instruction.end = match_local_charge(
            self.source.body, self.source.body_size, instruction, &self.source.gas,
            &cost,
        )
        if instruction.end == 0:
            raise InternalError("a gas local changed while it was read")
        return self.charge(machine.OP_CHARGE, False, cost)

    cdef int charge_loop(self, Instruction* instruction) except -1:
        """The head of a loop, which does the charge that the loop begins with."""
        cdef FuncSource source = self.source
        cdef Instruction next
        cdef uint64_t cost = 0
        cdef size_t end = 0
        source.position = instruction.end
        if read_instruction(
            source.body, source.body_size, instruction.end, &next
        ) == 0:
            if next.opcode == OP_GLOBAL_GET and next.a == source.shape.gas_global:
                end = match_charge(source.body, source.body_size, &next, &cost)
            elif next.opcode == OP_LOCAL_GET and next.a == source.gas.local_index:
                end = match_local_charge(
                    source.body, source.body_size, &next, &source.gas, &cost
                )
        if end:
            instruction.end = end
        return self.charge(machine.OP_CHARGE_LOOP, end == 0, cost)

    cdef int use_counter(self, Instruction* instruction) except -1:
        """Write the sequence that begins with a `global.get`; 0 if none does."""
        cdef FuncSource source = self.source
        cdef int64_t fusible = <int64_t>self.code.size
        cdef uint64_t cost = 0
        cdef uint32_t count = 0
        cdef uint32_t limit = 0
        cdef size_t end = 0
        if instruction.a == source.shape.gas_global:
            end = match_charge(source.body, source.body_size, instruction, &cost)
            if end:
                self.charge(machine.OP_CHARGE, False, cost)
        elif instruction.a == source.shape.height_global:
            end = match_stack_enter(
                source.body, source.body_size, instruction, &count, &limit
            )
            if end:
                self.code.emit(machine.OP_STACK_ENTER, 0, count, limit)
                self.code.fusible = fusible
            else:
                end = match_stack_leave(
                    source.body, source.body_size, instruction, &count
                )
                if end:
                    self.code.emit(machine.OP_STACK_LEAVE, 0, count, 0)
                self.code.fusible = fusible if end else -1
        if end == 0:
            return 0
        instruction.end = end
        return 1
