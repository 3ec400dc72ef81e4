"""How opcodes are translated, and what operations can be fused with."""

from libc.stddef cimport size_t
from libc.stdint cimport uint32_t

cdef enum:
    MAX_PAIRS = 256

cdef enum RuleKind:
    RULE_OF_ITS_OWN
    RULE_NOTHING
    RULE_BINARY
    RULE_UNARY
    RULE_LOAD
    RULE_STORE
    RULE_IN_PLACE


# How an opcode is translated. Operation 0 (unreachable) stands for "no such variant".
cdef struct Rule:
    int kind
    int operation
    int with_constant     # the right operand, or the stored value, is constant
    int swapped           # the same with operands exchanged
    int swapped_constant  # the left operand is constant: exchanged
    int at                # the address is constant
    int at_with_constant
    int operand_bits      # of a constant operand; 64-bit ones must fit 32, signed
    bint takes_floats     # so are constants: 64-bit ones must be floats of 32 bits
    int params
    int results
    int float_bits        # of a float result, of which any NaN is the canonical one
    bint is_sized         # its work is proportional to the number on top of the stack


# Operations that are done as one where they come one after the other.
cdef struct Pair:
    int second
    int both


# By operation; 0 where there is no such operation.
cdef struct OperationFacts:
    int branch_if         # the branch that it fuses with, taken when it is true
    int branch_unless     # taken when it is false
    int inverse           # the operation that gives the opposite answer
    int to_loop           # of a branch: the one that does a loop head's charge as well
    int then_charge       # of a branch: the one that, not taken, does the next charge
    int from_accumulator  # the variant that takes word 2 from the accumulator
    int to_accumulator    # of a store: the variant that takes the address from there
    int then_loop         # the one that also jumps back to a loop's head
    size_t first_pair     # of those of which it is the first
    size_t pair_count
    bint is_second
    bint is_computing     # leaves its result in the accumulator
    bint is_keeping       # leaves in the accumulator what was there


cdef const Rule* rule_of(uint32_t opcode) noexcept
cdef const OperationFacts* facts_of(uint32_t operation) noexcept
cdef int both_of(uint32_t first, int second) noexcept
