"""The cost of metering in compiled code: our counter compared with wasmtime's fuel.

    python -m benchmarks.metering_cost [--kernels NAMES] [--rounds N] [--schedule S]

Each kernel runs on wasmtime in four forms: as it is, with our gas counter, with the
counter and the stack limit, and with wasmtime's fuel. In a loop of a few cycles it is
chance whether the processor's branch predictor likes where the code lies: the same code
at another place may take twice the time. So each form is measured in eight layouts,
with as many stores in front of every func. The time in a layout is the least of many
short runs in which the forms take turns, in processor time; the table has the median
of the layouts in microseconds.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from statistics import median

from benchmarks.kernel_hosts import KernelHost, RunFunc
from benchmarks.kernel_table import BY_NAME, Kernel
from benchmarks.measuring import geometric_mean, interleaved_minima
from benchmarks.ours import COUNTING, metered_module
from benchmarks.with_wasmtime import with_wasmtime, with_wasmtime_fuel
from contractvm.metering.instrument import InstrumentationOptions
from contractvm.metering.names import GAS_EXPORT
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.encoder import encode_module
from contractvm.wasm.structure.encoding import encode_instruction as instruction
from contractvm.wasm.structure.encoding import encode_signed as signed
from contractvm.wasm.structure.encoding import encode_unsigned as unsigned
from contractvm.wasm.structure.module import (
    ConstExpr,
    Export,
    ExternKind,
    Global,
    Module,
)
from contractvm.wasm.structure.types import GlobalType, ValType
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

With = Callable[[bytes, KernelHost], RunFunc]

ZERO = instruction("i32.const", signed(0)) + instruction("end")
# Beside the argument of the other benchmarks, where a host call takes most of the time.
SHORTER = {"host_calls": 1_000, "token_transfer": 50}
FORMS = ("plain", "counter", "and stack", "fuel")
RATIOS = {
    "counter/plain": ("counter", "plain"),
    "stack/plain": ("and stack", "plain"),
    "fuel/plain": ("fuel", "plain"),
    "counter/fuel": ("counter", "fuel"),
    "stack/fuel": ("and stack", "fuel"),
}
LAYOUTS = range(8)


def forms(wasm: bytes, schedule: GasSchedule) -> dict[str, tuple[Module, With]]:
    """The module in each form, and what takes it to wasmtime."""
    plain = decode_module(wasm)
    unlimited = InstrumentationOptions(max_stack_height=None)
    counted = partial(with_wasmtime, gas_export=GAS_EXPORT)
    return {
        "plain": (plain, with_wasmtime),
        "counter": (metered_module(wasm, schedule, unlimited), counted),
        "and stack": (metered_module(wasm, schedule), counted),
        "fuel": (plain, with_wasmtime_fuel),
    }


def in_layout(module: Module, store_count: int) -> Module:
    """The module with so many stores to globals of its own in front of every func."""
    first = len(module.global_types)
    unused = Global(GlobalType(ValType.I32, is_mutable=True), ConstExpr(ZERO))
    indices = range(first, first + store_count)
    stores = b"".join(
        instruction("i32.const", signed(index))
        + instruction("global.set", unsigned(index))
        for index in indices
    )
    exports = [Export(f"unused {index}", ExternKind.GLOBAL, index) for index in indices]
    return replace(
        module,
        globals=module.globals + (unused,) * store_count,
        exports=(*module.exports, *exports),
        funcs=tuple([replace(func, code=stores + func.code) for func in module.funcs]),
    )


def measure(kernel: Kernel, schedule: GasSchedule, rounds: int) -> dict[str, float]:
    """Seconds by form; all forms must give the same result."""
    argument = SHORTER.get(kernel.name, kernel.full.argument)
    found: dict[str, list[float]] = {form: [] for form in FORMS}
    results = set()
    for layout in LAYOUTS:
        works: dict[str, Callable[[], int]] = {}
        for form, (module, take) in forms(kernel.wasm, schedule).items():
            run = take(encode_module(in_layout(module, layout)), kernel.host())
            results.add(run(argument))
            works[form] = partial(run, argument)
        for form, seconds in interleaved_minima(works, rounds).items():
            found[form].append(seconds)
    if len(results) != 1:
        raise SystemExit(f"{kernel.name}: the forms give different results")
    return {form: median(times) for form, times in found.items()}


def report(kernels: list[Kernel], schedule: GasSchedule, rounds: int) -> None:
    print(f"Metering on wasmtime, schedule {schedule.name}: microseconds, ratios")
    print("(goals for counter/fuel: below 1 on average, nowhere above 1.10)")
    headings = "".join(f"{heading:>14}" for heading in RATIOS)
    print(f"{'kernel':15}" + "".join(f"{form:>11}" for form in FORMS) + headings)
    found: dict[str, dict[str, float]] = {}
    for kernel in kernels:
        seconds = measure(kernel, schedule, rounds)
        found[kernel.name] = {
            ratio: seconds[above] / seconds[below]
            for ratio, (above, below) in RATIOS.items()
        }
        times = "".join(f"{1e6 * seconds[form]:11.0f}" for form in FORMS)
        columns = "".join(f"{value:14.2f}" for value in found[kernel.name].values())
        print(f"{kernel.name:15}{times}{columns}", flush=True)
    for name, summarised in (("geometric mean", geometric_mean), ("greatest", max)):
        values = [
            summarised([row[ratio] for row in found.values()]) for ratio in RATIOS
        ]
        print(f"{name:15}{'':44}" + "".join(f"{value:14.2f}" for value in values))
    worst = max(found, key=lambda name: found[name]["counter/fuel"])
    print(f"the worst compared with fuel: {worst}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernels", help="names with commas between; default: all")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--schedule", default=COUNTING.name, help="default: one unit an instruction"
    )
    options = parser.parse_args()
    names = options.kernels.split(",") if options.kernels else list(BY_NAME)
    unknown = [name for name in names if name not in BY_NAME]
    if unknown or options.rounds < 1:
        parser.error(
            f"--kernels takes some of {','.join(BY_NAME)}; --rounds at least 1"
        )
    is_counting = options.schedule == COUNTING.name
    schedule = COUNTING if is_counting else load_schedule(options.schedule)
    report([BY_NAME[name] for name in names], schedule, options.rounds)


if __name__ == "__main__":
    main()
