"""THE opcode table: one row per instruction (spec 5.4), and nothing else lists opcodes.

Decoder, encoder, validator and the generated reference read this table; translation
rules and gas schedules are keyed by it, each checked complete by a test. Compiled code
gets its numbers from `opcodes.pxd`, which `setup.py` writes from this table.
"""

from enum import Enum, IntEnum
from typing import NamedTuple

from contractvm.wasm.structure.types import ValType

I32, I64, F32, F64 = ValType.I32, ValType.I64, ValType.F32, ValType.F64
FUNCREF = ValType.FUNCREF


class Immediate(IntEnum):
    """What follows the opcode in the code; `instruction_reader` reads each kind."""

    NONE = 0
    BLOCK_TYPE = 1
    LABEL = 2
    LABEL_TABLE = 3
    FUNC = 4
    TYPE_TABLE = 5  # call_indirect: type index, table index
    VAL_TYPES = 6
    LOCAL = 7
    GLOBAL = 8
    TABLE = 9
    MEM_ARG = 10  # alignment exponent, offset
    MEMORY = 11
    I32 = 12
    I64 = 13
    F32 = 14
    F64 = 15
    REF_TYPE = 16
    DATA_MEMORY = 17  # memory.init: data index, memory index
    DATA = 18
    MEMORY_MEMORY = 19  # memory.copy: destination, source
    ELEM_TABLE = 20  # table.init: elem index, table index
    ELEM = 21
    TABLE_TABLE = 22  # table.copy: destination, source


class Feature(Enum):
    """The proposal that added an instruction; a profile allows or refuses each."""

    MVP = "mvp"
    SIGN_EXTENSION = "sign-extension"
    SATURATING_CONVERSION = "saturating-conversion"
    MULTI_VALUE = "multi-value"
    BULK_MEMORY = "bulk-memory"
    REFERENCE_TYPES = "reference-types"
    EXTENDED_CONST = "extended-const"


class OpcodeInfo(NamedTuple):
    """One instruction.

    `opcode` is the byte, or 0xFC00 plus the number that follows the prefix 0xFC.
    `params` and `results` are None if they depend on context: validation has a rule for
    each of these.
    """

    opcode: int
    mnemonic: str
    immediate: Immediate
    params: tuple[ValType, ...] | None
    results: tuple[ValType, ...] | None
    feature: Feature = Feature.MVP


OPCODES = (
    # Control instructions (spec 5.4.1)
    OpcodeInfo(0x00, "unreachable", Immediate.NONE, None, None),
    OpcodeInfo(0x01, "nop", Immediate.NONE, (), ()),
    OpcodeInfo(0x02, "block", Immediate.BLOCK_TYPE, None, None),
    OpcodeInfo(0x03, "loop", Immediate.BLOCK_TYPE, None, None),
    OpcodeInfo(0x04, "if", Immediate.BLOCK_TYPE, None, None),
    OpcodeInfo(0x05, "else", Immediate.NONE, None, None),
    OpcodeInfo(0x0B, "end", Immediate.NONE, None, None),
    OpcodeInfo(0x0C, "br", Immediate.LABEL, None, None),
    OpcodeInfo(0x0D, "br_if", Immediate.LABEL, None, None),
    OpcodeInfo(0x0E, "br_table", Immediate.LABEL_TABLE, None, None),
    OpcodeInfo(0x0F, "return", Immediate.NONE, None, None),
    OpcodeInfo(0x10, "call", Immediate.FUNC, None, None),
    OpcodeInfo(0x11, "call_indirect", Immediate.TYPE_TABLE, None, None),
    # Parametric instructions (spec 5.4.3)
    OpcodeInfo(0x1A, "drop", Immediate.NONE, None, None),
    OpcodeInfo(0x1B, "select", Immediate.NONE, None, None),
    OpcodeInfo(
        0x1C, "select t", Immediate.VAL_TYPES, None, None, Feature.REFERENCE_TYPES
    ),
    # Variable instructions (spec 5.4.4)
    OpcodeInfo(0x20, "local.get", Immediate.LOCAL, None, None),
    OpcodeInfo(0x21, "local.set", Immediate.LOCAL, None, None),
    OpcodeInfo(0x22, "local.tee", Immediate.LOCAL, None, None),
    OpcodeInfo(0x23, "global.get", Immediate.GLOBAL, None, None),
    OpcodeInfo(0x24, "global.set", Immediate.GLOBAL, None, None),
    # Table instructions (spec 5.4.5)
    OpcodeInfo(0x25, "table.get", Immediate.TABLE, None, None, Feature.REFERENCE_TYPES),
    OpcodeInfo(0x26, "table.set", Immediate.TABLE, None, None, Feature.REFERENCE_TYPES),
    # Memory instructions (spec 5.4.6)
    OpcodeInfo(0x28, "i32.load", Immediate.MEM_ARG, (I32,), (I32,)),
    OpcodeInfo(0x29, "i64.load", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x2A, "f32.load", Immediate.MEM_ARG, (I32,), (F32,)),
    OpcodeInfo(0x2B, "f64.load", Immediate.MEM_ARG, (I32,), (F64,)),
    OpcodeInfo(0x2C, "i32.load8_s", Immediate.MEM_ARG, (I32,), (I32,)),
    OpcodeInfo(0x2D, "i32.load8_u", Immediate.MEM_ARG, (I32,), (I32,)),
    OpcodeInfo(0x2E, "i32.load16_s", Immediate.MEM_ARG, (I32,), (I32,)),
    OpcodeInfo(0x2F, "i32.load16_u", Immediate.MEM_ARG, (I32,), (I32,)),
    OpcodeInfo(0x30, "i64.load8_s", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x31, "i64.load8_u", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x32, "i64.load16_s", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x33, "i64.load16_u", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x34, "i64.load32_s", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x35, "i64.load32_u", Immediate.MEM_ARG, (I32,), (I64,)),
    OpcodeInfo(0x36, "i32.store", Immediate.MEM_ARG, (I32, I32), ()),
    OpcodeInfo(0x37, "i64.store", Immediate.MEM_ARG, (I32, I64), ()),
    OpcodeInfo(0x38, "f32.store", Immediate.MEM_ARG, (I32, F32), ()),
    OpcodeInfo(0x39, "f64.store", Immediate.MEM_ARG, (I32, F64), ()),
    OpcodeInfo(0x3A, "i32.store8", Immediate.MEM_ARG, (I32, I32), ()),
    OpcodeInfo(0x3B, "i32.store16", Immediate.MEM_ARG, (I32, I32), ()),
    OpcodeInfo(0x3C, "i64.store8", Immediate.MEM_ARG, (I32, I64), ()),
    OpcodeInfo(0x3D, "i64.store16", Immediate.MEM_ARG, (I32, I64), ()),
    OpcodeInfo(0x3E, "i64.store32", Immediate.MEM_ARG, (I32, I64), ()),
    OpcodeInfo(0x3F, "memory.size", Immediate.MEMORY, (), (I32,)),
    OpcodeInfo(0x40, "memory.grow", Immediate.MEMORY, (I32,), (I32,)),
    # Numeric instructions (spec 5.4.7)
    OpcodeInfo(0x41, "i32.const", Immediate.I32, (), (I32,)),
    OpcodeInfo(0x42, "i64.const", Immediate.I64, (), (I64,)),
    OpcodeInfo(0x43, "f32.const", Immediate.F32, (), (F32,)),
    OpcodeInfo(0x44, "f64.const", Immediate.F64, (), (F64,)),
    OpcodeInfo(0x45, "i32.eqz", Immediate.NONE, (I32,), (I32,)),
    OpcodeInfo(0x46, "i32.eq", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x47, "i32.ne", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x48, "i32.lt_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x49, "i32.lt_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x4A, "i32.gt_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x4B, "i32.gt_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x4C, "i32.le_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x4D, "i32.le_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x4E, "i32.ge_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x4F, "i32.ge_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x50, "i64.eqz", Immediate.NONE, (I64,), (I32,)),
    OpcodeInfo(0x51, "i64.eq", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x52, "i64.ne", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x53, "i64.lt_s", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x54, "i64.lt_u", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x55, "i64.gt_s", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x56, "i64.gt_u", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x57, "i64.le_s", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x58, "i64.le_u", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x59, "i64.ge_s", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x5A, "i64.ge_u", Immediate.NONE, (I64, I64), (I32,)),
    OpcodeInfo(0x5B, "f32.eq", Immediate.NONE, (F32, F32), (I32,)),
    OpcodeInfo(0x5C, "f32.ne", Immediate.NONE, (F32, F32), (I32,)),
    OpcodeInfo(0x5D, "f32.lt", Immediate.NONE, (F32, F32), (I32,)),
    OpcodeInfo(0x5E, "f32.gt", Immediate.NONE, (F32, F32), (I32,)),
    OpcodeInfo(0x5F, "f32.le", Immediate.NONE, (F32, F32), (I32,)),
    OpcodeInfo(0x60, "f32.ge", Immediate.NONE, (F32, F32), (I32,)),
    OpcodeInfo(0x61, "f64.eq", Immediate.NONE, (F64, F64), (I32,)),
    OpcodeInfo(0x62, "f64.ne", Immediate.NONE, (F64, F64), (I32,)),
    OpcodeInfo(0x63, "f64.lt", Immediate.NONE, (F64, F64), (I32,)),
    OpcodeInfo(0x64, "f64.gt", Immediate.NONE, (F64, F64), (I32,)),
    OpcodeInfo(0x65, "f64.le", Immediate.NONE, (F64, F64), (I32,)),
    OpcodeInfo(0x66, "f64.ge", Immediate.NONE, (F64, F64), (I32,)),
    OpcodeInfo(0x67, "i32.clz", Immediate.NONE, (I32,), (I32,)),
    OpcodeInfo(0x68, "i32.ctz", Immediate.NONE, (I32,), (I32,)),
    OpcodeInfo(0x69, "i32.popcnt", Immediate.NONE, (I32,), (I32,)),
    OpcodeInfo(0x6A, "i32.add", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x6B, "i32.sub", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x6C, "i32.mul", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x6D, "i32.div_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x6E, "i32.div_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x6F, "i32.rem_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x70, "i32.rem_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x71, "i32.and", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x72, "i32.or", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x73, "i32.xor", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x74, "i32.shl", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x75, "i32.shr_s", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x76, "i32.shr_u", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x77, "i32.rotl", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x78, "i32.rotr", Immediate.NONE, (I32, I32), (I32,)),
    OpcodeInfo(0x79, "i64.clz", Immediate.NONE, (I64,), (I64,)),
    OpcodeInfo(0x7A, "i64.ctz", Immediate.NONE, (I64,), (I64,)),
    OpcodeInfo(0x7B, "i64.popcnt", Immediate.NONE, (I64,), (I64,)),
    OpcodeInfo(0x7C, "i64.add", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x7D, "i64.sub", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x7E, "i64.mul", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x7F, "i64.div_s", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x80, "i64.div_u", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x81, "i64.rem_s", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x82, "i64.rem_u", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x83, "i64.and", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x84, "i64.or", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x85, "i64.xor", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x86, "i64.shl", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x87, "i64.shr_s", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x88, "i64.shr_u", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x89, "i64.rotl", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x8A, "i64.rotr", Immediate.NONE, (I64, I64), (I64,)),
    OpcodeInfo(0x8B, "f32.abs", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x8C, "f32.neg", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x8D, "f32.ceil", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x8E, "f32.floor", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x8F, "f32.trunc", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x90, "f32.nearest", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x91, "f32.sqrt", Immediate.NONE, (F32,), (F32,)),
    OpcodeInfo(0x92, "f32.add", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x93, "f32.sub", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x94, "f32.mul", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x95, "f32.div", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x96, "f32.min", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x97, "f32.max", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x98, "f32.copysign", Immediate.NONE, (F32, F32), (F32,)),
    OpcodeInfo(0x99, "f64.abs", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0x9A, "f64.neg", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0x9B, "f64.ceil", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0x9C, "f64.floor", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0x9D, "f64.trunc", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0x9E, "f64.nearest", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0x9F, "f64.sqrt", Immediate.NONE, (F64,), (F64,)),
    OpcodeInfo(0xA0, "f64.add", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA1, "f64.sub", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA2, "f64.mul", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA3, "f64.div", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA4, "f64.min", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA5, "f64.max", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA6, "f64.copysign", Immediate.NONE, (F64, F64), (F64,)),
    OpcodeInfo(0xA7, "i32.wrap_i64", Immediate.NONE, (I64,), (I32,)),
    OpcodeInfo(0xA8, "i32.trunc_f32_s", Immediate.NONE, (F32,), (I32,)),
    OpcodeInfo(0xA9, "i32.trunc_f32_u", Immediate.NONE, (F32,), (I32,)),
    OpcodeInfo(0xAA, "i32.trunc_f64_s", Immediate.NONE, (F64,), (I32,)),
    OpcodeInfo(0xAB, "i32.trunc_f64_u", Immediate.NONE, (F64,), (I32,)),
    OpcodeInfo(0xAC, "i64.extend_i32_s", Immediate.NONE, (I32,), (I64,)),
    OpcodeInfo(0xAD, "i64.extend_i32_u", Immediate.NONE, (I32,), (I64,)),
    OpcodeInfo(0xAE, "i64.trunc_f32_s", Immediate.NONE, (F32,), (I64,)),
    OpcodeInfo(0xAF, "i64.trunc_f32_u", Immediate.NONE, (F32,), (I64,)),
    OpcodeInfo(0xB0, "i64.trunc_f64_s", Immediate.NONE, (F64,), (I64,)),
    OpcodeInfo(0xB1, "i64.trunc_f64_u", Immediate.NONE, (F64,), (I64,)),
    OpcodeInfo(0xB2, "f32.convert_i32_s", Immediate.NONE, (I32,), (F32,)),
    OpcodeInfo(0xB3, "f32.convert_i32_u", Immediate.NONE, (I32,), (F32,)),
    OpcodeInfo(0xB4, "f32.convert_i64_s", Immediate.NONE, (I64,), (F32,)),
    OpcodeInfo(0xB5, "f32.convert_i64_u", Immediate.NONE, (I64,), (F32,)),
    OpcodeInfo(0xB6, "f32.demote_f64", Immediate.NONE, (F64,), (F32,)),
    OpcodeInfo(0xB7, "f64.convert_i32_s", Immediate.NONE, (I32,), (F64,)),
    OpcodeInfo(0xB8, "f64.convert_i32_u", Immediate.NONE, (I32,), (F64,)),
    OpcodeInfo(0xB9, "f64.convert_i64_s", Immediate.NONE, (I64,), (F64,)),
    OpcodeInfo(0xBA, "f64.convert_i64_u", Immediate.NONE, (I64,), (F64,)),
    OpcodeInfo(0xBB, "f64.promote_f32", Immediate.NONE, (F32,), (F64,)),
    OpcodeInfo(0xBC, "i32.reinterpret_f32", Immediate.NONE, (F32,), (I32,)),
    OpcodeInfo(0xBD, "i64.reinterpret_f64", Immediate.NONE, (F64,), (I64,)),
    OpcodeInfo(0xBE, "f32.reinterpret_i32", Immediate.NONE, (I32,), (F32,)),
    OpcodeInfo(0xBF, "f64.reinterpret_i64", Immediate.NONE, (I64,), (F64,)),
    OpcodeInfo(
        0xC0, "i32.extend8_s", Immediate.NONE, (I32,), (I32,), Feature.SIGN_EXTENSION
    ),
    OpcodeInfo(
        0xC1, "i32.extend16_s", Immediate.NONE, (I32,), (I32,), Feature.SIGN_EXTENSION
    ),
    OpcodeInfo(
        0xC2, "i64.extend8_s", Immediate.NONE, (I64,), (I64,), Feature.SIGN_EXTENSION
    ),
    OpcodeInfo(
        0xC3, "i64.extend16_s", Immediate.NONE, (I64,), (I64,), Feature.SIGN_EXTENSION
    ),
    OpcodeInfo(
        0xC4, "i64.extend32_s", Immediate.NONE, (I64,), (I64,), Feature.SIGN_EXTENSION
    ),
    # Reference instructions (spec 5.4.2)
    OpcodeInfo(
        0xD0, "ref.null", Immediate.REF_TYPE, None, None, Feature.REFERENCE_TYPES
    ),
    OpcodeInfo(
        0xD1, "ref.is_null", Immediate.NONE, None, None, Feature.REFERENCE_TYPES
    ),
    OpcodeInfo(
        0xD2, "ref.func", Immediate.FUNC, (), (FUNCREF,), Feature.REFERENCE_TYPES
    ),
    # Saturating conversions (spec 5.4.7), prefix 0xFC
    OpcodeInfo(
        0xFC00,
        "i32.trunc_sat_f32_s",
        Immediate.NONE,
        (F32,),
        (I32,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC01,
        "i32.trunc_sat_f32_u",
        Immediate.NONE,
        (F32,),
        (I32,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC02,
        "i32.trunc_sat_f64_s",
        Immediate.NONE,
        (F64,),
        (I32,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC03,
        "i32.trunc_sat_f64_u",
        Immediate.NONE,
        (F64,),
        (I32,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC04,
        "i64.trunc_sat_f32_s",
        Immediate.NONE,
        (F32,),
        (I64,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC05,
        "i64.trunc_sat_f32_u",
        Immediate.NONE,
        (F32,),
        (I64,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC06,
        "i64.trunc_sat_f64_s",
        Immediate.NONE,
        (F64,),
        (I64,),
        Feature.SATURATING_CONVERSION,
    ),
    OpcodeInfo(
        0xFC07,
        "i64.trunc_sat_f64_u",
        Immediate.NONE,
        (F64,),
        (I64,),
        Feature.SATURATING_CONVERSION,
    ),
    # Bulk memory and table instructions (spec 5.4.5, 5.4.6), prefix 0xFC
    OpcodeInfo(
        0xFC08,
        "memory.init",
        Immediate.DATA_MEMORY,
        (I32, I32, I32),
        (),
        Feature.BULK_MEMORY,
    ),
    OpcodeInfo(0xFC09, "data.drop", Immediate.DATA, (), (), Feature.BULK_MEMORY),
    OpcodeInfo(
        0xFC0A,
        "memory.copy",
        Immediate.MEMORY_MEMORY,
        (I32, I32, I32),
        (),
        Feature.BULK_MEMORY,
    ),
    OpcodeInfo(
        0xFC0B,
        "memory.fill",
        Immediate.MEMORY,
        (I32, I32, I32),
        (),
        Feature.BULK_MEMORY,
    ),
    OpcodeInfo(
        0xFC0C,
        "table.init",
        Immediate.ELEM_TABLE,
        (I32, I32, I32),
        (),
        Feature.BULK_MEMORY,
    ),
    OpcodeInfo(0xFC0D, "elem.drop", Immediate.ELEM, (), (), Feature.BULK_MEMORY),
    OpcodeInfo(
        0xFC0E,
        "table.copy",
        Immediate.TABLE_TABLE,
        (I32, I32, I32),
        (),
        Feature.BULK_MEMORY,
    ),
    OpcodeInfo(
        0xFC0F, "table.grow", Immediate.TABLE, None, None, Feature.REFERENCE_TYPES
    ),
    OpcodeInfo(
        0xFC10, "table.size", Immediate.TABLE, (), (I32,), Feature.REFERENCE_TYPES
    ),
    OpcodeInfo(
        0xFC11, "table.fill", Immediate.TABLE, None, None, Feature.REFERENCE_TYPES
    ),
)

# The first byte of the instructions that a number follows (spec 5.4).
PREFIX = 0xFC
# Tables by opcode hold the plain ones at their byte, then the prefixed ones.
PLAIN_SLOTS = 256


def slot_of(opcode: int) -> int:
    """The index of an opcode of the table in arrays of SLOT_COUNT entries."""
    return opcode if opcode < PLAIN_SLOTS else PLAIN_SLOTS + (opcode & 0xFF)


SLOT_COUNT = 1 + max(slot_of(info.opcode) for info in OPCODES)

BY_OPCODE = {info.opcode: info for info in OPCODES}
BY_MNEMONIC = {info.mnemonic: info for info in OPCODES}
