"""The table of operations: complete, and equal to the compiled one."""

import pytest

from contractvm.wasm.interpreter.loop_generator import (
    all_arms,
    generate_arms,
    generate_operations,
)
from contractvm.wasm.interpreter.operation_rules import operation_numbers
from contractvm.wasm.interpreter.operations import (
    NO_OPERATION,
    OPERATIONS,
    SAME_AS,
    Form,
)
from contractvm.wasm.interpreter.pairs import PAIRS
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, Immediate
from tests.helpers.instances import operations_of

# Translated by special code, since they do more or less than compute a value.
RULES_OF_THEIR_OWN = {
    *("unreachable", "block", "loop", "if", "else", "end", "br", "br_if", "br_table"),
    *("return", "call", "call_indirect", "drop", "select", "select t", "ref.null"),
    *("local.get", "local.set", "local.tee", "global.get", "global.set"),
    *("i32.const", "i64.const", "f32.const", "f64.const"),
}


def test_every_instruction_has_a_translation() -> None:
    names = {row.name for row in OPERATIONS}
    missing = {
        mnemonic
        for mnemonic in BY_MNEMONIC
        if SAME_AS.get(mnemonic, mnemonic) not in names
    }
    assert missing == NO_OPERATION | RULES_OF_THEIR_OWN


def test_every_row_in_small_letters_is_an_instruction() -> None:
    names = {row.name for row in OPERATIONS if row.name.islower()}
    assert names <= set(BY_MNEMONIC)


def test_swapped_and_inverse_operations_lead_back() -> None:
    rows = {row.name: row for row in OPERATIONS}
    for row in OPERATIONS:
        if row.swapped:
            assert rows[row.swapped].swapped == row.name
        if row.inverse:
            assert rows[row.inverse].inverse == row.name


def test_accesses_have_the_size_of_their_c_type() -> None:
    for row in OPERATIONS:
        if row.form in (Form.LOAD, Form.STORE):
            assert f"int{8 * row.size_bytes}_t" in row.code
            assert BY_MNEMONIC[row.name].immediate is Immediate.MEM_ARG


def test_the_compiled_loop_is_that_of_the_table() -> None:
    assert list(operation_numbers()) == list(all_arms(OPERATIONS, PAIRS))


def test_generated_files_are_the_same_each_time() -> None:
    assert generate_arms(OPERATIONS, PAIRS) == generate_arms(OPERATIONS, PAIRS)
    text = generate_operations(OPERATIONS, PAIRS)
    assert (
        text.count("    OP_") == text.count('    "') == len(all_arms(OPERATIONS, PAIRS))
    )


@pytest.mark.parametrize(
    ("body", "operations"),
    [
        ("local.get 0 i32.const 2 i32.add local.set 0", ["I32_ADD_C", "RETURN"]),
        ("i32.const 2 local.get 0 i32.add local.set 0", ["I32_ADD_C", "RETURN"]),
        ("i32.const 2 local.get 0 i32.sub local.set 0", ["CONST", "I32_SUB", "RETURN"]),
        (
            "i32.const 2 local.get 0 i32.lt_u if unreachable end",
            ["BR_IF_I32_LE_U_C", "UNREACHABLE", "RETURN"],
        ),
        ("local.get 0 local.get 1 local.set 0 drop", ["MOVE_MOVE", "MOVE", "RETURN"]),
        ("i32.const 8 i32.load offset=4 local.set 0", ["I32_LOAD_AT", "RETURN"]),
        ("i32.const 8 i32.const 1 i32.store8", ["I32_STORE8_AT_C", "RETURN"]),
        (
            "local.get 0 i32.eqz i32.eqz local.get 1 i32.mul drop",
            ["I32_EQZ", "I32_EQZ_A", "I32_MUL_A", "RETURN"],
        ),
        (
            "loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end",
            ["CHARGE_LOOP", "BR_IF_STEP_LOOP", "RETURN"],
        ),
        ("local.get 0 i64.extend_i32_u drop nop", ["RETURN"]),
    ],
)
def test_translation_emits_as_little_as_this(body: str, operations: list[str]) -> None:
    source = f"(module (memory 1) (func (param i32 i32) {body}))"
    assert operations_of(source) == operations
