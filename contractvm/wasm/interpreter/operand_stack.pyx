# cython: nonecheck=False
"""The operand stack of the func being translated: where each of its values is.

An entry that waits in a local is copied to its own slot before that local changes.
"""

cimport cython
from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.code_buffer cimport CodeBuffer, grown

from contractvm.errors import InternalError

cdef enum:
    # Far beyond what engines allow (50,000); a slot number must stay a small number.
    MAX_LOCALS = 1_000_000
    MAX_HEIGHT = 0x7FFFFFFF - MAX_LOCALS


@cython.final
cdef class OperandStack:
    """Descriptions of values, one func's after the other's; it emits their moves."""

    def __cinit__(self, CodeBuffer code not None):
        self.code = code

    def __dealloc__(self):
        free(self.entries)
        free(self.waiting)

    cdef int begin_func(self, uint32_t local_count) except -1:
        """Begin a func whose frame has this many locals, including parameters."""
        self.local_count = local_count
        self.height = self.max_height = self.entry_count = self.settled = 0
        return self.reserve_locals()

    cdef int reserve_locals(self) except -1:
        """Room for the func's locals in `waiting`, where no entry waits between funcs.

        Only new room is filled: many funcs with many locals each cost no more.
        """
        cdef size_t known = self.waiting_capacity
        cdef size_t local
        if self.local_count > MAX_LOCALS:
            raise InternalError(f"more than {MAX_LOCALS} locals in a func")
        self.waiting = <int64_t*>grown(
            self.waiting, &self.waiting_capacity, self.local_count, sizeof(int64_t)
        )
        for local in range(known, self.waiting_capacity):
            self.waiting[local] = -1
        return 0

    cdef int push_entry(
        self, int kind, uint32_t count, uint32_t local, uint64_t value
    ) except -1:
        cdef Entry* entry
        if self.entry_count == self.entry_capacity:
            self.entries = <Entry*>grown(
                self.entries, &self.entry_capacity, self.entry_count + 1, sizeof(Entry)
            )
        entry = &self.entries[self.entry_count]
        entry.kind = kind
        entry.first = <uint32_t>self.height
        entry.count = count
        entry.local = local
        entry.value = value
        if kind == LOCAL:
            entry.previous = self.waiting[local]
            self.waiting[local] = <int64_t>self.entry_count
        self.entry_count += 1
        self.height += count
        if self.height > self.max_height:
            self.max_height = self.height
            if self.height > MAX_HEIGHT:
                raise InternalError(f"more than {MAX_HEIGHT} operands in a func")
        return 0

    cdef int push_result(self) except -1:
        """Push what the last instruction wrote to the new entry's own slot."""
        self.code.producer = <int64_t>self.code.size - 4
        self.push_entry(OWN, 1, 0, 0)
        self.producer_height = self.height
        return 0

    cdef int push_own(self, uint32_t count) except -1:
        if count:
            self.push_entry(OWN, count, 0, 0)
        self.code.producer = -1
        return 0

    cdef int put(self, Entry* entry, size_t index, uint32_t slot) except -1:
        """Copy a value of an entry, at height `index`, to a slot."""
        cdef uint32_t own = self.own_slot(index)
        if entry.kind == LOCAL:
            if entry.local != slot:
                self.code.emit(machine.OP_MOVE, slot, entry.local, 0)
        elif entry.kind == CONSTANT:
            self.code.emit(
                machine.OP_CONST, slot, <uint32_t>entry.value,
                <uint32_t>(entry.value >> 32),
            )
        elif own != slot:
            self.code.emit(machine.OP_MOVE, slot, own, 0)
        return 0

    cdef int settle(self, Entry* entry) except -1:
        """Put an entry into its own slot; none above it waits for its local."""
        if entry.kind == OWN:
            return 0
        self.put(entry, entry.first, self.own_slot(entry.first))
        if entry.kind == LOCAL:
            self.waiting[entry.local] = entry.previous
        entry.kind = OWN
        return 0

    cdef int settle_top(self, uint32_t count) except -1:
        """Put the `count` top values into their own slots; they become one entry.

        So each entry is settled once, however often a branch takes it along.
        """
        cdef size_t low = self.height - count
        cdef size_t index = self.entry_count
        cdef Entry* entry
        if count == 0:
            return 0
        while True:
            # There are `count` values, so an entry begins at `low` or below.
            index -= 1
            entry = &self.entries[index]
            self.settle(entry)
            if entry.first <= low:
                break
        entry.count = <uint32_t>(self.height - entry.first)
        self.entry_count = index + 1
        if self.settled > self.entry_count:
            self.settled = self.entry_count
        return 0

    cdef int settle_all_locals(self) except -1:
        """Put every entry that waits in a local into its own slot."""
        cdef size_t index = self.entry_count
        while index > self.settled:
            index -= 1
            if self.entries[index].kind == LOCAL:
                self.settle(&self.entries[index])
        self.settled = self.entry_count
        return 0

    cdef int settle_local(self, uint32_t local) except -1:
        """Put every entry that waits for one local into its own slot."""
        while self.waiting[local] >= 0:
            self.settle(&self.entries[self.waiting[local]])
        return 0

    cdef int move_top(self, uint32_t count, uint32_t to) except -1:
        """Settle the `count` top values, then copy them to a run of slots.

        Their entries stay on the stack and stay true.
        """
        cdef uint32_t first = self.own_slot(self.height - count)
        self.settle_top(count)
        if count and first != to:
            self.code.emit(machine.OP_MOVE_RUN, to, first, count)
        return 0

    cdef int drop_to(self, size_t height) except -1:
        while self.height > height:
            if self.top().count <= self.height - height:
                # All of the entry, as one value.
                self.height -= self.top().count - 1
                self.top().count = 1
                self.pop()
            else:
                self.top().count -= <uint32_t>(self.height - height)
                self.height = height
        return 0
