"""NaNs made canonical in plain Wasm: bit-equal on an engine that leaves them open.

wasmtime runs here with its own canonicalisation off, as it is by default: on x86 it
then keeps payloads and makes negative NaNs.
"""

import itertools
import struct
from typing import Any

import pytest
import wasmtime
from hypothesis import given, settings
from hypothesis import strategies as st

from contractvm.errors import InternalError, RefusedModule
from contractvm.metering import nans
from contractvm.metering.nan_rewriter import canonicalize_body, count_float_results
from contractvm.metering.nans import NAN_MAKERS, canonicalize_nans
from contractvm.runtime.pipeline import Pipeline
from contractvm.spec_scripts.subjects import permissive_schedule
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.interpreter.instance import instantiate_module
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import OPCODES
from contractvm.wasm.structure.types import ValType
from contractvm.wasm.validation.profile import Profile
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.instances import compile_checked
from tests.helpers.wat import wat_to_module

CONFIG = wasmtime.Config()
CONFIG.memory_reservation = 0
CONFIG.memory_guard_size = 0
CONFIG.memory_reservation_for_growth = 0
ENGINE = wasmtime.Engine(CONFIG)

CANONICAL = {32: 0x7FC0_0000, 64: 0x7FF8_0000_0000_0000}
# Quiet and signalling NaNs of both signs, infinities, zeros, and ordinary numbers.
OPERANDS = {
    32: (
        *(0x7FC0_0000, 0xFFC0_0000, 0x7FC0_0001, 0xFFFF_FFFF, 0x7F80_0001, 0xFF80_0001),
        *(0x7F80_0000, 0xFF80_0000, 0, 0x8000_0000, 0x3F80_0000, 0xBF80_0000, 1),
    ),
    64: (
        *(0x7FF8_0000_0000_0000, 0xFFF8_0000_0000_0000, 0x7FF8_0000_0000_0001),
        *(0xFFFF_FFFF_FFFF_FFFF, 0x7FF0_0000_0000_0001, 0xFFF0_0000_0000_0001),
        *(0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000, 0, 1 << 63),
        *(0x3FF0_0000_0000_0000, 0xBFF0_0000_0000_0000, 1),
    ),
}
# Which instructions may give a NaN with open bits, by the spec's words (4.3.3):
# `nans` is in their definitions.
MAKERS = {
    f"f{bits}.{name}"
    for bits in (32, 64)
    for name in (
        *("add", "sub", "mul", "div", "min", "max"),
        *("sqrt", "ceil", "floor", "trunc", "nearest"),
    )
} | {"f32.demote_f64", "f64.promote_f32"}
# Those that only move bits.
MOVERS = {f"f{bits}.{name}" for bits in (32, 64) for name in ("abs", "neg", "copysign")}


def width(mnemonic: str) -> int:
    return 32 if mnemonic.startswith("f32") else 64


def operand_widths(mnemonic: str) -> list[int]:
    (info,) = (info for info in OPCODES if info.mnemonic == mnemonic)
    return [32 if kind is ValType.F32 else 64 for kind in info.params or ()]


def float_module(mnemonic: str) -> Module:
    """`f`: one instruction, operands and result as integers."""
    widths = operand_widths(mnemonic)
    params = " ".join(f"i{bits}" for bits in widths)
    operands = " ".join(
        f"(f{bits}.reinterpret_i{bits} (local.get {index}))"
        for index, bits in enumerate(widths)
    )
    bits = width(mnemonic)
    return wat_to_module(
        f'(module (func (export "f") (param {params}) (result i{bits})'
        f" (i{bits}.reinterpret_f{bits} ({mnemonic} {operands}))))"
    )


class OnWasmtime:
    """An instance there; values are unsigned integers."""

    def __init__(self, module: Module) -> None:
        self.store = wasmtime.Store(ENGINE)
        compiled = wasmtime.Module(ENGINE, encode_module(module))
        self.exports = wasmtime.Instance(self.store, compiled, []).exports(self.store)

    def invoke(self, name: str, *arguments: int) -> tuple[int, ...]:
        func: Any = self.exports[name]
        kinds = func.type(self.store)
        signed = [
            to_signed(value, str(kind))
            for value, kind in zip(arguments, kinds.params, strict=True)
        ]
        found = func(self.store, *signed)
        values = found if isinstance(found, list) else [found]
        return tuple(
            value & (0xFFFF_FFFF if str(kind) == "i32" else 0xFFFF_FFFF_FFFF_FFFF)
            for value, kind in zip(values, kinds.results, strict=True)
        )


def to_signed(value: int, kind: str) -> int:
    code = ("I", "i") if kind == "i32" else ("Q", "q")
    signed: int = struct.unpack(code[1], struct.pack(code[0], value))[0]
    return signed


def is_nan(value: int, bits: int) -> bool:
    infinity = 0x7F80_0000 if bits == 32 else 0x7FF0_0000_0000_0000
    return value & ((1 << (bits - 1)) - 1) > infinity


def test_the_instructions_looked_after_are_those_that_the_spec_leaves_open() -> None:
    looked_after = {
        info.mnemonic
        for info in OPCODES
        if info.opcode < 256 and nans.RESULT_KINDS[info.opcode]
    }
    assert looked_after == MAKERS
    assert {name.partition(".")[2] for name in MAKERS} == NAN_MAKERS


@pytest.mark.parametrize("mnemonic", sorted(MAKERS))
def test_every_nan_is_the_canonical_one_on_both_engines(mnemonic: str) -> None:
    plain = float_module(mnemonic)
    canonical = canonicalize_nans(plain)
    validate_module(canonical)
    theirs = OnWasmtime(canonical)
    ours = instantiate_module(compile_checked(canonical), {})
    as_it_is = OnWasmtime(plain)
    bits = width(mnemonic)
    for operands in itertools.product(*map(OPERANDS.get, operand_widths(mnemonic))):
        (found,) = theirs.invoke("f", *operands)
        assert (found,) == ours.invoke("f", *operands)
        (before,) = as_it_is.invoke("f", *operands)
        assert found == (CANONICAL[bits] if is_nan(before, bits) else before)


@pytest.mark.parametrize("mnemonic", ["f32.add", "f64.div", "f32.min", "f64.sqrt"])
def test_without_the_step_wasmtime_gives_other_nans(mnemonic: str) -> None:
    """Or the test above would prove nothing."""
    theirs = OnWasmtime(float_module(mnemonic))
    bits = width(mnemonic)
    found = {
        theirs.invoke("f", *operands)[0]
        for operands in itertools.product(*map(OPERANDS.get, operand_widths(mnemonic)))
    }
    assert any(is_nan(value, bits) and value != CANONICAL[bits] for value in found)


@pytest.mark.parametrize("mnemonic", sorted(MOVERS))
def test_what_moves_bits_stays_as_it_is(mnemonic: str) -> None:
    module = float_module(mnemonic)
    assert canonicalize_nans(module) == module


def test_loads_stores_and_constants_keep_payloads() -> None:
    module = wat_to_module(
        """(module (memory 1)
          (func (export "f") (param i32) (result i32)
            (i32.store (i32.const 0) (local.get 0))
            (f32.store (i32.const 4) (f32.load (i32.const 0)))
            (i32.load (i32.const 4)))
          (func (export "constant") (result i32)
            (i32.reinterpret_f32 (f32.const nan:0x200001))))"""
    )
    assert canonicalize_nans(module) == module
    ours = instantiate_module(compile_checked(module), {})
    for bits in OPERANDS[32]:
        assert ours.invoke("f", bits) == (bits,)
    assert ours.invoke("constant") == (0x7FA0_0001,)


def test_the_code_that_is_written() -> None:
    module = canonicalize_nans(
        wat_to_module(
            "(module (func (param f32 f64) (local i32)"
            " (drop (f32.add (local.get 0) (local.get 0)))"
            " (drop (f64.sqrt (local.get 1)))))"
        )
    )
    expected = wat_to_module(
        """(module (func (param f32 f64) (local i32) (local f32) (local f64)
          local.get 0 local.get 0 f32.add
          local.tee 3 f32.const nan local.get 3 local.get 3 f32.eq select drop
          local.get 1 f64.sqrt
          local.tee 4 f64.const nan local.get 4 local.get 4 f64.eq select drop))"""
    )
    assert module.funcs[0].code == expected.funcs[0].code
    assert module.funcs[0].local_groups == (
        (1, ValType.I32),
        (1, ValType.F32),
        (1, ValType.F64),
    )


def test_dead_code_stays_valid() -> None:
    module = canonicalize_nans(
        wat_to_module("(module (func (result f32) unreachable f32.add))")
    )
    validate_module(module)
    expected = wat_to_module(
        """(module (func (result f32) (local f32) unreachable f32.add
          local.tee 0 f32.const nan local.get 0 local.get 0 f32.eq select))"""
    )
    assert module.funcs[0] == expected.funcs[0]


def test_a_func_without_float_results_is_the_same_object() -> None:
    module = wat_to_module("(module (func nop))")
    assert canonicalize_nans(module).funcs[0] is module.funcs[0]


@pytest.mark.parametrize(("count", "is_refused"), [(49_996, False), (49_997, True)])
def test_a_func_needs_room_for_the_locals(count: int, is_refused: bool) -> None:
    """In addition to two params, two are added: 50,000 in all, or one more."""
    module = wat_to_module(
        '(module (import "m" "f" (func)) (func (param f32 f64)'
        f" (local {'i32 ' * count})"
        " (drop (f32.add (local.get 0) (local.get 0)))"
        " (drop (f64.sqrt (local.get 1)))))"
    )
    if not is_refused:
        assert canonicalize_nans(module).funcs[0].local_count == 49_998
        return
    with pytest.raises(RefusedModule) as caught:
        canonicalize_nans(module)
    assert caught.value.reason == "too many locals to make NaNs canonical"
    assert caught.value.func_index == 1


@pytest.mark.parametrize(
    "counts",
    [
        *((0, 0, 0, 0), (2, 0, 0, 0), (1, 1, 0, 0), (0, 1, 0, 0)),
        *((1, 0, 1, 0), (1, 0, 0, 1), (0, 0, 1, 0), (2**40, 0, 0, 0)),
    ],
)
def test_counts_of_another_body_are_an_internal_error(
    counts: tuple[int, int, int, int],
) -> None:
    (func,) = wat_to_module(
        "(module (func (drop (f32.add (f32.const 0) (f32.const 0)))))"
    ).funcs
    assert count_float_results(func.code, nans.RESULT_KINDS) == (1, 0, 0, 0)
    with pytest.raises(InternalError):
        canonicalize_body(func.code, nans.RESULT_KINDS, counts, (b"\x01",) * 4)


@pytest.mark.parametrize("kinds", [bytes(255), bytes([5]) * 256])
def test_another_table_is_an_internal_error(kinds: bytes) -> None:
    with pytest.raises(InternalError):
        count_float_results(b"\x0b", kinds)


def test_a_kind_without_code_is_an_internal_error() -> None:
    with pytest.raises(InternalError):
        canonicalize_body(b"\x0b", bytes(256), (0, 0, 0, 0), (b"",) * 3)


def test_only_instructions_of_a_byte_are_replaced() -> None:
    kinds = bytearray(256)
    kinds[0x41] = 3
    with pytest.raises(InternalError, match="more than a byte"):
        canonicalize_body(b"\x41\x00\x1a\x0b", bytes(kinds), (0, 0, 1, 0), (b"",) * 4)


# Random programs: expressions over both types in which most operands are NaNs.


@st.composite
def expressions(draw: st.DrawFn, bits: int, depth: int) -> str:
    """A float expression over the params 0 (i32 bits) and 1 (i64 bits)."""
    if depth == 0:
        if draw(st.booleans()):
            index = 0 if bits == 32 else 1
            return f"(f{bits}.reinterpret_i{bits} (local.get {index}))"
        payload = draw(st.integers(1, (1 << (22 if bits == 32 else 51))))
        sign = draw(st.sampled_from(["", "-"]))
        return f"(f{bits}.const {sign}nan:0x{payload:x})"
    below = expressions(bits, depth - 1)
    kind = draw(st.sampled_from(["binary", "unary", "convert", "copysign"]))
    if kind == "convert":
        other = 96 - bits
        name = "demote_f64" if bits == 32 else "promote_f32"
        return f"(f{bits}.{name} {draw(expressions(other, depth - 1))})"
    if kind == "unary":
        names = ["sqrt", "ceil", "floor", "trunc", "nearest", "neg", "abs"]
        return f"(f{bits}.{draw(st.sampled_from(names))} {draw(below)})"
    names = ["add", "sub", "mul", "div", "min", "max"]
    name = "copysign" if kind == "copysign" else draw(st.sampled_from(names))
    return f"(f{bits}.{name} {draw(below)} {draw(below)})"


@given(
    single=expressions(32, 4),
    double=expressions(64, 4),
    bits_32=st.sampled_from(OPERANDS[32]),
    bits_64=st.sampled_from(OPERANDS[64]),
)
@settings(max_examples=150, deadline=None)
def test_random_programs_are_bit_equal_on_both_engines(
    single: str, double: str, bits_32: int, bits_64: int
) -> None:
    module = canonicalize_nans(
        wat_to_module(
            '(module (func (export "f") (param i32 i64) (result i32 i64)'
            f" (i32.reinterpret_f32 {single}) (i64.reinterpret_f64 {double})))"
        )
    )
    ours = instantiate_module(compile_checked(module), {})
    assert OnWasmtime(module).invoke("f", bits_32, bits_64) == ours.invoke(
        "f", bits_32, bits_64
    )


# In the pipeline.

METERED = '(module (func (export "f") (param f32) (result f32) {body}))'
BODY = "(f32.add (local.get 0) (local.get 0))"


def metered_engine(profile: Profile) -> Pipeline:
    return Pipeline(InterpreterEngine(), permissive_schedule(), profile)


def test_a_profile_with_canonical_floats_has_them_made_so() -> None:
    data = encode_module(wat_to_module(METERED.format(body=BODY)))
    engine = metered_engine(Profile("test", floats="canonical"))
    prepared = engine.prepare(data)
    found = [entry[0] for entry in instructions(prepared.module.funcs[0].code)]
    assert found.count(0x5B) == 1  # f32.eq
    run = engine.start(prepared, {}, 1_000_000)
    run.begin("f", 0xFFC0_1234)
    assert run.resume() == (CANONICAL[32],)


def test_a_profile_without_floats_refuses_them() -> None:
    data = encode_module(wat_to_module(METERED.format(body=BODY)))
    with pytest.raises(RefusedModule):
        metered_engine(Profile("test")).prepare(data)


def test_gas_is_what_the_schedule_says_of_the_original_instructions() -> None:
    """The added code costs nothing itself."""
    schedule = permissive_schedule()
    engine = metered_engine(Profile("test", floats="canonical"))
    prepared = engine.prepare(encode_module(wat_to_module(METERED.format(body=BODY))))
    run = engine.start(prepared, {}, 1_000_000)
    run.begin("f", 0x3F80_0000)
    assert run.resume() == (0x4000_0000,)
    costs = schedule.instructions
    names = ("local.get", "local.get", "f32.add", "end")
    expected = sum(costs[name].base for name in names)
    assert run.instance.exports["contractvm.gas"].value == 1_000_000 - expected
