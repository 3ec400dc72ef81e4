"""The sequences that instrumentation injects: recognised, to run as one operation.

Each `match_` function is given the first instruction, a `global.get` or `local.get`,
and returns the position behind the sequence, or 0 where the code is anything else; that
runs as it is written.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.wasm.structure.instruction_reader cimport (
    BLOCK_TYPE_EMPTY, Instruction, read_instruction,
)


cdef size_t match_charge(
    const uint8_t* code, size_t size, Instruction* first, uint64_t* cost
) noexcept:
    """The end of a gas charge that begins with `first`; 0 if there is none."""
    cdef Instruction next
    cdef size_t position = first.end
    cdef int step
    for step in range(9):
        if read_instruction(code, size, position, &next):
            return 0
        position = next.end
        if step == 0:
            if next.opcode != 0x42:  # i64.const
                return 0
            cost[0] = next.a
        elif step == 1 and next.opcode != 0x7D:  # i64.sub
            return 0
        elif step == 2 and (next.opcode != 0x24 or next.a != first.a):
            return 0
        elif step == 3 and (next.opcode != 0x23 or next.a != first.a):
            return 0
        elif step == 4 and (next.opcode != 0x42 or next.a != 0):
            return 0
        elif step == 5 and next.opcode != 0x53:  # i64.lt_s
            return 0
        elif step == 6 and (
            next.opcode != 0x04 or <int64_t>next.a != -64
        ):
            return 0
        elif step == 7 and next.opcode != 0x00:  # unreachable
            return 0
        elif step == 8 and next.opcode != 0x0B:  # end
            return 0
    return position


# The opcodes of a func that charges for a size and returns it.
cdef uint8_t[15] SIZED_CHARGER = [
    0x23, 0x20, 0xAD, 0x42, 0x7E,  # global.get local.get extend_i32_u i64.const mul
    0x7D, 0x24, 0x23, 0x42, 0x53,  # i64.sub global.set global.get i64.const lt_s
    0x04, 0x00, 0x0B, 0x20, 0x0B,  # if unreachable end local.get end
]


cdef int64_t match_sized_charger(
    const uint8_t* code, size_t size, uint64_t gas_global
) noexcept:
    """The price of which a func charges as many as its argument says; -1: it does not.

    Nothing but injected code uses the counter, so no func of a contract is like this.
    """
    cdef Instruction next
    cdef size_t position = 0
    cdef int step
    cdef int64_t price = 0
    for step in range(15):
        if read_instruction(code, size, position, &next):
            return -1
        position = next.end
        if next.opcode != SIZED_CHARGER[step]:
            return -1
        if (next.opcode == 0x23 or next.opcode == 0x24) and next.a != gas_global:
            return -1
        if step == 3:
            price = <int64_t>next.a
    return price if position == size else -1


cdef enum Immediate:
    ANY
    COST
    ZERO
    EMPTY
    THE_LOCAL
    THE_GLOBAL

# What follows the first `local.get` of a charge where a local holds the counter too.
cdef uint32_t[12] LOCAL_CHARGE_OPCODES = [
    0x42, 0x7D, 0x22, 0x42, 0x53, 0x04,  # i64.const sub local.tee const lt_s if
    0x20, 0x24, 0x00, 0x0B,  # local.get global.set unreachable end
    0x20, 0x24,  # local.get global.set
]
cdef Immediate[12] LOCAL_CHARGE_IMMEDIATES = [
    COST, ANY, THE_LOCAL, ZERO, ANY, EMPTY,
    THE_LOCAL, THE_GLOBAL, ANY, ANY,
    THE_LOCAL, THE_GLOBAL,
]


cdef size_t match_local_charge(
    const uint8_t* code,
    size_t size,
    Instruction* first,
    const GasLocal* gas,
    uint64_t* cost,
) noexcept:
    """The end of a charge of the counter in a local that begins with `first`, or 0."""
    cdef Instruction next
    cdef size_t position = first.end
    cdef size_t step
    cdef Immediate expected
    for step in range(12):
        if read_instruction(code, size, position, &next):
            return 0
        position = next.end
        if next.opcode != LOCAL_CHARGE_OPCODES[step]:
            return 0
        expected = LOCAL_CHARGE_IMMEDIATES[step]
        if expected == COST:
            cost[0] = next.a
        elif expected == ZERO and next.a != 0:
            return 0
        elif expected == EMPTY and <int64_t>next.a != BLOCK_TYPE_EMPTY:
            return 0
        elif expected == THE_LOCAL and next.a != gas.local_index:
            return 0
        elif expected == THE_GLOBAL and next.a != gas.global_index:
            return 0
    return position


cdef size_t match_load(
    const uint8_t* code, size_t size, size_t position, GasLocal* gas
) noexcept:
    """The end of a load of a global into a local, which are put into `gas`, or 0."""
    cdef Instruction get, put
    if read_instruction(code, size, position, &get) or get.opcode != 0x23:
        return 0
    if read_instruction(code, size, get.end, &put) or put.opcode != 0x21:
        return 0
    gas.global_index = get.a
    gas.local_index = put.a
    return put.end


cdef size_t find_gas_local(
    const uint8_t* code, size_t size, GasLocal* gas
) noexcept:
    """The end of the load that a body begins with, if charges need look at one counter.

    That is: where a local holds what a global does at every place, since both change in
    charges only, and the local is loaded at the start and behind each call. Then the
    local need not be there at all. Otherwise 0, and all runs as it is written.
    """
    cdef Instruction found
    cdef GasLocal other
    cdef uint64_t cost
    cdef size_t start = match_load(code, size, 0, gas)
    cdef size_t position = start
    cdef size_t end
    while start and position < size:
        if read_instruction(code, size, position, &found):
            return 0
        position = found.end
        if found.opcode == 0x20 and found.a == gas.local_index:
            position = match_local_charge(code, size, &found, gas, &cost)
            if position == 0:
                return 0
        elif found.opcode == 0x21 or found.opcode == 0x22:
            if found.a == gas.local_index:
                return 0
        elif found.opcode == 0x24 and found.a == gas.global_index:
            return 0
        elif found.opcode == 0x10 or found.opcode == 0x11:
            end = match_load(code, size, position, &other)
            if (
                end == 0
                or other.local_index != gas.local_index
                or other.global_index != gas.global_index
            ):
                return 0
            position = end
    return start


cdef size_t match_stack_enter(
    const uint8_t* code,
    size_t size,
    Instruction* first,
    uint32_t* count,
    uint32_t* limit,
) noexcept:
    """The end of a stack-height entry sequence that begins with `first`, or 0."""
    cdef Instruction next
    cdef size_t position = first.end
    cdef int step
    for step in range(9):
        if read_instruction(code, size, position, &next):
            return 0
        position = next.end
        if step == 0:
            if next.opcode != 0x41:  # i32.const
                return 0
            count[0] = <uint32_t>next.a
        elif step == 1 and next.opcode != 0x6A:  # i32.add
            return 0
        elif step == 2 and (next.opcode != 0x24 or next.a != first.a):
            return 0
        elif step == 3 and (next.opcode != 0x23 or next.a != first.a):
            return 0
        elif step == 4:
            if next.opcode != 0x41:
                return 0
            limit[0] = <uint32_t>next.a
        elif step == 5 and next.opcode != 0x4B:  # i32.gt_u
            return 0
        elif step == 6 and (
            next.opcode != 0x04 or <int64_t>next.a != -64
        ):
            return 0
        elif step == 7 and next.opcode != 0x00:
            return 0
        elif step == 8 and next.opcode != 0x0B:
            return 0
    return position


cdef size_t match_stack_leave(
    const uint8_t* code, size_t size, Instruction* first, uint32_t* count
) noexcept:
    """The end of a stack-height exit sequence that begins with `first`, or 0."""
    cdef Instruction next
    cdef size_t position = first.end
    cdef int step
    for step in range(3):
        if read_instruction(code, size, position, &next):
            return 0
        position = next.end
        if step == 0:
            if next.opcode != 0x41:
                return 0
            count[0] = <uint32_t>next.a
        elif step == 1 and next.opcode != 0x6B:  # i32.sub
            return 0
        elif step == 2 and (next.opcode != 0x24 or next.a != first.a):
            return 0
    return position
