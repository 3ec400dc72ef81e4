# cython: nonecheck=False
"""From validated Wasm code to register code that records what it does.

The translator of all code, with counting operations before what is counted, and with
the entry and every exit of a func marked where calls make a tree. No fusion crosses a
counting operation, since it fuses neighbours only; what remains is that a branch to a
loop must not do the charge at the loop's head on the way.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.branch_writer cimport LOOP_LABEL, NO_INDEX, Label
from contractvm.wasm.interpreter.code_writer cimport CodeWriter, grown
from contractvm.wasm.interpreter.injected_sequences cimport match_sized_charger
from contractvm.wasm.interpreter.operation_rules cimport rule_of
from contractvm.wasm.interpreter.translator cimport Translator
from contractvm.wasm.structure.func cimport Func
from contractvm.wasm.structure.instruction_reader cimport Instruction
from contractvm.wasm.structure.opcodes cimport (
    OP_GLOBAL_GET,
)

from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import SiteKind, Tracing

cdef enum:
    NOT_A_CHARGER = -1

cdef int BLOCKS = Tracing.BLOCKS
cdef int INSTRUCTIONS = Tracing.INSTRUCTIONS
cdef int CHARGE = SiteKind.CHARGE
cdef int SIZED = SiteKind.SIZED
cdef int INSTRUCTION = SiteKind.INSTRUCTION
cdef int ENTRY = SiteKind.ENTRY


cdef class TracedTranslator(Translator):
    """Translates the funcs of one module, each once and in order."""

    def __init__(self, int tracing):
        self.tracing = tracing
        self.charged_cell = -1

    def __dealloc__(self):
        free(self.prices)
        free(self.sites)

    cdef int find_chargers(self, tuple funcs) except -1:
        """Learn the counter, and which funcs charge for sizes; `shape` is set."""
        cdef uint64_t gas_global = self.shape.gas_global
        cdef size_t number
        cdef Func func
        self.func_count = len(funcs)
        self.prices = <int64_t*>calloc(self.func_count + 1, sizeof(int64_t))
        if self.prices == NULL:
            raise InternalError("out of memory in translation")
        self.charged_cell = <int64_t>(gas_global - self.shape.imported_globals)
        for number in range(self.func_count):
            func = funcs[number]
            self.prices[number] = NOT_A_CHARGER
            if self.shape.imported_funcs + number >= self.shape.first_injected_func:
                self.prices[number] = match_sized_charger(
                    func.code, len(func.code), gas_global
                )
        return 0

    cdef bint is_charger(self) noexcept:
        return (
            self.func_number < self.func_count
            and self.prices[self.func_number] != NOT_A_CHARGER
        )

    # Sites

    cdef uint32_t add_site(self, int kind, uint64_t units) except? 0:
        cdef SiteCells* site
        if self.site_count == 0xFFFFFFFF:
            raise InternalError("the module has too many sites")
        self.sites = <SiteCells*>grown(
            self.sites, &self.site_capacity, self.site_count + 1, sizeof(SiteCells)
        )
        site = &self.sites[self.site_count]
        site.func_number = self.func_number
        site.kind = kind
        site.position = self.position
        site.units = units
        self.site_count += 1
        return <uint32_t>(self.site_count - 1)

    cdef int count(self, int kind, uint64_t units) except -1:
        """Count that control passes here, and book units on the func that runs."""
        cdef uint32_t site = self.add_site(kind, units)
        return self.emit(
            machine.OP_COUNT, site, <uint32_t>units, <uint32_t>(units >> 32)
        )

    cdef int count_sized(self, int kind, uint32_t price) except -1:
        """As `count`, for what is on top of the stack, and add that up too."""
        cdef uint32_t site = self.add_site(kind, price)
        self.settle_top(1)
        return self.emit(
            machine.OP_COUNT_SIZED, site, self.own_slot(self.height - 1), price
        )

    # What the translator does, with its traces

    cdef uint32_t translate_func(
        self, uint32_t type_index, uint32_t declared_locals, bytes code
    ) except? 0:
        cdef uint32_t slots
        self.position = 0
        self.forget_last()
        if self.tracing == INSTRUCTIONS:
            self.count(ENTRY, 0)
        elif not self.is_charger():
            self.emit(
                machine.OP_TRACE_ENTER,
                self.shape.imported_funcs + self.func_number, 0, 0,
            )
        slots = Translator.translate_func(self, type_index, declared_locals, code)
        self.func_number += 1
        return slots

    cdef int find_gas(
        self, uint32_t* declared_locals, uint32_t params, size_t* position
    ) except -1:
        if self.tracing == BLOCKS:
            return Translator.find_gas(self, declared_locals, params, position)
        # What looks like injected code is the contract's own.
        self.gas.local_index = NO_INDEX
        return 0

    cdef int translate_instruction(self, Instruction* instruction) except -1:
        self.position = instruction.start
        if self.tracing == INSTRUCTIONS:
            if rule_of(instruction.opcode).is_sized:
                self.count_sized(INSTRUCTION, 0)
            else:
                self.count(INSTRUCTION, 0)
            if instruction.opcode == OP_GLOBAL_GET:
                return self.plain_global_get(<uint32_t>instruction.a)
        return Translator.translate_instruction(self, instruction)

    cdef int translate_dead(self, Instruction* instruction) except -1:
        self.position = instruction.start
        return Translator.translate_dead(self, instruction)

    cdef int begin_loop(self, Instruction* instruction) except -1:
        if self.tracing == BLOCKS:
            # Of the charge that the loop begins with.
            self.position = instruction.end
            return Translator.begin_loop(self, instruction)
        self.begin(LOOP_LABEL, instruction.a)
        self.forget_last()
        return self.charge(machine.OP_CHARGE_LOOP, self.shape.own_globals, 0)

    cdef int charge(
        self, int operation, uint32_t global_index, uint64_t cost
    ) except -1:
        if global_index == self.charged_cell:
            self.count(CHARGE, cost)
        return CodeWriter.charge(self, operation, global_index, cost)

    cdef int emit_jump(
        self, Label* label, int operation, uint32_t b, uint32_t c
    ) except -1:
        if label.kind != LOOP_LABEL:
            return Translator.emit_jump(self, label, operation, b, c)
        self.emit(operation, 0, b, c)
        return self.target(label, self.code_size - 3, self.code_size - 4)

    cdef int emit_return(self) except -1:
        if self.tracing == BLOCKS and not self.is_charger():
            self.emit(machine.OP_TRACE_LEAVE, 0, 0, 0)
        return Translator.emit_return(self)

    cdef int call(self, uint32_t func_index) except -1:
        cdef int64_t number = <int64_t>func_index - self.shape.imported_funcs
        # A valid func index: number < func_count, the length of prices.
        if self.tracing == BLOCKS and number >= 0:
            if self.prices[number] != NOT_A_CHARGER:
                self.count_sized(SIZED, <uint32_t>self.prices[number])
        return Translator.call(self, func_index)
