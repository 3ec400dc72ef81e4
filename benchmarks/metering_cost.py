"""What metering costs in compiled code: our counter beside wasmtime's own fuel.

    python -m benchmarks.metering_cost [--kernels NAMES] [--rounds N] [--schedule S]

Each kernel runs on wasmtime in four forms: as it is, with our gas counter, with the
counter and the stack limit, and with wasmtime's fuel. Microseconds are the least of
many short runs in which the forms take turns, in processor time.
"""

import argparse
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from benchmarks.kernel_hosts import KernelHost, RunFunc
from benchmarks.kernel_table import BY_NAME, Kernel
from benchmarks.measuring import geometric_mean, interleaved_minima
from benchmarks.ours import COUNTING, metered_module
from benchmarks.with_wasmtime import with_wasmtime, with_wasmtime_fuel
from contractvm.binary.encoder import encode_module
from contractvm.instrumentation.instrument import InstrumentationOptions
from contractvm.instrumentation.names import GAS_EXPORT
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

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
Make = Callable[[bytes, KernelHost], RunFunc]


def metered_form(schedule: GasSchedule, options: InstrumentationOptions) -> Make:
    """What puts a module and its host on wasmtime, instrumented."""

    def make(wasm: bytes, host: KernelHost) -> RunFunc:
        instrumented = encode_module(metered_module(wasm, schedule, options))
        return with_wasmtime(instrumented, host, gas_export=GAS_EXPORT)

    return make


def forms(schedule: GasSchedule) -> dict[str, Make]:
    limited = InstrumentationOptions()
    unlimited = replace(limited, max_stack_height=None)
    counter = metered_form(schedule, unlimited)
    both = metered_form(schedule, limited)
    makes = (with_wasmtime, counter, both, with_wasmtime_fuel)
    return dict(zip(FORMS, makes, strict=True))


def measure(kernel: Kernel, schedule: GasSchedule, rounds: int) -> dict[str, float]:
    """Seconds by form; all forms must give the same result."""
    argument = SHORTER.get(kernel.name, kernel.full.argument)
    works, results = {}, set()
    for form, make in forms(schedule).items():
        run = make(kernel.wasm, kernel.host())
        results.add(run(argument))
        works[form] = partial(run, argument)
    if len(results) != 1:
        raise SystemExit(f"{kernel.name}: the forms give different results")
    return interleaved_minima(works, rounds)


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
        values = [summarised([row[ratio] for row in found.values()]) for ratio in RATIOS]
        print(f"{name:15}{'':44}" + "".join(f"{value:14.2f}" for value in values))
    worst = max(found, key=lambda name: found[name]["counter/fuel"])
    print(f"the worst beside fuel: {worst}")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernels", help="names with commas between; default: all")
    parser.add_argument("--rounds", type=int, default=60)
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
