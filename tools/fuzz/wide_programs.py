"""Programs whose types have many params and results, up to those that engines take.

A step takes the values of a type from the operand stack and leaves as many: so steps
of any kind may follow each other, and values stay in their own slots, in locals and in
constants in every mixture when calls, blocks and branches take them along.
"""

from collections.abc import Callable
from random import Random

from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as number
from contractvm.wasm.structure.module import (
    ConstExpr,
    ElementSegment,
    Export,
    Func,
    Global,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.module import ExternKind as Kind
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    TableType,
    ValType,
)
from tools.fuzz.operators import I32, NUMBERS, constant

BLOCK, LOOP, IF, ELSE, END = b"\x02", b"\x03", b"\x04", b"\x05", b"\x0b"
BR, BR_IF, BR_TABLE, RETURN = b"\x0c", b"\x0d", b"\x0e", b"\x0f"
CALL, CALL_INDIRECT, DROP, SELECT = b"\x10", b"\x11", b"\x1a", b"\x1b"
GET, SET, TEE, GLOBAL_GET, GLOBAL_SET = b"\x20", b"\x21", b"\x22", b"\x23", b"\x24"
UNREACHABLE, NO_TYPE = b"\x00", b"\x40"
# The types of a program, and its funcs: each has one of its own.
GIVE, PASS, MAIN = range(3)
FUEL = 0
MOST_STEPS = 9
LOCALS_OF_EACH = 2


def widths(random: Random) -> int:
    """How many values a type has: usually a few, rarely the maximum."""
    return random.choice((2, 3, 5, 5, 9, 17, 17, 40, 130, 1_000))


class WideWriter:
    """Steps over values of `kinds`; all labels take just these."""

    def __init__(self, kinds: tuple[ValType, ...], random: Random) -> None:
        self.kinds = kinds
        self.random = random
        self.depth = 0
        self.budget = MOST_STEPS
        self.steps: tuple[Callable[[], bytes], ...] = (
            *(self.top_again, self.through_locals, self.changed, self.changed),
            *(self.call, self.call_indirect, self.block, self.loop, self.if_else),
            *(self.branch_if, self.branch_table, self.dead_code, self.left_early),
        )

    def local(self, val_type: ValType) -> int:
        """A declared local of a type; the funcs that use it have no params."""
        place = NUMBERS.index(val_type) * LOCALS_OF_EACH
        return place + self.random.randrange(LOCALS_OF_EACH)

    def value(self, val_type: ValType) -> bytes:
        if self.random.random() < 0.5:
            return GET + number(self.local(val_type))
        return constant(val_type, self.random)

    def condition(self) -> bytes:
        return self.value(I32)

    def values(self) -> bytes:
        """Draw all values again."""
        if self.random.random() < 0.4:
            return CALL + number(GIVE)
        return b"".join(map(self.value, self.kinds))

    def burn(self) -> bytes:
        """Trap where the fuel is used up; one less of it."""
        left = GLOBAL_GET + number(FUEL)
        stop = left + b"\x45" + IF + NO_TYPE + UNREACHABLE + END
        return stop + left + b"\x41\x01\x6b" + GLOBAL_SET + number(FUEL)

    # Steps

    def some_steps(self, most: int = 2) -> bytes:
        code = b""
        self.depth += 1
        for _ in range(self.random.randrange(most + 1)):
            if self.budget > 0 and self.depth < 4:
                self.budget -= 1
                code += self.random.choice(self.steps)()
        self.depth -= 1
        return code

    def some_of_the_top(self) -> tuple[ValType, ...]:
        return self.kinds[len(self.kinds) - self.random.randrange(len(self.kinds)) :]

    def top_again(self) -> bytes:
        """A few values from the top are others now."""
        taken = self.some_of_the_top()[-5:]
        return DROP * len(taken) + b"".join(map(self.value, taken))

    def through_locals(self) -> bytes:
        """A few values go to locals and come back, perhaps to be overwritten there."""
        taken = self.some_of_the_top()[-4:]
        places = [self.local(kind) for kind in taken]
        code = b"".join(SET + number(place) for place in reversed(places))
        code += b"".join(GET + number(place) for place in places)
        if self.random.random() < 0.5:
            kind = self.random.choice(NUMBERS)
            code += constant(kind, self.random) + SET + number(self.local(kind))
        return code

    def changed(self) -> bytes:
        """The top value goes through an operator, so that it is in its own slot."""
        kind = self.kinds[-1]
        other = self.value(kind)
        operators = {
            ValType.I32: b"\x6a\x73\x6b",  # add xor sub
            ValType.I64: b"\x7c\x85\x7d",
            ValType.F32: b"\x92\x98",  # add copysign
            ValType.F64: b"\xa0\xa6",
        }[kind]
        if self.random.random() < 0.2:
            return other + self.condition() + SELECT
        if self.random.random() < 0.2:
            return TEE + number(self.local(kind))
        return other + bytes([self.random.choice(operators)])

    def call(self) -> bytes:
        return CALL + number(PASS)

    def call_indirect(self) -> bytes:
        # One more than there are: once in a while there is no such element.
        index = b"\x41" + number(self.random.choice((0, 0, 0, 0, 1)))
        return index + CALL_INDIRECT + number(PASS) + b"\x00"

    def block(self) -> bytes:
        return BLOCK + number(PASS) + self.some_steps() + END

    def loop(self) -> bytes:
        again = self.condition() + BR_IF + b"\x00"
        body = self.burn() + self.some_steps() + again
        return LOOP + number(PASS) + body + END

    def if_else(self) -> bytes:
        code = self.condition() + IF + number(PASS) + self.some_steps()
        if self.random.random() < 0.5:
            code += ELSE + self.some_steps()
        return code + END

    def branch_if(self) -> bytes:
        inside = self.some_steps(1) + self.condition() + BR_IF + b"\x00"
        return BLOCK + number(PASS) + inside + self.some_steps(1) + END

    def branch_table(self) -> bytes:
        """Out of some of a few blocks, with values below that must be moved past."""
        count = self.random.randrange(1, 5)
        below = self.value(I32) if self.random.random() < 0.5 else b""
        labels = [self.random.randrange(count) for _ in range(count + 1)]
        inside = below + self.values() + self.condition() + BR_TABLE
        inside += number(count) + b"".join(map(number, labels))
        return (
            DROP * len(self.kinds)
            + (BLOCK + number(GIVE)) * count
            + inside
            + (END + self.some_steps(1)) * count
        )

    def dead_code(self) -> bytes:
        """What follows a branch: any number of operands may stand there."""
        give = CALL + number(GIVE)
        after = self.random.choice((b"", self.call(), give + self.call()))
        inside = self.some_steps(1) + BR + b"\x00" + after + self.some_steps(1)
        return BLOCK + number(PASS) + inside + END

    def left_early(self) -> bytes:
        """A branch out of two blocks, past values that are left below."""
        inner = BLOCK + number(GIVE) + self.value(I32) + self.values()
        inner += self.condition() + BR_IF + b"\x01" + BR + b"\x00" + END
        outer = BLOCK + number(GIVE) + self.value(I32) + inner + BR + b"\x00" + END
        return DROP * len(self.kinds) + outer


def result_of(kinds: tuple[ValType, ...], random: Random) -> bytes:
    """All values become one i64, so that none may be another unnoticed."""
    to_i64 = {
        ValType.I32: b"\xad",  # i64.extend_i32_u
        ValType.I64: b"",
        ValType.F32: b"\xbc\xad",  # i32.reinterpret_f32
        ValType.F64: b"\xbd",
    }
    total = number(len(NUMBERS) * LOCALS_OF_EACH)
    code = b""
    for place, kind in enumerate(reversed(kinds)):
        mixed = b"\x42" + signed(2 * place + random.choice((1, 3))) + b"\x7e"
        code += to_i64[kind] + mixed + GET + total + b"\x85" + SET + total
    return code + GET + total


def wide_program(seed: int) -> bytes:
    """The program of a seed; it ends without gas, since its fuel does."""
    random = Random(seed)
    kinds = tuple(random.choice(NUMBERS) for _ in range(widths(random)))
    groups = tuple((LOCALS_OF_EACH, kind) for kind in NUMBERS)

    def writer() -> WideWriter:
        return WideWriter(kinds, random)

    give, main = writer(), writer()
    passing = b"".join(GET + number(index) for index in range(len(kinds)))
    order = list(range(len(kinds)))
    by_kind = [index for index in order if kinds[index] is kinds[0]]
    if random.random() < 0.5 and len(by_kind) > 1:
        # Two values of one type change places.
        first, second = random.sample(by_kind, 2)
        order[first], order[second] = order[second], order[first]
        passing = b"".join(GET + number(index) for index in order)
    result = result_of(kinds, random)
    funcs = (
        Func(
            GIVE,
            groups,
            give.burn() + b"".join(map(give.value, kinds)) + give.some_steps() + END,
        ),
        Func(PASS, (), give.burn() + passing + RETURN * random.randrange(2) + END),
        Func(
            MAIN,
            (*groups, (1, ValType.I64)),
            main.values() + main.some_steps(MOST_STEPS) + result + END,
        ),
    )
    fuel = ConstExpr(b"\x41" + signed(random.choice((20, 60))) + END)
    start = ConstExpr(b"\x41\x00" + END)
    module = Module(
        types=(
            FuncType((), kinds),
            FuncType(kinds, kinds),
            FuncType((), (ValType.I64,)),
        ),
        funcs=funcs,
        tables=(TableType(ValType.FUNCREF, Limits(1, 1)),),
        globals=(Global(GlobalType(I32, is_mutable=True), fuel),),
        exports=(Export("give", Kind.FUNC, GIVE), Export("main", Kind.FUNC, MAIN)),
        elements=(
            ElementSegment(SegmentMode.ACTIVE, 0, start, ValType.FUNCREF, (1,), 0),
        ),
    )
    return encode_module(module)
