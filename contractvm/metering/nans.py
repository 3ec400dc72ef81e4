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
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.instruction_reader import instructions
from contractvm.wasm.structure.module import ExternKind, Func, Module
from contractvm.wasm.structure.opcodes import OPCODES
from contractvm.wasm.structure.types import ValType

# Instructions whose results may be a NaN that the spec leaves open, without the type.
ARITHMETIC = frozenset(
    {
        *("add", "sub", "mul", "div", "sqrt", "min", "max"),
        *("ceil", "floor", "trunc", "nearest"),
    }
)
NAN_MAKERS = ARITHMETIC | {"demote_f64", "promote_f32"}
# Engines share this limit on a func's parameters and locals.
MAX_LOCALS = 50_000

CANONICAL_NAN = {
    ValType.F32: instruction("f32.const", bytes.fromhex("0000c07f")),
    ValType.F64: instruction("f64.const", bytes.fromhex("000000000000f87f")),
}
FLOAT_TYPES = (ValType.F32, ValType.F64)


def _result_kinds(makers: frozenset[str]) -> bytes:
    """By opcode: 1 if it makes an f32 to check, 2 for an f64, 0 for all others."""
    kinds = bytearray(256)
    for info in OPCODES:
        val_type, _, operation = info.mnemonic.partition(".")
        if operation in makers and val_type in ("f32", "f64"):
            kinds[info.opcode] = 1 if val_type == "f32" else 2
    return bytes(kinds)


RESULT_KINDS = _result_kinds(NAN_MAKERS)
# Where conversions keep what the machine makes of a NaN: it is quiet, with the sign and
# the upper bits of the payload.
ARITHMETIC_KINDS = _result_kinds(ARITHMETIC)


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
    local_index = len(module.types[func.type_index].params) + func.local_count
    counts = count_float_results(func.code, kinds)
    sequences = _sequences(local_index, counts)
    inserted = 0
    for opcode, _, _, _, end in instructions(func.code):
        kind = kinds[opcode] if opcode < len(kinds) else 0
        if kind:
            inserted += len(sequences[kind - 1])
            yield end + inserted, end


def _sequences(local_index: int, counts: tuple[int, int]) -> tuple[bytes, bytes]:
    """What comes after an f32 and an f64, with the new locals from `local_index` on."""
    return (
        _replacement(ValType.F32, local_index),
        _replacement(ValType.F64, local_index + (counts[0] > 0)),
    )


def _canonicalize_func(
    module: Module, func: Func, func_index: int, kinds: bytes
) -> Func:
    counts = count_float_results(func.code, kinds)
    if not any(counts):
        return func
    local_index = len(module.types[func.type_index].params) + func.local_count
    local_groups = list(func.local_groups)
    sequences = _sequences(local_index, counts)
    for val_type, count in zip(FLOAT_TYPES, counts, strict=True):
        if count:
            local_groups.append((1, val_type))
            local_index += 1
    if local_index > MAX_LOCALS:
        raise RefusedModule("too many locals to make NaNs canonical", func_index)
    code = canonicalize_body(func.code, kinds, counts, *sequences)
    return replace(func, local_groups=tuple(local_groups), code=code)


def _replacement(val_type: ValType, local_index: int) -> bytes:
    """Code that leaves the value on the stack as it is, or the canonical NaN.

    Only a NaN is not equal to itself.
    """
    local = unsigned(local_index)
    return (
        instruction("local.tee", local)
        + CANONICAL_NAN[val_type]
        + instruction("local.get", local) * 2
        + instruction(f"{val_type.text}.eq")
        + instruction("select")
    )
