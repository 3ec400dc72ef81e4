"""The opcode table's rows as the validator needs them, filled once at import."""

import re

from libc.string cimport memset

from contractvm.wasm.structure.opcodes cimport (
    OP_END, OP_F64_CONST, OP_I32_ADD, OP_I32_CONST, OP_I32_MUL, OP_I64_ADD, OP_I64_MUL,
    OP_REF_NULL, TYPE_EXTERNREF, TYPE_FUNCREF, slot_of,
)
from contractvm.wasm.validation.module_context cimport BOTTOM

from contractvm.wasm.structure.opcodes import OPCODES, Immediate


def _natural_alignment(mnemonic):
    """The exponent of the access's width, from its name: `i64.load16_u` is 1."""
    width = re.match(r"[if](\d\d)\.(?:load|store)(\d*)", mnemonic)
    return (int(width[2] or width[1]) // 8).bit_length() - 1


def _fill_signatures():
    memset(signatures, 0, sizeof(signatures))
    for info in OPCODES:
        if info.params is None:
            continue
        row = &signatures[slot_of(info.opcode)]
        row.is_fixed = True
        row.param_count = len(info.params)
        for index, val_type in enumerate(info.params):
            row.params[index] = val_type
        row.result = info.results[0] if info.results else BOTTOM
        if info.immediate == Immediate.MEM_ARG:
            row.alignment = _natural_alignment(info.mnemonic)


_fill_signatures()


cdef bint is_reference(int val_type) noexcept nogil:
    return val_type == TYPE_FUNCREF or val_type == TYPE_EXTERNREF


cdef bint is_constant(uint32_t opcode) noexcept nogil:
    return (
        opcode == OP_END
        or OP_I32_CONST <= opcode <= OP_F64_CONST
        or OP_I32_ADD <= opcode <= OP_I32_MUL
        or OP_I64_ADD <= opcode <= OP_I64_MUL
        or opcode == OP_REF_NULL
    )
