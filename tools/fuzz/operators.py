"""The instructions that dense programs are made of, grouped by what they give."""

import re
import struct
from collections import defaultdict
from random import Random

from contractvm.wasm.structure.encoding import encode_signed, encode_unsigned
from contractvm.wasm.structure.opcodes import OPCODES, Immediate, OpcodeInfo
from contractvm.wasm.structure.types import ValType
from tests.helpers.operands import OPERANDS

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64
NUMBERS = (I32, I64, F32, F64)
CONSTANTS = {I32: 0x41, I64: 0x42, F32: 0x43, F64: 0x44}

# Instructions with one result and no immediate, and loads, by their result.
OPERATORS: dict[ValType, list[OpcodeInfo]] = defaultdict(list)
LOADS: dict[ValType, list[OpcodeInfo]] = defaultdict(list)
STORES: list[OpcodeInfo] = []
for info in OPCODES:
    if info.immediate is Immediate.NONE and info.params and info.results:
        if not any(kind.is_reference for kind in info.params + info.results):
            OPERATORS[info.results[0]].append(info)
    elif info.immediate is Immediate.MEM_ARG and info.results:
        LOADS[info.results[0]].append(info)
    elif info.immediate is Immediate.MEM_ARG:
        STORES.append(info)


def opcode_bytes(info: OpcodeInfo) -> bytes:
    """The opcode, with its prefix where it has one."""
    if info.opcode < 0x100:
        return bytes([info.opcode])
    return b"\xfc" + encode_unsigned(info.opcode & 0xFF)


def constant(val_type: ValType, random: Random) -> bytes:
    """A constant: a telling operand, or a small number."""
    value = random.choice(OPERANDS[val_type])
    if val_type.is_float:
        layout = "<I" if val_type is F32 else "<Q"
        return bytes([CONSTANTS[val_type]]) + struct.pack(layout, value)
    if random.random() < 0.4:
        value = random.randrange(-2, 40)
    width = 32 if val_type is I32 else 64
    value &= (1 << width) - 1
    signed = value - (1 << width) if value >> (width - 1) else value
    return bytes([CONSTANTS[val_type]]) + encode_signed(signed)


def memory_argument(info: OpcodeInfo, random: Random) -> bytes:
    """Alignment up to the natural one, and an offset."""
    sized = re.search(r"(?:load|store)(\d+)", info.mnemonic)
    bits = int(sized[1]) if sized else int(info.mnemonic[1:3])
    alignment = random.randrange((bits // 8).bit_length())
    offset = random.choice((0, 0, 0, 1, 4, 8, 100, 65_530, 65_536, 2**32 - 1))
    return encode_unsigned(alignment) + encode_unsigned(offset)
