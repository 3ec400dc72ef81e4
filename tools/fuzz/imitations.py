"""Code of a fuzzed program that imitates what instrumentation writes.

The sequences come from instrumentation itself, over globals and locals that the program
has; one in four has an operator changed, and so is no such sequence after all. An
engine that takes code for injected by its shape goes wrong here.
"""

from dataclasses import dataclass
from random import Random

from contractvm.metering.sequences import render_whole
from contractvm.wasm.structure.encoding import encode_instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.templates import (
    CHARGE,
    EMPTY_BLOCK_TYPE,
    LOCAL_CHARGE,
    LOCAL_LOAD,
    SIZED_CHARGER,
    STACK_ENTER,
    STACK_LEAVE,
    Hole,
)
from contractvm.wasm.structure.types import FuncType, ValType
from tools.fuzz.operators import I32

I64 = ValType.I64
END = encode_instruction("end")
EMPTY = signed(EMPTY_BLOCK_TYPE)
SIZED_TYPE = FuncType((I32,), (I32,))
# Small enough that a counter of a program's own lasts for a few, or none.
COSTS = (0, 1, 3, 63, 64, 10_000, 2**40, -1)
STACK_LIMIT = 100
# Operators of the sequences, and others of the same type. No immediate here has one of
# these bytes.
OTHERS = {
    0x53: b"\x57\x55\x54",  # i64.lt_s: le_s gt_s lt_u
    0x7D: b"\x7c\x7e",  # i64.sub: add mul
    0x6A: b"\x6b\x71",  # i32.add: sub and
    0x6B: b"\x6a\x72",  # i32.sub: add or
    0x4B: b"\x4f\x4a",  # i32.gt_u: ge_u gt_s
}


@dataclass(frozen=True)
class Variables:
    """Indices of mutable globals and of locals, by what they can imitate."""

    gas_globals: tuple[int, ...]
    height_globals: tuple[int, ...]
    gas_locals: tuple[int, ...]


def variables(globals_: tuple[ValType, ...], locals_: list[ValType]) -> Variables:
    def of(kinds: tuple[ValType, ...] | list[ValType], kind: ValType) -> tuple:
        return tuple(index for index, found in enumerate(kinds) if found is kind)

    return Variables(of(globals_, I64), of(globals_, I32), of(locals_, I64))


def charge(random: Random, known: Variables) -> bytes:
    gas = random.choice(known.gas_globals)
    cost = random.choice(COSTS)
    return render_whole(CHARGE, {Hole.GAS: unsigned(gas), Hole.AMOUNT: signed(cost)})


def local_charge(random: Random, known: Variables) -> bytes:
    gas, local = random.choice(known.gas_globals), random.choice(known.gas_locals)
    cost = random.choice(COSTS)
    holes = {
        Hole.GAS: unsigned(gas),
        Hole.LOCAL: unsigned(local),
        Hole.AMOUNT: signed(cost),
    }
    return render_whole(LOCAL_CHARGE, holes)


def load(random: Random, known: Variables) -> bytes:
    """A gas local's load; into a parameter as well as into what is declared."""
    local = random.choice((known.gas_locals[0], known.gas_locals[-1]))
    return load_of(local, random.choice(known.gas_globals))


def load_of(local: int, gas: int) -> bytes:
    holes = {Hole.GAS: unsigned(gas), Hole.LOCAL: unsigned(local)}
    return render_whole(LOCAL_LOAD, holes)


def enter(random: Random, known: Variables) -> bytes:
    return open_body(random, known, EMPTY) + END


def open_body(random: Random, known: Variables, block_type: bytes) -> bytes:
    """A func's entry, with the block around its body that is still open."""
    height = random.choice(known.height_globals)
    holes = {
        Hole.HEIGHT: unsigned(height),
        Hole.AMOUNT: signed(random.randrange(20)),
        Hole.LIMIT: signed(STACK_LIMIT),
    }
    return render_whole(STACK_ENTER, holes) + encode_instruction("block", block_type)


def leave(random: Random, known: Variables) -> bytes:
    height = random.choice(known.height_globals)
    amount = signed(random.randrange(20))
    return render_whole(
        STACK_LEAVE, {Hole.HEIGHT: unsigned(height), Hole.AMOUNT: amount}
    )


STATEMENTS = (charge, local_charge, load, enter, leave)


def imitation(random: Random, known: Variables) -> bytes:
    """One sequence, which leaves the operand stack as it was."""
    return near_miss(random.choice(STATEMENTS)(random, known), random)


def near_miss(code: bytes, random: Random) -> bytes:
    """The sequence, or once in a while one that differs in an operator."""
    places = [place for place, byte in enumerate(code) if byte in OTHERS]
    if not places or random.random() < 0.75:
        return code
    place = random.choice(places)
    other = random.choice(OTHERS[code[place]])
    return code[:place] + bytes([other]) + code[place + 1 :]


def around_body(
    random: Random, known: Variables, results: tuple[ValType, ...]
) -> tuple[bytes, bytes]:
    """What an instrumented body begins and ends with; the end has the func's `end`."""
    head, tail = load(random, known), END
    if len(results) < 2 and random.random() < 0.5:
        head += open_body(random, known, bytes(results) or EMPTY)
        tail = END + leave(random, known) + END
    if random.random() < 0.5:
        head += local_charge(random, known)
    return head, tail


@dataclass(frozen=True)
class GasCopy:
    """A local that holds what a global does wherever it is looked at.

    Just what instrumentation writes in a func with a loop, but the local may be a
    parameter, and both of any type.
    """

    local: int
    gas_global: int
    val_type: ValType

    def load(self) -> bytes:
        """At the func's start, and after each call."""
        return load_of(self.local, self.gas_global)

    def charge(self, random: Random) -> bytes:
        """Only an i64 can be charged."""
        if self.val_type is not I64:
            return b""
        return local_charge(random, Variables((self.gas_global,), (), (self.local,)))


def gas_copy(
    random: Random, globals_: tuple[ValType, ...], locals_: list[ValType]
) -> GasCopy | None:
    """One for the last local; None where there is none, or no global of its type."""
    if not locals_:
        return None
    places = [place for place, kind in enumerate(globals_) if kind is locals_[-1]]
    if not places:
        return None
    return GasCopy(len(locals_) - 1, random.choice(places), locals_[-1])


def sized_charger(random: Random, known: Variables) -> bytes:
    """The body of a func of SIZED_TYPE."""
    price = random.choice((0, 1, 7, 2**30))
    gas = random.choice(known.gas_globals)
    return render_whole(
        SIZED_CHARGER, {Hole.GAS: unsigned(gas), Hole.AMOUNT: signed(price)}
    )
