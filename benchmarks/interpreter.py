"""The interpreter beside its peers: same modules, same arguments, in the same run.

    python -m benchmarks.interpreter [--kernels NAME,NAME] [--rounds N] [--json]

`plain` is our interpreter without metering, `gas` with the schedule ewasm-metered,
`gas-all` with one that prices every instruction; then wasm3, wasmtime, and wasmtime
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
    "wasm3/gas-all": ("wasm3", "gas-all"),
    "gas/plain": ("gas", "plain"),
    "gas-all/plain": ("gas-all", "plain"),
    "fuel/wasmtime": ("fuel", "wasmtime"),
}
Figures = dict[str, float]


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
    print(f"{'':15}{'millions of':>12}" + " " * 22 + "milliseconds")
    print(f"{'kernel':15}{'instructions':>12}", end="")
    print("".join(f"{name:>9}" for name in ENGINES), end=" ")
    print("".join(f"{name:>14}" for name in RATIOS), end="")
    print(f"{'pywasm/gas':>12}")


def print_row(name: str, figures: Figures) -> None:
    print(f"{name:15}{figures['instructions'] / 1e6:12.1f}", end="")
    print("".join(f"{figures[engine]:9.2f}" for engine in ENGINES), end=" ")
    print("".join(f"{figures[ratio]:14.2f}" for ratio in RATIOS), end="")
    print(f"{figures['pywasm/gas']:12.0f}", flush=True)


def print_summary(all_figures: list[Figures]) -> None:
    label = f"{'geometric mean':27}" + " " * (9 * len(ENGINES) + 1)
    means = [
        geometric_mean(figures[ratio] for figures in all_figures) for ratio in RATIOS
    ]
    print(label + "".join(f"{mean:14.2f}" for mean in means))
    label = f"{'least':27}" + " " * (9 * len(ENGINES) + 1)
    least = [min(figures[ratio] for figures in all_figures) for ratio in RATIOS]
    print(label + "".join(f"{ratio:14.2f}" for ratio in least))
    label = f"{'greatest':27}" + " " * (9 * len(ENGINES) + 1)
    greatest = [max(figures[ratio] for figures in all_figures) for ratio in RATIOS]
    print(label + "".join(f"{ratio:14.2f}" for ratio in greatest))


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
