"""Where the instructions of a metered body come from."""

import pytest

from contractvm.errors import InternalError
from contractvm.metering.body_rewriter import CopiedBody
from contractvm.metering.instrument import instrument_module
from contractvm.metering.nans import canonicalize_nans, position_before
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.tracing import Tracing
from contractvm.wasm.interpreter.compiled_module import instruction_starts
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule
from tests.helpers.examples import example
from tests.helpers.wat import wat_to_wasm

SCHEDULE = load_schedule("guests-1")
RETURN = b"\x0f"
FLOATS = wat_to_wasm(
    """(module (func (param f32 f64) (result f64)
      (local.set 0 (f32.add (local.get 0) (f32.const 1)))
      (drop (f32.demote_f64 (f64.mul (local.get 1) (local.get 1))))
      (loop (br_if 0 (f64.lt (local.get 1) (f64.sqrt (local.get 1)))))
      (f64.div (local.get 1) (f64.const 3))))"""
)


def metered(module: Module, copied: CopiedBody | None = None) -> Module:
    heights = validate_module(module, 10_000).operand_heights
    return instrument_module(module, heights, SCHEDULE, copied=copied)


@pytest.mark.parametrize("name", ["guests/words_assemblyscript.wasm", "floats"])
def test_each_instruction_of_a_body_is_copied_once(name: str) -> None:
    module = decode_module(FLOATS if name == "floats" else example(name))
    for number, func in enumerate(module.funcs[:25]):
        copied = CopiedBody(number)
        new = metered(module, copied).funcs[number].code
        assert new == metered(module).funcs[number].code
        ends = 0
        for to, source, count in copied.copies:
            # A return becomes a branch to the end of the block around the body.
            assert func.code[ends:source] in (b"", RETURN)
            assert new[to : to + count] == func.code[source : source + count]
            assert [copied.source(to + at) for at in range(count)] == list(
                range(source, source + count)
            )
            ends = source + count
        assert ends == len(func.code)
        # What was written before the first copy stands for the first instruction.
        assert copied.source(0) == 0
        with pytest.raises(InternalError):
            copied.source(len(new))


def test_nothing_is_noted_of_other_funcs() -> None:
    module = decode_module(FLOATS)
    copied = CopiedBody(1)
    metered(module, copied)
    assert copied.copies == []


def test_places_before_nans_were_made_canonical() -> None:
    before = decode_module(FLOATS)
    func, after = before.funcs[0], canonicalize_nans(before).funcs[0]
    kept = [(opcode, start) for opcode, _, _, start, _ in instructions(func.code)]
    found = [
        (opcode, position_before(before, func, start))
        for opcode, _, _, start, _ in instructions(after.code)
    ]
    # Inserted instructions count with the one before, which comes first.
    firsts = {start: opcode for opcode, start in reversed(found)}
    assert list(firsts.items())[::-1] == [(start, opcode) for opcode, start in kept]
    assert len(found) > len(kept)
    with pytest.raises(InternalError):
        position_before(before, func, len(after.code))


@pytest.mark.parametrize("tracing", [Tracing.OFF, Tracing.BLOCKS])
def test_register_code_begins_each_instruction_in_order(tracing: Tracing) -> None:
    module = metered(decode_module(FLOATS))
    starts = instruction_starts(module, 0, tracing)
    assert starts == sorted(starts)
    assert starts[-1][1] < len(module.funcs[0].code)
    known = {start for _, _, _, start, _ in instructions(module.funcs[0].code)}
    assert {position for _, position in starts} <= known
    with pytest.raises(InternalError):
        instruction_starts(module, len(module.funcs), tracing)
