"""Templates of injected code, rendered as bytes."""

from collections.abc import Mapping
from functools import cache

from contractvm.errors import InternalError
from contractvm.wasm.structure.encoding import encode_signed, encode_unsigned
from contractvm.wasm.structure.opcodes import BY_MNEMONIC, Immediate
from contractvm.wasm.structure.templates import Hole, Template

NUMBERS = frozenset({Immediate.I32, Immediate.I64, Immediate.BLOCK_TYPE})
INDICES = frozenset({Immediate.LOCAL, Immediate.GLOBAL, Immediate.FUNC})
# Floats are given by their bits.
FLOAT_BYTES = {Immediate.F32: 4, Immediate.F64: 8}

# What fills holes, encoded: indices unsigned, amounts and limits signed.
Holes = Mapping[Hole, bytes]


def render(template: Template, holes: Holes) -> tuple[bytes, ...]:
    """The template's bytes, in parts: an amount belongs between each two.

    AMOUNT, where `holes` does not fill it, separates the parts.
    """
    parts = []
    part = b""
    for piece in _pieces(template):
        code = piece if isinstance(piece, bytes) else holes.get(piece)
        if code is not None:
            part += code
        elif piece is Hole.AMOUNT:
            parts.append(part)
            part = b""
        else:
            raise InternalError(f"a template's {piece!r} is not filled")
    return (*parts, part)


def render_whole(template: Template, holes: Holes) -> bytes:
    """The template's bytes; `holes` must fill all of it."""
    (whole,) = render(template, holes)
    return whole


@cache
def _pieces(template: Template) -> tuple[bytes | Hole, ...]:
    """The template as its constant parts, and the holes between them."""
    pieces: list[bytes | Hole] = []
    fixed = b""
    for mnemonic, immediate in template:
        info = BY_MNEMONIC[mnemonic]
        fixed += bytes([info.opcode])
        if isinstance(immediate, Hole):
            pieces += [fixed, immediate]
            fixed = b""
        elif info.immediate in NUMBERS:
            fixed += encode_signed(immediate)
        elif info.immediate in FLOAT_BYTES:
            fixed += immediate.to_bytes(FLOAT_BYTES[info.immediate], "little")
        elif info.immediate in INDICES:
            fixed += encode_unsigned(immediate)
    return (*pieces, fixed)
