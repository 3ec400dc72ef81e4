"""The sequences that instrumentation injects: recognised, to run as one operation.

They are read from their templates. Each `match_` function is given the first
instruction, a `global.get` or `local.get`, and returns the position after the sequence,
or 0 where the code is anything else; that runs as it is written.
"""

from libc.stddef cimport size_t
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

from contractvm.wasm.interpreter.operation_rules cimport rule_of
from contractvm.wasm.structure.instruction_reader cimport Instruction, read_instruction
from contractvm.wasm.structure.opcodes cimport (
    OP_CALL, OP_CALL_INDIRECT, OP_GLOBAL_SET, OP_LOCAL_GET, OP_LOCAL_SET, OP_LOCAL_TEE,
)

from contractvm.errors import InternalError
from contractvm.wasm.structure import templates
from contractvm.wasm.structure.opcodes import BY_MNEMONIC
from contractvm.wasm.structure.templates import Hole

cdef enum:
    MAX_STEPS = 16
    MAX_HOLES = 8
    LITERAL = -1

# One instruction of a sequence; `literal` is its immediate where it has no hole.
cdef struct Step:
    uint32_t opcode
    int hole
    uint64_t literal

cdef struct Pattern:
    size_t count
    Step steps[MAX_STEPS]

# What the holes are known to hold: a bit of `known` and a value for each.
cdef struct Filling:
    uint32_t known
    uint64_t values[MAX_HOLES]

cdef Pattern canonical[2]
cdef Pattern charge
cdef Pattern local_charge
cdef Pattern load
cdef Pattern sized_charger
cdef Pattern stack_enter
cdef Pattern stack_leave

cdef int AMOUNT = Hole.AMOUNT.value
cdef int GAS = Hole.GAS.value
cdef int LOCAL = Hole.LOCAL.value
cdef int HEIGHT = Hole.HEIGHT.value
cdef int LIMIT = Hole.LIMIT.value


cdef int fill(Pattern* pattern, template) except -1:
    cdef Step* step
    if len(template) > MAX_STEPS or len(Hole) > MAX_HOLES:
        raise InternalError("a template is longer than the matcher's arrays")
    pattern.count = len(template)
    for index, (mnemonic, immediate) in enumerate(template):
        # index < len(template) <= MAX_STEPS
        step = &pattern.steps[<size_t>index]
        step.opcode = BY_MNEMONIC[mnemonic].opcode
        step.hole = LITERAL
        if isinstance(immediate, Hole):
            step.hole = immediate.value
        else:
            step.literal = <uint64_t><int64_t>immediate
    return 0


fill(&canonical[0], templates.CANONICAL_F32)
fill(&canonical[1], templates.CANONICAL_F64)
fill(&charge, templates.CHARGE)
fill(&local_charge, templates.LOCAL_CHARGE)
fill(&load, templates.LOCAL_LOAD)
fill(&sized_charger, templates.SIZED_CHARGER)
fill(&stack_enter, templates.STACK_ENTER)
fill(&stack_leave, templates.STACK_LEAVE)


cdef Filling filling_of(int hole, uint64_t value) noexcept:
    """Nothing is known but one hole's value; `hole` is a number of `Hole`."""
    cdef Filling filling
    filling.known = <uint32_t>1 << hole
    filling.values[hole] = value
    return filling


cdef size_t match(
    const Pattern* pattern,
    size_t first,
    const uint8_t* code,
    size_t size,
    size_t position,
    Filling* filling,
) noexcept:
    """The position after the pattern's instructions from the `first` on, or 0.

    A hole must hold what it is known to hold; an unknown one becomes known.
    """
    cdef Instruction next
    cdef const Step* step
    cdef size_t index
    for index in range(first, pattern.count):
        # index < pattern.count <= MAX_STEPS; a hole is below MAX_HOLES (see `fill`).
        step = &pattern.steps[index]
        if read_instruction(code, size, position, &next) or next.opcode != step.opcode:
            return 0
        position = next.end
        if step.hole == LITERAL:
            if next.a != step.literal:
                return 0
        elif filling.known >> step.hole & 1:
            if next.a != filling.values[step.hole]:
                return 0
        else:
            filling.known |= <uint32_t>1 << step.hole
            filling.values[step.hole] = next.a
    return position


cdef size_t match_charge(
    const uint8_t* code, size_t size, Instruction* first, uint64_t* cost
) noexcept:
    """The end of a gas charge that begins with `first`; 0 if there is none."""
    cdef Filling filling = filling_of(GAS, first.a)
    cdef size_t end = match(&charge, 1, code, size, first.end, &filling)
    if end:
        cost[0] = filling.values[AMOUNT]
    return end


cdef int64_t match_sized_charger(
    const uint8_t* code, size_t size, uint64_t gas_global
) noexcept:
    """The price of which a func charges as many as its argument says; -1: it does not.

    Nothing but injected code uses the counter, so no func of a contract is like this.
    """
    cdef Filling filling = filling_of(GAS, gas_global)
    cdef size_t end = match(&sized_charger, 0, code, size, 0, &filling)
    if end == 0 or end != size:
        return -1
    return <int64_t>filling.values[AMOUNT]


cdef size_t match_local_charge(
    const uint8_t* code,
    size_t size,
    Instruction* first,
    const GasLocal* gas,
    uint64_t* cost,
) noexcept:
    """The end of a charge of the counter in a local that begins with `first`, or 0."""
    cdef Filling filling = filling_of(GAS, gas.global_index)
    cdef size_t end
    filling.known |= <uint32_t>1 << LOCAL
    filling.values[LOCAL] = gas.local_index
    end = match(&local_charge, 1, code, size, first.end, &filling)
    if end:
        cost[0] = filling.values[AMOUNT]
    return end


cdef size_t match_load(
    const uint8_t* code, size_t size, size_t position, GasLocal* gas
) noexcept:
    """The end of a load of a global into a local, which are put into `gas`, or 0."""
    cdef Filling filling
    cdef size_t end
    filling.known = 0
    end = match(&load, 0, code, size, position, &filling)
    if end:
        gas.global_index = filling.values[GAS]
        gas.local_index = filling.values[LOCAL]
    return end


cdef size_t find_gas_local(
    const uint8_t* code, size_t size, GasLocal* gas
) noexcept:
    """The end of the load that a body begins with, if charges need look at one counter.

    That is: where a local holds what a global does at every place, since both change in
    charges only, and the local is loaded at the start and after each call. Then the
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
        if found.opcode == OP_LOCAL_GET and found.a == gas.local_index:
            position = match_local_charge(code, size, &found, gas, &cost)
            if position == 0:
                return 0
        elif found.opcode == OP_LOCAL_SET or found.opcode == OP_LOCAL_TEE:
            if found.a == gas.local_index:
                return 0
        elif found.opcode == OP_GLOBAL_SET and found.a == gas.global_index:
            return 0
        elif found.opcode == OP_CALL or found.opcode == OP_CALL_INDIRECT:
            end = match_load(code, size, position, &other)
            if (
                end == 0
                or other.local_index != gas.local_index
                or other.global_index != gas.global_index
            ):
                return 0
            position = end
    return start


cdef size_t match_canonical(
    const uint8_t* code, size_t size, size_t position, bint is_f64, uint64_t* local
) noexcept:
    """The end of a replacement of NaNs, and the local that it uses; otherwise 0."""
    cdef Filling filling
    cdef size_t end
    filling.known = 0
    end = match(&canonical[is_f64], 0, code, size, position, &filling)
    if end:
        local[0] = filling.values[LOCAL]
    return end


cdef bint is_for_floats_only(
    const uint8_t* code, size_t size, bint is_f64, uint64_t local
) noexcept:
    """True if nothing uses the local but replacements after what makes such floats."""
    cdef int float_bits = 64 if is_f64 else 32
    cdef Instruction found
    cdef bint is_float = False
    cdef size_t position = 0
    cdef size_t end
    cdef uint64_t used = 0
    while position < size:
        if read_instruction(code, size, position, &found):
            return False
        if found.a == local and (
            found.opcode == OP_LOCAL_TEE
            or found.opcode == OP_LOCAL_GET
            or found.opcode == OP_LOCAL_SET
        ):
            end = match_canonical(code, size, position, is_f64, &used)
            if end == 0 or not is_float:
                return False
            is_float = False
            position = end
        else:
            is_float = rule_of(found.opcode).float_bits == float_bits
            position = found.end
    return True


cdef size_t match_stack_enter(
    const uint8_t* code,
    size_t size,
    Instruction* first,
    uint32_t* count,
    uint32_t* limit,
) noexcept:
    """The end of a stack-height entry sequence that begins with `first`, or 0."""
    cdef Filling filling = filling_of(HEIGHT, first.a)
    cdef size_t end = match(&stack_enter, 1, code, size, first.end, &filling)
    if end:
        count[0] = <uint32_t>filling.values[AMOUNT]
        limit[0] = <uint32_t>filling.values[LIMIT]
    return end


cdef size_t match_stack_leave(
    const uint8_t* code, size_t size, Instruction* first, uint32_t* count
) noexcept:
    """The end of a stack-height exit sequence that begins with `first`, or 0."""
    cdef Filling filling = filling_of(HEIGHT, first.a)
    cdef size_t end = match(&stack_leave, 1, code, size, first.end, &filling)
    if end:
        count[0] = <uint32_t>filling.values[AMOUNT]
    return end
