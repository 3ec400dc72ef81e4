"""The interpreter compared with its peers: same modules, arguments and run.

    python -m benchmarks.interpreter [--kernels NAME,NAME] [--rounds N] [--json]

`plain` is our interpreter without metering, `gas` with the default schedule, `gas-all`
with one that prices every instruction at the same; then wasm3, wasmtime, and wasmtime
with its own fuel. Milliseconds are medians of processor time over rounds in which the
engines take turns. pywasm is too slow for the same argument: it runs a tiny one, and
its column says how many times longer than ours with gas it takes for an instruction.
"""

import argparse
import json
from functools import partial
from time import thread_time

from benchmarks.engines import ENGINES
from benchmarks.kernel_table import BY_NAME, KERNELS, Kernel
from benchmarks.measuring import geometric_mean, interleaved_medians
from benchmarks.ours import count_instructions
from benchmarks.with_pywasm import with_pywasm

RATIOS = {
    "wasm3/plain": ("wasm3", "plain"),
    "wasm3/gas": ("wasm3", "gas"),
    "gas/plain": ("gas", "plain"),
    "gas-all/plain": ("gas-all", "plain"),
    "fuel/wasmtime": ("fuel", "wasmtime"),
}
Figures = dict[str, float]
# pywasm calls no more than 1,024 deep.
TOO_DEEP_FOR_PYWASM = ("deep_recursion",)


def measure(kernel: Kernel, rounds: int) -> Figures:
    """Milliseconds by engine, ratios, instructions, and how much slower pywasm is."""
    runs = {name: make(kernel.wasm, kernel.host()) for name, make in ENGINES.items()}
    argument, expected = kernel.full.argument, kernel.full.result
    for name, run in runs.items():
        if run(argument) != expected:
            raise SystemExit(f"{kernel.name}: {name} gives another result")
    works = {name: partial(run, argument) for name, run in runs.items()}
    seconds = interleaved_medians(works, rounds)
    figures = {name: 1000 * time for name, time in seconds.items()}
    for ratio, (slower, faster) in RATIOS.items():
        figures[ratio] = seconds[slower] / seconds[faster]
    count = count_instructions(kernel.wasm, kernel.host(), argument)
    figures["instructions"] = count
    if kernel.name not in TOO_DEEP_FOR_PYWASM:
        figures["pywasm/gas"] = pywasm_seconds(kernel) * count / seconds["gas"]
    return figures


def pywasm_seconds(kernel: Kernel) -> float:
    """The time of one instruction in pywasm, as the average over a small run."""
    run = with_pywasm(kernel.wasm, kernel.host())
    argument = kernel.small.argument
    start = thread_time()
    if run(argument) != kernel.small.result:
        raise SystemExit(f"{kernel.name}: pywasm gives another result")
    seconds = thread_time() - start
    return seconds / count_instructions(kernel.wasm, kernel.host(), argument)


def print_heading() -> None:
    print("Kernels: millions of instructions, milliseconds by engine, ratios")
    print("(goals: wasm3/gas 1 on average and nowhere below 0.5; gas/plain 1.10)")
    names = "".join(f"{name:>10}" for name in ENGINES)
    print_line("kernel", "Minstr", names, list(RATIOS), "pywasm/gas")


def print_row(name: str, figures: Figures) -> None:
    millions = f"{figures['instructions'] / 1e6:.1f}"
    times = "".join(f"{figures[engine]:10.2f}" for engine in ENGINES)
    ratios = [f"{figures[ratio]:.2f}" for ratio in RATIOS]
    pywasm = f"{figures['pywasm/gas']:.0f}" if "pywasm/gas" in figures else "-"
    print_line(name, millions, times, ratios, pywasm)


def print_line(
    name: str, millions: str, times: str, ratios: list[str], pywasm: str
) -> None:
    """One line of the table; `times` is already as wide as its columns."""
    width = 10 * len(ENGINES)
    columns = "".join(
        f"{ratio:>{len(heading) + 2}}"
        for heading, ratio in zip(RATIOS, ratios, strict=True)
    )
    print(
        f"{name:15}{millions:>7}{times:{width}}{columns}{pywasm:>12}".rstrip(),
        flush=True,
    )


def print_summary(all_figures: list[Figures]) -> None:
    for name, summarised in (
        ("geometric mean", geometric_mean),
        ("least", min),
        ("greatest", max),
    ):
        ratios = [
            f"{summarised([figures[ratio] for figures in all_figures]):.2f}"
            for ratio in RATIOS
        ]
        print_line(name, "", "", ratios, "")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kernels", help="names with commas between; default: all")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", action="store_true", help="one document, no table")
    options = parser.parse_args()
    names = options.kernels.split(",") if options.kernels else list(BY_NAME)
    unknown = [name for name in names if name not in BY_NAME]
    if unknown or options.rounds < 1:
        parser.error(
            f"--kernels takes some of {','.join(BY_NAME)}; --rounds at least 1"
        )
    found = {}
    if not options.json:
        print_heading()
    for kernel in KERNELS:
        if kernel.name not in names:
            continue
        found[kernel.name] = measure(kernel, options.rounds)
        if not options.json:
            print_row(kernel.name, found[kernel.name])
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print_summary(list(found.values()))


if __name__ == "__main__":
    main()
