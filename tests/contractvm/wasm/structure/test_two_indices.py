"""Instructions with two indices: both are read, and the next one begins after them."""

import pytest

from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.opcodes import BY_OPCODE
from tests.helpers.wat import wat_to_module

MODULE = """(module (type $a (func)) (type $t (func (param i32)))
  (table 1 funcref) (table $u 1 funcref) (memory 1)
  (data "") (data $d "a") (elem func) (elem $e func)
  (func (param i32) {}))"""
THREE = "(local.get 0) (local.get 0) (local.get 0)"


@pytest.mark.parametrize(
    ("body", "mnemonic", "indices", "length"),
    [
        (f"{THREE} (memory.copy)", "memory.copy", (0, 0), 4),
        (f"{THREE} (memory.init $d)", "memory.init", (1, 0), 4),
        (f"{THREE} (table.copy $u 0)", "table.copy", (1, 0), 4),
        (f"{THREE} (table.init $u $e)", "table.init", (1, 1), 4),
        (
            "(local.get 0) (call_indirect $u (type $t) (local.get 0))",
            "call_indirect",
            (1, 1),
            3,
        ),
    ],
)
def test_both_are_read(
    body: str, mnemonic: str, indices: tuple[int, int], length: int
) -> None:
    code = wat_to_module(MODULE.format(f"{body} (nop)")).funcs[0].code
    *_, found, nop, last = (
        (BY_OPCODE[opcode].mnemonic, (first, second), end - start)
        for opcode, first, second, start, end in instructions(code)
    )
    assert found == (mnemonic, indices, length)
    assert (nop[0], last[0]) == ("nop", "end")
