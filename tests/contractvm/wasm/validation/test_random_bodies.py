"""Random instruction sequences: ours says valid exactly where wasmtime does.

Most are invalid; beginning with `unreachable`, where operands come out of nothing, some
one in five is valid. Both kinds are required below, so that neither verdict is rare.
"""

from dataclasses import replace
from random import Random

import pytest

from contractvm.errors import InvalidModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.opcodes import OPCODES, Immediate, OpcodeInfo
from contractvm.wasm.validation.validator import validate_module
from tests.helpers.module_bytes import CODE, FUNC, HEADER, body, section
from tests.helpers.wasmtime_verdict import wasmtime_fault
from tests.helpers.wat import wat_to_wasm

CONTEXT = wat_to_wasm(
    """(module
      (type (func (param i32 i64) (result i32)))
      (type (func))
      (type (func (param i32) (result i32)))
      (type (func (result i32 i64)))
      (import "m" "f" (func (type 2)))
      (import "m" "g" (func (type 3)))
      (import "m" "t" (table 1 funcref))
      (import "m" "u" (table 1 externref))
      (import "m" "memory" (memory 1))
      (import "m" "a" (global i32))
      (import "m" "b" (global (mut i64)))
      (export "f" (func 0)))"""
)
LOCALS = b"\x02\x01\x7f\x02\x70"
BLOCK_TYPES = (b"\x40", b"\x7f", b"\x7e", b"\x00", b"\x01", b"\x02", b"\x03", b"\x70")
BLOCKS = (0x02, 0x03, 0x04)
# Instructions that a random choice among all would seldom hit.
FREQUENT_MNEMONICS = frozenset(
    [
        "block",
        "loop",
        "if",
        "else",
        "end",
        "br",
        "br_if",
        "br_table",
        "drop",
        "select",
        "call",
        "local.get",
        "local.set",
        "local.tee",
        "i32.const",
        "i64.const",
        "ref.null",
        "unreachable",
        "return",
        "i32.add",
    ]
)
FREQUENT = [info for info in OPCODES if info.mnemonic in FREQUENT_MNEMONICS]

# The immediates to choose from, by kind; SMALL_INDICES for every other kind.
SMALL_INDICES = (b"\x00", b"\x00", b"\x01", b"\x01", b"\x02", b"\x03")
TWO_INDICES = tuple(bytes([left, right]) for left in range(3) for right in range(3))
IMMEDIATES = {
    Immediate.NONE: (b"",),
    Immediate.BLOCK_TYPE: BLOCK_TYPES,
    Immediate.LABEL_TABLE: tuple(b"\x01" + labels for labels in TWO_INDICES),
    Immediate.VAL_TYPES: (b"\x01\x7f", b"\x01\x7e", b"\x01\x70", b"\x01\x6f"),
    Immediate.MEM_ARG: (b"\x00\x05", b"\x01\x00", b"\x02\x00", b"\x03\x00"),
    Immediate.F32: (bytes(4),),
    Immediate.F64: (bytes(8),),
    Immediate.REF_TYPE: (b"\x70", b"\x6f"),
    Immediate.MEMORY: (b"\x00",),
    Immediate.MEMORY_MEMORY: (b"\x00\x00",),
    Immediate.TYPE_TABLE: TWO_INDICES,
    Immediate.TABLE_TABLE: TWO_INDICES,
    Immediate.ELEM_TABLE: TWO_INDICES,
}


def instruction(info: OpcodeInfo, random: Random) -> bytes:
    opcode = info.opcode
    encoded = bytes([opcode]) if opcode < 256 else bytes([0xFC, opcode & 0xFF])
    return encoded + random.choice(IMMEDIATES.get(info.immediate, SMALL_INDICES))


def random_code(random: Random) -> bytes:
    code = b"\x00" if random.random() < 0.7 else b""
    open_blocks: list[int] = []
    for _ in range(random.randrange(1, 9)):
        info = random.choice(FREQUENT if random.random() < 0.6 else OPCODES)
        if info.mnemonic in ("memory.init", "data.drop"):
            continue
        if info.mnemonic == "end":
            if not open_blocks:
                continue
            open_blocks.pop()
        elif info.mnemonic == "else":
            if not open_blocks or open_blocks[-1] != 0x04:
                continue
            open_blocks[-1] = 0x05
        elif info.opcode in BLOCKS:
            open_blocks.append(info.opcode)
        code += instruction(info, random)
        if info.mnemonic in ("br", "return", "unreachable") and random.random() < 0.5:
            code += b"\x00"
    code += b"\x0b" * len(open_blocks)
    return code + (b"\x00\x0b" if random.random() < 0.7 else b"\x0b")


def module_around(code: bytes, type_index: int) -> bytes:
    # The function section comes before the exports, which the context ends with.
    exports = section(7, b"\x01\x01f\x00\x00")
    before = CONTEXT[: CONTEXT.index(exports)]
    funcs = section(FUNC, bytes([1, type_index]))
    return before + funcs + exports + section(CODE, b"\x01" + body(code, LOCALS))


AROUND = decode_module(CONTEXT)


def decoded_around(code: bytes, type_index: int) -> Module:
    """`module_around`, decoded; what is the same around all bodies is decoded once."""
    funcs = section(FUNC, bytes([1, type_index]))
    alone = HEADER + funcs + section(CODE, b"\x01" + body(code, LOCALS))
    return replace(AROUND, funcs=decode_module(alone).funcs)


def fault_in(module: Module) -> str | None:
    try:
        validate_module(module)
    except InvalidModule as error:
        return str(error)
    return None


def compare_verdicts(seed: int, count: int) -> None:
    random = Random(seed)
    verdicts = {True: 0, False: 0}
    for _ in range(count):
        code, type_index = random_code(random), random.randrange(4)
        data = module_around(code, type_index)
        theirs = wasmtime_fault(data)
        ours = fault_in(decoded_around(code, type_index))
        assert (ours is None) == (theirs is None), (data.hex(), ours, theirs)
        verdicts[ours is None] += 1
    assert min(verdicts.values()) > count // 10


def test_verdicts_are_those_of_wasmtime() -> None:
    compare_verdicts(seed=1, count=4_000)


def test_a_body_is_judged_as_in_the_module_that_is_decoded_whole() -> None:
    random = Random(1)
    for _ in range(4_000):
        code, type_index = random_code(random), random.randrange(4)
        whole = fault_in(decode_module(module_around(code, type_index)))
        alone = fault_in(decoded_around(code, type_index))
        # The code around the body shifts its place in the file.
        assert (alone is None) == (whole is None)
        assert str(alone).partition(" at ")[0] == str(whole).partition(" at ")[0]


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2, 12))
def test_many_more_verdicts_are_those_of_wasmtime(seed: int) -> None:
    compare_verdicts(seed=seed, count=40_000)
