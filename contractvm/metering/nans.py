"""Canonical NaNs: a rewrite of the module, as plain valid Wasm.

The spec leaves the sign and payload of a NaN that arithmetic produces open (4.3.3), so
engines differ, and a contract could read the difference. Code inserted after each
instruction that may produce such a NaN replaces any NaN by the positive one with an
empty payload: then all engines agree.

Instructions that only move bits stay unchanged: constants, loads and stores,
`reinterpret`, `abs`, `neg`, `copysign`, whose results the spec defines bit for bit.
"""

from collections.abc import Iterator
from dataclasses import replace

from contractvm.errors import RefusedModule
from contractvm.metering.marks import MarksByFunc
from contractvm.metering.nan_rewriter import canonicalize_body, count_float_results
from contractvm.metering.sequences import render_whole
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Func, Module
from contractvm.wasm.structure.opcodes import OPCODES
from contractvm.wasm.structure.templates import CANONICAL_F32, CANONICAL_F64, Hole
from contractvm.wasm.structure.types import ValType

# Instructions whose results may be a NaN that the spec leaves open, without the type.
ARITHMETIC = frozenset(
    {
        *("add", "sub", "mul", "div", "sqrt", "min", "max"),
        *("ceil", "floor", "trunc", "nearest"),
    }
)
CONVERSIONS = frozenset({"demote_f64", "promote_f32"})
NAN_MAKERS = ARITHMETIC | CONVERSIONS
# Engines share this limit on a func's parameters and locals.
MAX_LOCALS = 50_000

# Kinds of results, as the rewriter numbers them.
CHECKED_F32, CHECKED_F64, DEMOTED, PROMOTED = 1, 2, 3, 4


def _result_kinds(demoted: int, promoted: int) -> bytes:
    """By opcode: the kind of its result, 0 for most."""
    kinds = bytearray(256)
    for info in OPCODES:
        val_type, _, operation = info.mnemonic.partition(".")
        if operation in ARITHMETIC and val_type in ("f32", "f64"):
            kinds[info.opcode] = CHECKED_F32 if val_type == "f32" else CHECKED_F64
        elif operation in CONVERSIONS:
            kinds[info.opcode] = demoted if val_type == "f32" else promoted
    return bytes(kinds)


RESULT_KINDS = _result_kinds(CHECKED_F32, CHECKED_F64)
# Where conversions keep what common processors make of a NaN: it is quiet, with its
# sign and the upper bits of its payload.
KEEPING_KINDS = _result_kinds(DEMOTED, PROMOTED)


def canonicalize_nans(
    module: Module, kinds: bytes = RESULT_KINDS, marks: MarksByFunc | None = None
) -> Module:
    """The module with every NaN of open bits replaced, otherwise the same.

    `kinds` says by opcode which results are checked. The lists in `marks` are filled
    with the marks of their funcs. Raises RefusedModule for a func without room for the
    locals that this needs.
    """
    first_func = len(module.imports_of(ExternKind.FUNC))
    funcs = tuple(
        _canonicalize_func(module, func, func_index, kinds)
        for func_index, func in enumerate(module.funcs, start=first_func)
    )
    for number, found in (marks or {}).items():
        if number < len(funcs):
            found.extend(_marks(module, module.funcs[number], kinds))
    return replace(module, funcs=funcs)


def _marks(module: Module, func: Func, kinds: bytes) -> Iterator[tuple[int, int]]:
    """Where the copies begin of what comes after each instruction that makes a NaN."""
    yield 0, 0
    counts = count_float_results(func.code, kinds)
    _, codes = _locals_and_codes(module, func, counts)
    inserted = 0
    for opcode, _, _, _, end in instructions(func.code):
        kind = kinds[opcode] if opcode < len(kinds) else 0
        if kind:
            # Kinds from 3 on are replaced, by code with the one byte of the opcode.
            inserted += len(codes[kind - 1]) - (kind >= DEMOTED)
            yield end + inserted, end


def _locals_and_codes(
    module: Module, func: Func, counts: tuple[int, int, int, int]
) -> tuple[tuple[tuple[int, ValType], ...], tuple[bytes, bytes, bytes, bytes]]:
    """The locals of the new body, and the code of each kind of result."""
    local_index = len(module.types[func.type_index].params) + func.local_count
    local_groups = list(func.local_groups)
    places = []
    # A demotion keeps its operand, an f64; a promotion its f32.
    for val_type, count in (
        (ValType.F32, counts[0] + counts[3]),
        (ValType.F64, counts[1] + counts[2]),
    ):
        places.append(local_index)
        if count:
            local_groups.append((1, val_type))
            local_index += 1
    single, double = places
    return tuple(local_groups), (
        render_whole(CANONICAL_F32, {Hole.LOCAL: unsigned(single)}),
        render_whole(CANONICAL_F64, {Hole.LOCAL: unsigned(double)}),
        _demotion(double),
        _promotion(single),
    )


def _canonicalize_func(
    module: Module, func: Func, func_index: int, kinds: bytes
) -> Func:
    counts = count_float_results(func.code, kinds)
    if not any(counts):
        return func
    local_groups, codes = _locals_and_codes(module, func, counts)
    local_count = sum(count for count, _ in local_groups)
    if len(module.types[func.type_index].params) + local_count > MAX_LOCALS:
        raise RefusedModule("too many locals to make NaNs canonical", func_index)
    code = canonicalize_body(func.code, kinds, counts, codes)
    return replace(func, local_groups=local_groups, code=code)


def _demotion(local_index: int) -> bytes:
    """`f32.demote_f64` with the bits of a NaN written out; a local has the operand."""
    bits = _get(local_index) + instruction("i64.reinterpret_f64")
    sign = bits + _shifted("i64.shr_u", 32) + instruction("i32.wrap_i64")
    payload = bits + _shifted("i64.shr_u", 29) + instruction("i32.wrap_i64")
    nan = (
        sign
        + _masked("i32", 1 << 31)
        + payload
        + _masked("i32", (1 << 23) - 1)
        + instruction("i32.or")
        + _with_bits("i32", 0x7FC0_0000)
        + instruction("f32.reinterpret_i32")
    )
    return _converted("f32.demote_f64", "f64", local_index, nan)


def _promotion(local_index: int) -> bytes:
    """`f64.promote_f32` with the bits of a NaN written out; a local has the operand."""
    bits = (
        _get(local_index)
        + instruction("i32.reinterpret_f32")
        + instruction("i64.extend_i32_u")
    )
    nan = (
        bits
        + _masked("i64", 1 << 31)
        + _shifted("i64.shl", 32)
        + bits
        + _masked("i64", (1 << 23) - 1)
        + _shifted("i64.shl", 29)
        + instruction("i64.or")
        + _with_bits("i64", 0x7FF8 << 48)
        + instruction("f64.reinterpret_i64")
    )
    return _converted("f64.promote_f32", "f32", local_index, nan)


def _converted(mnemonic: str, operand: str, local_index: int, nan: bytes) -> bytes:
    """The conversion of the operand, or `nan` where it is not equal to itself."""
    return (
        instruction("local.tee", unsigned(local_index))
        + instruction(mnemonic)
        + nan
        + _get(local_index) * 2
        + instruction(f"{operand}.eq")
        + instruction("select")
    )


def _get(local_index: int) -> bytes:
    return instruction("local.get", unsigned(local_index))


def _shifted(mnemonic: str, bits: int) -> bytes:
    return instruction("i64.const", signed(bits)) + instruction(mnemonic)


def _masked(integer: str, mask: int) -> bytes:
    return _constant(integer, mask) + instruction(f"{integer}.and")


def _with_bits(integer: str, bits: int) -> bytes:
    return _constant(integer, bits) + instruction(f"{integer}.or")


def _constant(integer: str, bits: int) -> bytes:
    """A constant, by its bits."""
    if integer == "i32" and bits >> 31:
        bits -= 1 << 32
    return instruction(f"{integer}.const", signed(bits))
