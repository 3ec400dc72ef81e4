"""Time against gas of each operation that has a size, over the range of its size.

    python -m benchmarks.gas_against_size [--schedule NAME|PATH] [--engine NAME]
                                          [--seconds N] [NAME ...]

A price sees a size if the nanoseconds per gas of what more of it adds stay below those
that the schedule stands for, 100, give or take what one operation differs from another.
Each line has the greatest over the sizes, for what a size adds to the least one.
"""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from contractvm.calibration.carried import CONTEXTS
from contractvm.calibration.running import ALL_UNITS, ANY_MODULE, Program, ProgramRun
from contractvm.calibration.timing import time_in_turns
from contractvm.calibration.workloads import assembled
from contractvm.runtime.engine_selection import DEFAULT_ENGINE, ENGINES, make_engine
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.structure.opcodes import OPCODES, Immediate
from gas_schedule.loader import DEFAULT_SCHEDULE, load_schedule
from gas_schedule.schedule import GasSchedule

PAGE = 65_536
LEAST_GAS = 0.001
RANDOM = """(local.set $r (i32.add (i32.mul (local.get $r) (i32.const 1664525))
    (i32.const 1013904223)))"""


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation, as code for each size.

    `fields` are written beside the func that has `body` in a loop of `turns`. Without a
    body it is the making of an instance that is timed.
    """

    name: str
    sizes: tuple[int, ...]
    body: Callable[[int], str] | None
    fields: Callable[[int], str] = lambda _size: ""
    turns: int = 200


def repeated(text: str) -> Callable[[int], str]:
    """`text`, as often as the size says."""
    return lambda size: text * size


def of_size(text: str) -> Callable[[int], str]:
    """`text` with the size in it."""
    return lambda size: text.replace("SIZE", str(size))


def carrying(text: str) -> Callable[[int], str]:
    """A context of carried values, with so many."""
    return lambda size: text.format(
        count=size,
        results=f"(result{' i64' * size})",
        params=f"(param{' i64' * size})",
        gets="local.get $u " * size,
        drops="drop " * size,
    )


def carriers(size: int) -> str:
    """The funcs that take and give so many values."""
    return (
        f"(func $take_{size} (param{' i64' * size}))"
        f"(func $give_{size} (param i64) (result{' i64' * size})"
        f" {'local.get 0 ' * size})"
    )


def switch(size: int) -> str:
    """A br_table of so many entries, at random indices."""
    labels = " ".join(str(number % 4) for number in range(size + 1))
    index = f"(i32.rem_u (local.get $r) (i32.const {size}))"
    return f"{RANDOM} (block (block (block (block (br_table {labels} {index})))))"


def nested(size: int) -> str:
    """A branch out of so many blocks."""
    return "(block " * size + f"(br {size - 1})" + ")" * size


def high(size: int) -> str:
    """A func that may have so many operands, but has none when it is called."""
    pushed = "(i64.load (i32.const 0)) " * size + "drop " * size
    return f"""(func $high (param i32)
        (if (local.get 0) (then {pushed})))"""


def long(size: int) -> str:
    """A func with so much code that a call does not run."""
    skipped = "(i32.store (i32.const 0) (local.get 0)) " * size
    return f"(func $long (param i32) (if (local.get 0) (then {skipped})))"


def checked(size: int) -> str:
    """A table with a func of a type of so many params."""
    params = f"(param{' i64' * size})"
    return f"(type $t (func {params})) (func $f (type $t)) (elem (i32.const 0) $f)"


def numeric() -> Iterator[Operation]:
    """Each numeric instruction on its own last result, so many in a row."""
    places = {"i32": ("$x", "$n"), "i64": ("$u", "$v")}
    places |= {"f32": ("$s", "$t"), "f64": ("$d", "$e")}
    for info in OPCODES:
        if info.immediate is not Immediate.NONE or not info.params or not info.results:
            continue
        kind, result = info.params[0].text, info.results[0].text
        if kind not in places or result not in places:
            continue
        first, second = places[kind]
        operands = [first if kind == result else second, second][: len(info.params)]
        read = " ".join(f"(local.get {name})" for name in operands)
        text = f"(local.set {places[result][0]} ({info.mnemonic} {read}))"
        yield Operation(f"{info.mnemonic}, in a row", (1, 64), repeated(text))


CALL_INDIRECT = "(call_indirect (type $t) (i32.const 0))"
SELECT = "(local.set $x (select (local.get $x) (local.get $r) (local.get $n)))"
BULK = (1, 64, 1_024, 8_192)
COUNTS = (1, 100, 1_000)
ARITIES = (1, 4, 16)
OPERATIONS = (
    *numeric(),
    *(
        Operation(f"{name}, values", ARITIES, carrying(text), carriers)
        for name, text in CONTEXTS.items()
    ),
    Operation("call, params", (1, 16, 128), carrying(CONTEXTS["call"]), carriers),
    Operation(
        "call, locals",
        (1, 100, 1_000, 40_000),
        lambda _size: "(call $f)",
        lambda size: f"(func $f {'(local i64) ' * size})",
    ),
    Operation("call, operands", COUNTS, lambda _: "(call $high (i32.const 0))", high),
    Operation("call, code", COUNTS, lambda _: "(call $long (i32.const 0))", long),
    Operation(
        "call_indirect, params",
        (1, 16, 128),
        lambda size: "(i64.const 1) " * size + CALL_INDIRECT,
        checked,
    ),
    Operation("br_table, entries", (1, 64, 4_096, 65_520), switch),
    Operation("br, depth", COUNTS, nested),
    Operation(
        "select, in a row",
        COUNTS,
        repeated(SELECT),
    ),
    Operation(
        "memory.fill, bytes",
        (*BULK, 64 * PAGE),
        of_size("(memory.fill (i32.const 64) (i32.const 1) (i32.const SIZE))"),
        turns=10,
    ),
    Operation(
        "memory.copy, bytes",
        (*BULK, 64 * PAGE),
        of_size("(memory.copy (i32.const 4194304) (i32.const 8) (i32.const SIZE))"),
        turns=10,
    ),
    Operation(
        "memory.init, bytes",
        (*BULK, 32_768),
        of_size("(memory.init $data (i32.const 9) (i32.const 0) (i32.const SIZE))"),
        turns=10,
    ),
    Operation(
        "table.fill, elements",
        BULK,
        of_size("(table.fill (i32.const 4) (ref.func $own) (i32.const SIZE))"),
    ),
    Operation(
        "table.copy, elements",
        BULK,
        of_size("(table.copy (i32.const 8200) (i32.const 1) (i32.const SIZE))"),
    ),
    Operation(
        "table.init, elements",
        (1, 64, 1_000),
        of_size("(table.init $many (i32.const 4) (i32.const 0) (i32.const SIZE))"),
    ),
    Operation(
        "instance, pages", (1, 16, 256), None, lambda size: f"(memory {size})"
    ),
    Operation(
        "instance, table", BULK, None, lambda size: f"(table {size} funcref)"
    ),
    Operation("instance, funcs", COUNTS, None, repeated("(func)")),
    Operation(
        "instance, types",
        COUNTS,
        None,
        lambda size: " ".join(
            f"(type (func (param{' i64' * (n % 100)} {' i32' * (n // 100)})))"
            for n in range(size)
        ),
    ),
    Operation(
        "instance, globals", COUNTS, None, repeated("(global (mut i64) (i64.const 1))")
    ),
    Operation(
        "instance, exports",
        COUNTS,
        None,
        lambda size: " ".join(f'(export "e{n}" (func $own))' for n in range(size)),
    ),
    Operation(
        "instance, passive data", COUNTS, None, repeated('(data "")')
    ),
    Operation(
        "instance, active data",
        COUNTS,
        None,
        lambda size: "(memory 1)" + '(data (i32.const 0) "")' * size,
    ),
    Operation(
        "instance, data bytes",
        BULK,
        None,
        lambda size: f'(memory 1) (data (i32.const 0) "{"a" * size}")',
    ),
    Operation(
        "instance, passive elements", COUNTS, None, repeated("(elem funcref)")
    ),
    Operation(
        "instance, active elements",
        COUNTS,
        None,
        lambda size: "(table 1 funcref)" + "(elem (i32.const 0) funcref)" * size,
    ),
    Operation(
        "instance, element items",
        COUNTS,
        None,
        lambda size: f"(elem funcref {'(ref.func $own) ' * size})",
    ),
)  # fmt: skip


def module(operation: Operation, size: int) -> bytes:
    """The module with the operation of that size."""
    fields = operation.fields(size)
    if operation.body is None:
        return assembled(f"(module (func $own) {fields})")
    return assembled(f"""(module
      (memory 260) (table 20000 funcref) (func $own)
      (data $data "{"ab" * 16_384}")
      (elem $many funcref {"(ref.func $own)" * 1_000})
      {fields}
      (func (export "run") (param $n i32) (result i32)
        (local $r i32) (local $x i32) (local $u i64) (local $v i64)
        (local $s f32) (local $t f32) (local $d f64) (local $e f64)
        (local.set $v (i64.const 0x5851f42d4c957f2d)) (local.set $u (i64.const 1))
        (local.set $s (f32.const 1)) (local.set $t (f32.const 1.0001))
        (local.set $d (f64.const 1)) (local.set $e (f64.const 1.0001))
        (loop $turn {operation.body(size)}
          (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $x)))""")


def work(
    engine: Engine, schedule: GasSchedule, operation: Operation, size: int
) -> tuple[Callable[[], object], float]:
    """What is timed, and the gas that it takes."""
    wasm = module(operation, size)
    if operation.body is not None:
        run = ProgramRun(
            engine, schedule, Program(operation.name, wasm, operation.turns)
        )
        return run, run() / schedule.units_per_gas
    pipeline = Pipeline(engine, schedule, ANY_MODULE)
    prepared = pipeline.prepare(wasm)
    gas = prepared.initial_units / schedule.units_per_gas
    return lambda: pipeline.start(prepared, {}, ALL_UNITS), gas


def measure(
    engine: Engine, schedule: GasSchedule, operation: Operation, seconds: float
) -> Iterator[tuple[int, float, float]]:
    """For each size what it adds to the least one: size, gas, nanoseconds."""
    works, gas = {}, {}
    for size in operation.sizes:
        works[str(size)], gas[size] = work(engine, schedule, operation, size)
    timings = time_in_turns(works, seconds, lambda _share: None)
    first = operation.sizes[0]
    turns = 1 if operation.body is None else operation.turns
    for size in operation.sizes[1:]:
        added = timings[str(size)].least - timings[str(first)].least
        yield size, (gas[size] - gas[first]) / turns, added / turns


def main() -> None:
    """Measure, and print a line for each operation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME", help="those that begin so")
    parser.add_argument("--schedule", default=DEFAULT_SCHEDULE)
    parser.add_argument("--engine", choices=list(ENGINES), default=DEFAULT_ENGINE)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each operation")
    options = parser.parse_args()
    engine, schedule = make_engine(options.engine), load_schedule(options.schedule)
    print(f"{'operation':28}{'size':>9}{'gas':>13}{'ns':>13}{'ns per gas':>12}")
    for operation in OPERATIONS:
        if options.names and not operation.name.startswith(tuple(options.names)):
            continue
        found = measure(engine, schedule, operation, options.seconds)
        size, gas, taken = max(found, key=lambda row: row[2] / max(row[1], LEAST_GAS))
        rate = f"{taken / gas:.0f}" if gas else "free"
        print(f"{operation.name:28}{size:9,}{gas:13,.3f}{taken:13,.1f}{rate:>12}")


if __name__ == "__main__":
    main()
