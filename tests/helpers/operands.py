"""Operands, as bits, that tell an instruction from similar ones."""

import struct

from contractvm.wasm.structure.types import ValType


def f32_bits(value: float) -> int:
    """The bits of a value as f32."""
    return int.from_bytes(struct.pack("<f", value), "little")


def f64_bits(value: float) -> int:
    """The bits of a value as f64."""
    return int.from_bytes(struct.pack("<d", value), "little")


I32_OPERANDS = (
    *(0, 1, 2, 5, 31, 32, 33, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0x1234_5678),
    *(0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, 0xFFFF_FFFE, 0xFFFF_FFFF),
)
I64_OPERANDS = (
    *(0, 1, 3, 31, 32, 63, 64, 65, 0x80, 0x8000, 0x7FFF_FFFF, 0x8000_0000),
    *(0xFFFF_FFFF, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 63) + 1, (1 << 64) - 1),
    *(0xFFFF_FFFF_8000_0000, 0xFFFF_FFFF_7FFF_FFFF, 0x1234_5678_9ABC_DEF0),
)
FLOATS = (
    *(0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, -0.9, 16777217.0),
    *(2147483520.0, 2147483648.0, -2147483648.0, 4294967040.0, 4294967296.0),
    *(2.0**63, -(2.0**63), 2.0**64, float("inf"), float("-inf")),
)
F32_OPERANDS = (
    *(f32_bits(value) for value in FLOATS),
    *(1, 0x0080_0000, 0x7F7F_FFFF, 0xCF00_0001, 0xBF7F_FFFF),
    *(
        0x7FC0_0000,
        0xFFC0_0000,
        0x7FA0_0000,
        0x7F80_0001,
    ),  # NaNs, the last two signalling
)
F64_OPERANDS = (
    *(f64_bits(value) for value in FLOATS),
    *(f64_bits(value) for value in (-2147483648.9, -2147483649.0, 4294967295.9)),
    *(f64_bits(value) for value in (2.0**63 - 1024, 2.0**64 - 2048, 3.5e38, 1e-46)),
    *(1, 0x7FEF_FFFF_FFFF_FFFF),
    *(0x7FF8 << 48, 0xFFF8 << 48, 0x7FF4 << 48, (0x7FF0 << 48) + 1),
)
OPERANDS = {
    ValType.I32: I32_OPERANDS,
    ValType.I64: I64_OPERANDS,
    ValType.F32: F32_OPERANDS,
    ValType.F64: F64_OPERANDS,
}
