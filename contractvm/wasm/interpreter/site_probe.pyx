# cython: nonecheck=False
"""Counts of the sites that register code passes, and its calls as a tree.

Counting operations are before what is counted, and on each edge of a branch where
these are counted; the entry and every exit of a func are marked where calls make a
tree. Charges that become one operation are recognised as that; others come with a list
of sites, each of which is counted after the charge.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_buffer cimport grown
from contractvm.wasm.interpreter.func_source cimport FuncSource, ModuleShape
from contractvm.wasm.interpreter.injected_sequences cimport match_sized_charger
from contractvm.wasm.interpreter.operation_rules cimport rule_of
from contractvm.wasm.interpreter.probe cimport Probe
from contractvm.wasm.structure.func cimport Func
from contractvm.wasm.structure.instruction_reader cimport Instruction

from contractvm.errors import InternalError
from contractvm.wasm.engines.tracing import EdgeKind, SiteKind, Tracing

cdef enum:
    NOT_A_CHARGER = -1

cdef int BLOCKS = Tracing.BLOCKS
cdef int BRANCHES = Tracing.BRANCHES
cdef int INSTRUCTIONS = Tracing.INSTRUCTIONS
cdef int CHARGE = SiteKind.CHARGE
cdef int SIZED = SiteKind.SIZED
cdef int INSTRUCTION = SiteKind.INSTRUCTION
cdef int ENTRY = SiteKind.ENTRY
cdef int EDGE = SiteKind.EDGE
cdef int BACK_EDGE = EdgeKind.BACK


@cython.final
cdef class SiteProbe(Probe):
    """Counts charges and sized work, or instructions, as `tracing` says."""

    def __cinit__(self, int tracing):
        self.tracing = tracing
        self.traces_blocks = tracing == BLOCKS or tracing == BRANCHES
        self.keeps_loop_heads = True

    def __dealloc__(self):
        free(self.prices)
        free(self.sites)

    cdef int find_chargers(self, tuple funcs) except -1:
        """Learn the counter, and which funcs charge for sizes."""
        cdef ModuleShape* shape = self.source.shape
        cdef size_t number
        cdef Func func
        self.func_count = len(funcs)
        self.prices = <int64_t*>calloc(self.func_count + 1, sizeof(int64_t))
        if self.prices == NULL:
            raise InternalError("out of memory in translation")
        self.counts_charges = True
        for number in range(self.func_count):
            func = funcs[number]
            self.prices[number] = NOT_A_CHARGER
            if shape.imported_funcs + number >= shape.first_injected_func:
                self.prices[number] = match_sized_charger(
                    func.code, len(func.code), shape.gas_global
                )
        return 0

    cdef int take_sites(self, listed) except -1:
        """Learn where charges have been paid; none is recognised then."""
        cdef const uint32_t[::1] func_numbers = listed.func_numbers
        cdef const uint64_t[::1] positions = listed.positions
        cdef const uint8_t[::1] kinds = listed.kinds
        cdef const uint64_t[::1] units = listed.units
        cdef size_t count = func_numbers.shape[0]
        cdef size_t index
        if not (
            count == <size_t>positions.shape[0] == <size_t>kinds.shape[0]
            and count == <size_t>units.shape[0]
        ):
            raise InternalError("a list of sites with columns of other lengths")
        self.sites = <SiteCells*>grown(
            self.sites, &self.site_capacity, count, sizeof(SiteCells)
        )
        for index in range(count):
            # index < count, the length of each column, and of `sites`.
            self.sites[index].func_number = func_numbers[index]
            self.sites[index].position = positions[index]
            self.sites[index].kind = kinds[index]
            self.sites[index].units = units[index]
        self.site_count = count
        self.is_listed = True
        self.counts_charges = False
        return 0

    cdef int pass_sites(self) except -1:
        """Count at the listed sites before the instruction that is translated."""
        cdef FuncSource source = self.source
        cdef SiteCells* site
        cdef uint32_t number
        while self.next_site < self.site_count:
            # next_site < site_count, the length of `sites`.
            site = &self.sites[self.next_site]
            if site.func_number > source.func_number or (
                site.func_number == source.func_number
                and site.position > source.position
            ):
                return 0
            number = <uint32_t>self.next_site
            self.next_site += 1
            # One of code that cannot run is passed by.
            if site.func_number < source.func_number or (
                site.position < source.position
            ):
                continue
            if site.kind == SIZED:
                self.emit_sized(number, <uint32_t>site.units)
            else:
                self.emit_count(number, site.units)
        return 0

    cdef bint is_charger(self) noexcept:
        return (
            self.source.func_number < self.func_count
            and self.prices[self.source.func_number] != NOT_A_CHARGER
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
        site.func_number = self.source.func_number
        site.kind = kind
        site.position = self.source.position
        site.units = units
        self.site_count += 1
        return <uint32_t>(self.site_count - 1)

    cdef int count(self, int kind, uint64_t units) except -1:
        """Count that control passes here, and book units on the func that runs."""
        return self.emit_count(self.add_site(kind, units), units)

    cdef int emit_count(self, uint32_t site, uint64_t units) except -1:
        return self.code.emit(
            machine.OP_COUNT, site, <uint32_t>units, <uint32_t>(units >> 32)
        )

    cdef int count_sized(self, int kind, uint32_t price) except -1:
        """As `count`, for what is on top of the stack, and add that up too."""
        return self.emit_sized(self.add_site(kind, price), price)

    cdef int emit_sized(self, uint32_t site, uint32_t price) except -1:
        if self.stack.height == 0:
            raise InternalError("a sized site where there is no operand")
        self.stack.settle_top(1)
        return self.code.emit(
            machine.OP_COUNT_SIZED, site,
            self.stack.own_slot(self.stack.height - 1), price,
        )

    # Points

    cdef int enter(self) except -1:
        if self.tracing == INSTRUCTIONS:
            return self.count(ENTRY, 0)
        self.splits_edges = self.tracing == BRANCHES and not self.is_charger()
        if self.is_charger():
            return 0
        return self.code.emit(
            machine.OP_TRACE_ENTER,
            self.source.shape.imported_funcs + self.source.func_number, 0, 0,
        )

    cdef int leave(self) except -1:
        if self.traces_blocks and not self.is_charger():
            self.code.emit(machine.OP_TRACE_LEAVE, 0, 0, 0)
        return 0

    cdef int instruction(self, Instruction* instruction) except -1:
        if self.is_listed:
            return self.pass_sites()
        if self.tracing != INSTRUCTIONS:
            return 0
        if rule_of(instruction.opcode).is_sized:
            return self.count_sized(INSTRUCTION, 0)
        return self.count(INSTRUCTION, 0)

    cdef int edge(self, int kind) except -1:
        cdef uint32_t site
        if not self.splits_edges or kind == BACK_EDGE:
            return 0
        site = self.add_site(EDGE, kind)
        return self.emit_count(site, 0)

    cdef int charge(self, bint is_free, uint64_t cost) except -1:
        if self.counts_charges and not is_free:
            self.count(CHARGE, cost)
        return 0

    cdef int call(self, uint32_t func_index) except -1:
        cdef int64_t number = <int64_t>func_index - self.source.shape.imported_funcs
        # A valid func index: number < func_count, the length of prices.
        if self.traces_blocks and number >= 0:
            if self.prices[number] != NOT_A_CHARGER:
                self.count_sized(SIZED, <uint32_t>self.prices[number])
        return 0
