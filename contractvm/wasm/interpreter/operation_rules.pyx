"""The table of operations in the translator's form: C arrays, filled once at import."""

from libc.stdint cimport uint32_t

from contractvm.wasm.interpreter.machine cimport OPERATION_COUNT, operation_names
from contractvm.wasm.structure.opcodes cimport SLOT_COUNT, slot_of

from contractvm.wasm.interpreter.loop_generator import internal_name
from contractvm.wasm.interpreter.operations import (
    NO_OPERATION, OPERATIONS, SAME_AS, Form,
)
from contractvm.wasm.structure.opcodes import OPCODES

cdef Rule rules[SLOT_COUNT]
cdef OperationFacts facts[OPERATION_COUNT]

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
        for suffix in ("_C", "_A", "_AT"):
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
        facts[number].to_loop = numbers.get(f"{name}_LOOP", 0)
        facts[number].then_charge = numbers.get(f"{name}_THEN", 0)
        facts[number].then_loop = numbers.get(f"{name}_BR_LOOP", 0)
        facts[number].then_sum = numbers.get(f"{name}_ADD_A", 0)
        facts[number].then_sum_of_constant = numbers.get(f"{name}_ADD_A_C", 0)
        if facts[number].then_sum:
            facts[number].sum = numbers[f"{name[:3]}_ADD_A"]
            facts[number].sum_of_constant = numbers[f"{name[:3]}_ADD_A_C"]
            facts[facts[number].sum].is_sum = True
            facts[facts[number].sum_of_constant].is_sum = True


_fill_rules()
_fill_branches()


cdef const Rule* rule_of(uint32_t opcode) noexcept:
    """The rule of a valid opcode."""
    return &rules[slot_of(opcode)]


cdef const OperationFacts* facts_of(uint32_t operation) noexcept:
    """The facts about an operation that the translator emitted."""
    return &facts[operation]
