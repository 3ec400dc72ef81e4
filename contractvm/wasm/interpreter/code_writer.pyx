# cython: nonecheck=False
"""Register code being written, with the operand stack as descriptions of values.

What holds at any time, and makes the code right:

* an entry that waits in a local is copied to its own slot before that local changes;
* the last instruction may be changed as long as no branch comes in behind it:
  `producer`, `fusible`, `stepped` and `accumulated` say how, and are all forgotten at
  every label (`forget_last`).
"""

from libc.stdint cimport int64_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

from contractvm.wasm.interpreter cimport machine
from contractvm.wasm.interpreter.operation_rules cimport facts_of

from contractvm.errors import InternalError

cdef enum:
    # Far beyond what engines allow (50,000); a slot number must stay a small number.
    MAX_LOCALS = 1_000_000
    MAX_HEIGHT = 0x7FFFFFFF - MAX_LOCALS


cdef void* grown(void* array, size_t* capacity, size_t needed, size_t size) except NULL:
    """`array` with room for `needed` items; at least doubled where it must grow."""
    cdef size_t wanted = capacity[0] * 2
    cdef void* larger
    if needed <= capacity[0] and array != NULL:
        return array
    if wanted < needed:
        wanted = needed
    if wanted < 16:
        wanted = 16
    larger = realloc(array, wanted * size)
    if larger == NULL:
        raise InternalError("out of memory in translation")
    capacity[0] = wanted
    return larger

cdef class CodeWriter:
    """One code array for all funcs of a module, and one func's operand stack."""

    def __dealloc__(self):
        free(self.code)
        free(self.entries)
        free(self.waiting)

    cdef int begin_func(self, uint32_t local_count) except -1:
        """Begin a func whose frame has so many locals, parameters included."""
        self.local_count = local_count
        self.height = self.max_height = self.entry_count = self.settled = 0
        self.reserve_locals()
        return self.forget_last()

    cdef int forget_last(self) noexcept:
        """A branch may come in here: the last instruction stays as it is."""
        self.producer = self.fusible = self.accumulated = self.stepped = -1
        return 0

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
    cdef int reserve_code(self, size_t words) except -1:
        # Distances are signed 32-bit numbers of words.
        if self.code_size + words > 0x7FFFFFFF:
            raise InternalError("the module's register code is too large")
        self.code = <uint32_t*>grown(
            self.code, &self.code_capacity, self.code_size + words, sizeof(uint32_t)
        )
        return 0

    cdef int emit(self, int operation, uint32_t a, uint32_t b, uint32_t c) except -1:
        cdef uint32_t* words
        self.reserve_code(4)
        words = self.code + self.code_size
        if self.accumulated == <int64_t>b and facts_of(operation).from_accumulator:
            operation = facts_of(operation).from_accumulator
        if facts_of(operation).is_computing:
            self.accumulated = a
        elif not facts_of(operation).is_keeping:
            self.accumulated = -1
        words[0] = operation
        words[1] = a
        words[2] = b
        words[3] = c
        self.code_size += 4
        return 0

    cdef int emit_unit(self, uint32_t word) except -1:
        """The second unit of an instruction that needs more words."""
        cdef size_t index
        self.reserve_code(4)
        self.code[self.code_size] = word
        for index in range(1, 4):
            self.code[self.code_size + index] = 0
        self.code_size += 4
        return 0

    # The operand stack

    cdef uint32_t own_slot(self, size_t index) noexcept:
        return self.local_count + <uint32_t>index

    cdef int push_entry(
        self, int kind, uint32_t count, uint32_t local, uint64_t value
    ) except -1:
        cdef Entry* entry
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

    cdef int push(self, int kind, uint32_t local, uint64_t value) except -1:
        return self.push_entry(kind, 1, local, value)

    cdef int push_result(self) except -1:
        """Push what the last instruction wrote to the new entry's own slot."""
        self.producer = <int64_t>self.code_size - 4
        self.push(OWN, 0, 0)
        self.producer_height = self.height
        return 0

    cdef int push_own(self, uint32_t count) except -1:
        if count:
            self.push_entry(OWN, count, 0, 0)
        self.producer = -1
        return 0

    cdef Entry* top(self) noexcept:
        """The entry that the top value belongs to."""
        return &self.entries[self.entry_count - 1]

    cdef Entry* below_top(self) noexcept:
        """The entry that the value below the top one belongs to."""
        cdef Entry* entry = self.top()
        return entry if entry.count > 1 else entry - 1

    cdef Entry* pop(self) noexcept:
        """Remove the top value; its entry stays as it is until the next push."""
        cdef Entry* entry = &self.entries[self.entry_count - 1]
        self.height -= 1
        if entry.count > 1:
            entry.count -= 1
            self.popped = self.entry_count - 1
            return entry
        self.entry_count -= 1
        self.popped = self.entry_count
        # The top entry is the highest one that waits for its local.
        if entry.kind == LOCAL:
            self.waiting[entry.local] = entry.previous
        if self.settled > self.entry_count:
            self.settled = self.entry_count
        return entry

    cdef int put(self, Entry* entry, size_t index, uint32_t slot) except -1:
        """Copy a value of an entry, at height `index`, to a slot."""
        cdef uint32_t own = self.own_slot(index)
        if entry.kind == LOCAL:
            if entry.local != slot:
                self.emit(machine.OP_MOVE, slot, entry.local, 0)
        elif entry.kind == CONSTANT:
            self.emit(
                machine.OP_CONST, slot, <uint32_t>entry.value,
                <uint32_t>(entry.value >> 32),
            )
        elif own != slot:
            self.emit(machine.OP_MOVE, slot, own, 0)
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

    cdef int settle_locals(self) except -1:
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

    cdef int64_t slot_of_popped(self) except -1:
        """The slot that holds the value just popped; a constant is put into its own."""
        cdef Entry* entry = &self.entries[self.popped]
        if entry.kind == LOCAL:
            return entry.local
        if entry.kind == CONSTANT:
            self.put(entry, self.height, self.own_slot(self.height))
        return self.own_slot(self.height)

    cdef bint is_produced(self) noexcept:
        """True if the last instruction wrote the top entry and nothing jumps behind."""
        return (
            self.producer >= 0
            and self.producer + 4 == <int64_t>self.code_size
            and self.producer_height == self.height
            and self.top().kind == OWN
        )

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

    cdef int charge(
        self, int operation, uint32_t global_index, uint64_t cost
    ) except -1:
        """A charge; a branch or entry just before it does it in passing."""
        cdef uint32_t* last
        if self.is_fusible():
            last = self.code + self.fusible
            if last[0] == machine.OP_STACK_ENTER:
                last[0] = machine.OP_STACK_ENTER_CHARGE
            elif facts_of(last[0]).then_charge and operation == machine.OP_CHARGE:
                last[0] = facts_of(last[0]).then_charge
        return self.emit(
            operation, global_index, <uint32_t>cost, <uint32_t>(cost >> 32)
        )

    cdef bint is_fusible(self) noexcept:
        """True if the last instruction is one that may do what follows it as well."""
        return self.fusible >= 0 and self.fusible + 4 == <int64_t>self.code_size
