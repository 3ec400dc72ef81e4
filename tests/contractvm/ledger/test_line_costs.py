"""Units by source line, from lines made up for a contract's instructions."""

from contractvm.ledger.line_costs import line_costs
from contractvm.ledger.report import LineCost
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.instruction_reader import instructions
from gas_schedule.loader import load_schedule
from tests.helpers.ewasm import contract
from tests.helpers.explained import CALLER, TRACED_METERED, record, state_with

METERED_PRICES = load_schedule("ewasm-metered")
# Sites are passed twice: a loop of two turns around a copy of 100 bytes.
BODY = """
(local $turns i32)
(local.set $turns (i32.const 2))
(loop $again
  (memory.copy (i32.const 0) (i32.const 9) (i32.const 100))
  (local.set $turns (i32.sub (local.get $turns) (i32.const 1)))
  (br_if $again (local.get $turns)))
"""
LINES = {"memory.copy": ("a.c", 7), "i32.sub": ("b.c", 1), "br_if": ("a.c", 9)}


def test_instructions_and_sizes_go_to_their_line() -> None:
    code = contract(BODY)
    module = decode_module(code)
    func = module.funcs[0]
    start = func.offset - module.code_offset
    lines = {
        start + position: LINES[mnemonic]
        for opcode, _, _, position, _ in instructions(func.code)
        if (mnemonic := mnemonic_of(opcode)) in LINES
    }
    frame = record(state_with({CALLER: code}), TRACED_METERED).frames[0]
    if frame.module is None:
        raise AssertionError("nothing ran")
    found = line_costs(frame.module, frame.sites, lines.get, METERED_PRICES)
    assert found == (
        LineCost("a.c", 7, executions=2, units=2 * 450 + 200 * 34),
        LineCost("a.c", 9, executions=2, units=2 * 135),
        LineCost("b.c", 1, executions=2, units=2 * 45),
    )


def mnemonic_of(opcode: int) -> str:
    return {0xFC0A: "memory.copy", 0x6B: "i32.sub", 0x0D: "br_if"}.get(opcode, "")
