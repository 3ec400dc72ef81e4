"""Variants of a module: other instructions of the same type in the same places.

Far cheaper than a process of `wasm-tools` for each, and they reach what random trees
rarely hold: every operator, on operands that come from code which ran before.
"""

from collections import defaultdict
from dataclasses import replace
from random import Random

from contractvm.errors import InvalidModule, MalformedModule
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.module import Func, Module
from contractvm.wasm.structure.opcodes import OPCODES, Immediate
from contractvm.wasm.validation.validator import validate_module

ATTEMPTS = 7
ALIKE_IMMEDIATES = (Immediate.NONE, Immediate.MEM_ARG)


def verdict(wasm: bytes) -> tuple[Module | None, str | None]:
    """The decoded module, or why it is none."""
    try:
        module = decode_module(wasm)
        validate_module(module)
    except (MalformedModule, InvalidModule) as fault:
        return None, f"{type(fault).__name__}: {fault}"
    return module, None


def _alike() -> dict[int, bytes]:
    """For each opcode of one byte, those that take and give the same."""
    groups = defaultdict(bytearray)
    for info in OPCODES:
        if info.opcode < 0x100 and info.immediate in ALIKE_IMMEDIATES:
            groups[info.immediate, info.params, info.results].append(info.opcode)
    return {
        code: bytes(codes)
        for (_, params, results), codes in groups.items()
        if params or results
        for code in codes
        if len(codes) > 1
    }


ALIKE = _alike()


def _changed(func: Func, random: Random, share: float) -> Func:
    """Some bytes replaced, whether they are opcodes or only look like one."""
    code = bytearray(func.code)
    for place, byte in enumerate(code):
        # Behind block, loop and if, what looks like an opcode is a type.
        is_type = place > 0 and code[place - 1] in (0x02, 0x03, 0x04)
        if byte in ALIKE and not is_type and random.random() < share:
            code[place] = random.choice(ALIKE[byte])
    return replace(func, code=bytes(code))


def variant_of(module: Module, seed: int) -> bytes | None:
    """A valid variant, as bytes; None where a few attempts gave none."""
    random = Random(seed)
    for attempt in range(ATTEMPTS):
        share = 0.1 / 2**attempt
        funcs = tuple(_changed(func, random, share) for func in module.funcs)
        wasm = encode_module(replace(module, funcs=funcs))
        if funcs == module.funcs:
            continue
        if verdict(wasm)[0] is not None:
            return wasm
    return None
