"""Encoders for LEB128 numbers (spec 5.2.2) and single instructions."""

from contractvm.wasm.structure.opcodes import BY_MNEMONIC


def encode_unsigned(value: int) -> bytes:
    """Unsigned LEB128 in its shortest form; `value` must not be negative."""
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def encode_signed(value: int) -> bytes:
    """Signed LEB128 in its shortest form."""
    encoded = bytearray()
    while not -0x40 <= value < 0x40:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value & 0x7F)
    return bytes(encoded)


def encode_instruction(mnemonic: str, immediate: bytes = b"") -> bytes:
    """One instruction of those without a prefix, its immediate already encoded."""
    return bytes([BY_MNEMONIC[mnemonic].opcode]) + immediate
