"""Dense programs: modules with more of what an interpreter makes special cases of.

Random trees of `wasm-tools smith` rarely compare and branch, store a constant, or copy
a part of a table. These do little else. Loops need not end: programs run with gas.
"""

from random import Random

from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_unsigned as number
from contractvm.wasm.structure.module import (
    ConstExpr,
    DataSegment,
    ElementSegment,
    Func,
    Global,
    Import,
    Module,
    SegmentMode,
)
from contractvm.wasm.structure.module import ExternKind as Kind
from contractvm.wasm.structure.types import (
    FuncType,
    GlobalType,
    Limits,
    MemoryType,
    TableType,
    ValType,
)
from tools.fuzz.imitations import (
    SIZED_TYPE,
    around_body,
    gas_copy,
    sized_charger,
    variables,
)
from tools.fuzz.operators import I32, NUMBERS, constant
from tools.fuzz.program_writer import ProgramWriter, Shape

END = b"\x0b"
FUNC_COUNT = 3
HOST_COUNT = 2
SEGMENT_BYTES = 24
# Shares of funcs with code that looks injected, and of programs with a func that does.
IMITATING = 0.35
COPYING = 0.2
WITH_CHARGER = 0.1
IMPORTED = (I32, ValType.I64)


def random_type(random: Random, most_results: int) -> FuncType:
    """A type of numbers."""
    params = tuple(random.choice(NUMBERS) for _ in range(random.randrange(4)))
    results = tuple(
        random.choice(NUMBERS) for _ in range(random.randrange(most_results + 1))
    )
    return FuncType(params, results)


def local_groups(random: Random) -> tuple[tuple[int, ValType], ...]:
    """A few locals of every type, so that each has something to be in."""
    return tuple((random.randrange(1, 4), val_type) for val_type in NUMBERS)


def body(shape: Shape, own: FuncType, random: Random) -> Func:
    """A func of a type."""
    copies = random.random() < COPYING
    # Without a declared local it is the last parameter that follows a global.
    groups = () if copies and random.random() < 0.7 else local_groups(random)
    declared = [val_type for count, val_type in groups for _ in range(count)]
    writer = ProgramWriter(shape, own, [*own.params, *declared], random)
    head, tail = b"", END
    copy = gas_copy(random, shape.globals, writer.locals) if copies else None
    if copy is not None:
        writer.keep_copy(copy)
    elif groups and random.random() < IMITATING:
        known = variables(shape.globals, writer.locals)
        writer.imitate(known)
        if own == SIZED_TYPE and random.random() < 0.5:
            return Func(shape.types.index(own), (), sized_charger(random, known))
        head, tail = around_body(random, known, own.results)
    writer.burn()
    for _ in range(random.randrange(2, 8)):
        writer.statement()
    for val_type in own.results:
        writer.value(val_type)
    return Func(shape.types.index(own), groups, head + bytes(writer.code) + tail)


def segments(
    random: Random,
) -> tuple[tuple[ElementSegment, ...], tuple[DataSegment, ...]]:
    """An active and a passive segment of each kind; one that declares all funcs."""
    start = ConstExpr(constant_i32(random.randrange(4)) + END)
    items = tuple(random.randrange(FUNC_COUNT + HOST_COUNT) for _ in range(6))
    payload = random.randbytes(SEGMENT_BYTES)
    active, passive = SegmentMode.ACTIVE, SegmentMode.PASSIVE
    every = tuple(range(FUNC_COUNT + HOST_COUNT))
    return (
        ElementSegment(active, 0, start, ValType.FUNCREF, items, 0),
        ElementSegment(passive, 0, None, ValType.FUNCREF, items[::-1], 1),
        ElementSegment(SegmentMode.DECLARATIVE, 0, None, ValType.FUNCREF, every, 3),
    ), (
        DataSegment(active, 0, start, payload, 0),
        DataSegment(passive, 0, None, payload[::-1], 1),
    )


def constant_i32(value: int) -> bytes:
    return b"\x41" + number(value)


def own_globals(random: Random, fuel: int) -> tuple[Global, ...]:
    """One of each number type, one of references, and the fuel."""
    numbers = tuple(
        Global(
            GlobalType(kind, is_mutable=True), ConstExpr(constant(kind, random) + END)
        )
        for kind in NUMBERS
    )
    null = ConstExpr(bytes([0xD0, ValType.FUNCREF]) + END)
    return (
        *numbers,
        Global(GlobalType(ValType.FUNCREF, is_mutable=True), null),
        Global(GlobalType(I32, is_mutable=True), ConstExpr(constant_i32(fuel) + END)),
    )


def program(seed: int, *, terminates: bool) -> bytes:
    """The program of a seed; one that terminates traps when its fuel is used up"""
    random = Random(seed)
    types = [random_type(random, 2) for _ in range(FUNC_COUNT + HOST_COUNT)]
    if random.random() < WITH_CHARGER:
        types[HOST_COUNT] = SIZED_TYPE
    # Some funcs share a type, or indirect calls would mostly trap.
    types[-1] = types[-2] = types[HOST_COUNT]
    used = list(dict.fromkeys(types))
    own = own_globals(random, random.choice((3, 60)))
    kinds = (*IMPORTED, *(entry.type.val_type for entry in own[:-1]))
    shape = Shape(tuple(used), tuple(types), kinds, len(kinds) if terminates else None)
    funcs = tuple(body(shape, kind, random) for kind in types[HOST_COUNT:])
    elements, data = segments(random)
    module = Module(
        types=tuple(used),
        imports=tuple(
            Import("host", str(place), Kind.FUNC, used.index(kind))
            for place, kind in enumerate(types[:HOST_COUNT])
        )
        + tuple(
            Import(
                "host", f"global {kind}", Kind.GLOBAL, GlobalType(kind, is_mutable=True)
            )
            for kind in IMPORTED
        ),
        funcs=funcs,
        tables=(
            TableType(ValType.FUNCREF, Limits(10, 20)),
            TableType(ValType.FUNCREF, Limits(4)),
        ),
        memories=(MemoryType(Limits(1, random.choice((1, 3)))),),
        globals=own,
        elements=elements,
        data_segments=data,
        has_data_count=True,
    )
    return encode_module(module)
