"""The table of operations in the translator's form: C arrays, filled once at import."""

from libc.stdint cimport uint32_t

from contractvm.wasm.interpreter.machine cimport OPERATION_COUNT, operation_names
from contractvm.wasm.structure.opcodes cimport SLOT_COUNT, slot_of

from contractvm.errors import InternalError
from contractvm.wasm.interpreter.loop_generator import fused_pairs, internal_name
from contractvm.wasm.interpreter.operations import (
    NO_OPERATION, OPERATIONS, SAME_AS, Form,
)
from contractvm.wasm.interpreter.pairs import PAIRS
from contractvm.wasm.structure.opcodes import OPCODES

cdef Rule rules[SLOT_COUNT]
cdef OperationFacts facts[OPERATION_COUNT]
cdef Pair pairs[MAX_PAIRS]

# Where a rule's number of operands is not in the table of opcodes.
IN_PLACE_ARITY = {
    "table.get": (1, 1),
    "table.set": (2, 0),
    "table.grow": (2, 1),
    "table.fill": (3, 0),
}

# Instructions whose work is proportional to the number on top of the stack.
SIZED = frozenset(
    {
        *("memory.grow", "memory.copy", "memory.fill", "memory.init"),
        *("table.grow", "table.copy", "table.fill", "table.init"),
    }
)


def operation_numbers() -> dict[str, int]:
    """The number of each variant in the compiled loop, by its C name."""
    return {operation_names[i].decode(): i for i in range(OPERATION_COUNT)}


def float_bits(kind: str) -> int:
    """32 for `f32`, 64 for `f64`, 0 for integers and for nothing."""
    return int(kind[1:]) if kind.startswith("f") else 0


def _fill_rules() -> None:
    numbers = operation_numbers()
    rows = {row.name: row for row in OPERATIONS}
    kinds = {
        Form.BINARY: RULE_BINARY,
        Form.COMPARE: RULE_BINARY,
        Form.TEST: RULE_UNARY,
        Form.UNARY: RULE_UNARY,
        Form.LOAD: RULE_LOAD,
        Form.STORE: RULE_STORE,
        Form.IN_PLACE: RULE_IN_PLACE,
    }
    cdef Rule* rule
    for info in OPCODES:
        rule = &rules[slot_of(info.opcode)]
        if info.mnemonic in NO_OPERATION:
            rule.kind = RULE_NOTHING
            continue
        row = rows.get(SAME_AS.get(info.mnemonic, info.mnemonic))
        if row is None:
            rule.kind = RULE_OF_ITS_OWN
            continue
        name = internal_name(row.name)
        rule.kind = kinds[row.form]
        rule.operation = numbers[name]
        rule.with_constant = numbers.get(name + "_C", 0)
        rule.at = numbers.get(name + "_AT", 0)
        rule.at_with_constant = numbers.get(name + "_AT_C", 0)
        if row.swapped:
            rule.swapped = numbers[internal_name(row.swapped)]
            rule.swapped_constant = numbers[internal_name(row.swapped) + "_C"]
        rule.operand_bits = int(row.operand[1:]) if row.operand else 0
        rule.takes_floats = float_bits(row.operand) != 0
        rule.float_bits = float_bits(row.result)
        arity = IN_PLACE_ARITY.get(info.mnemonic)
        if row.form is Form.IN_PLACE:
            rule.is_sized = info.mnemonic in SIZED
            rule.params, rule.results = arity or (len(info.params), len(info.results))


def _fill_branches() -> None:
    numbers = operation_numbers()
    for row in OPERATIONS:
        if row.form not in (Form.COMPARE, Form.TEST):
            continue
        name = internal_name(row.name)
        opposite = internal_name(row.inverse) if row.inverse else ""
        for suffix in ("", "_C", "_A", "_A_C"):
            number = numbers.get(name + suffix)
            if number is None:
                continue
            facts[number].branch_if = numbers[f"BR_IF_{name}{suffix}"]
            if opposite:
                facts[number].branch_unless = numbers[f"BR_IF_{opposite}{suffix}"]
                facts[number].inverse = numbers[opposite + suffix]
            else:
                facts[number].branch_unless = numbers[f"BR_UNLESS_{name}{suffix}"]

    computing = (Form.BINARY, Form.COMPARE, Form.TEST, Form.UNARY, Form.LOAD)
    prefixes = {
        internal_name(row.name): row.form in computing
        for row in OPERATIONS
        if row.form in computing or row.form is Form.STORE
    }
    for name, number in numbers.items():
        stem = name
        for suffix in ("_C", "_A", "_AT", "_TO"):
            stem = stem.removesuffix(suffix)
        if stem in prefixes:
            facts[number].is_computing = prefixes[stem]
            facts[number].is_keeping = not prefixes[stem]
        is_branch = name.startswith(("BR_IF", "BR_UNLESS")) and "_STEP" not in name
        facts[number].is_keeping |= is_branch or name == "CHARGE"
        for suffix in ("", "_C", "_LOOP", "_THEN", "_C_LOOP", "_C_THEN"):
            if suffix and not name.endswith(suffix):
                continue
            stem = name.removesuffix(suffix)
            if stem + "_A" + suffix in numbers and not stem.endswith("_A"):
                facts[number].from_accumulator = numbers[stem + "_A" + suffix]
        stem = name.removesuffix("_C")
        facts[number].to_accumulator = numbers.get(stem + "_TO" + name[len(stem) :], 0)
        facts[number].to_loop = numbers.get(f"{name}_LOOP", 0)
        facts[number].then_charge = numbers.get(f"{name}_THEN", 0)
        facts[number].then_loop = numbers.get(f"{name}_BR_LOOP", 0)


def _fill_pairs() -> None:
    numbers = operation_numbers()
    cdef size_t index
    cdef int first
    found = sorted(
        tuple(numbers[name] for name in (*names, both))
        for names, both in fused_pairs(PAIRS).items()
    )
    if len(found) > MAX_PAIRS:
        raise InternalError(f"{len(found)} pairs of operations, at most {MAX_PAIRS}")
    for index in range(len(found)):
        first, pairs[index].second, pairs[index].both = found[index]
        facts[pairs[index].second].is_second = True
        if facts[first].pair_count == 0:
            facts[first].first_pair = index
        facts[first].pair_count += 1


_fill_rules()
_fill_branches()
_fill_pairs()


cdef const Rule* rule_of(uint32_t opcode) noexcept:
    """The rule of a valid opcode."""
    return &rules[slot_of(opcode)]


cdef const OperationFacts* facts_of(uint32_t operation) noexcept:
    """The facts about an operation that the translator emitted."""
    return &facts[operation]


cdef int both_of(uint32_t first, int second) noexcept:
    """The operation that does the first and then the second; 0 if there is none."""
    cdef const OperationFacts* of_first = &facts[first]
    cdef size_t index
    for index in range(of_first.first_pair, of_first.first_pair + of_first.pair_count):
        if pairs[index].second == second:
            return pairs[index].both
    return 0
