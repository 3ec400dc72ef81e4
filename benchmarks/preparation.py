"""From bytes to ready to run: decode, validate, instrument, validate again, translate.

    python -m benchmarks.preparation

Megabytes of module a second, on modules of 400 kB and on some shapes in growing sizes;
goals: 15 MB/s, the same at every size, ten times faster than wasmtime compiles.
wasmtime is compared twice: on one core, by processor time, and as it comes, which is on
all cores, by the time that passes (so that a busy machine shows in it).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import perf_counter

import wasmtime

from benchmarks.large_modules import SHAPES
from benchmarks.measuring import interleaved_medians
from benchmarks.ours import EWASM
from contractvm.metering.instrument import instrument_module
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.validation.validator import validate_module

CODE_BYTES = 400_000
SIZES = (100_000, 400_000, 1_600_000, 6_400_000)
ROUNDS = 5
WASMTIME_ROUNDS = 2
STAGES = ("decode", "validate", "instrument", "validate 2", "translate")


@dataclass(frozen=True, slots=True)
class Preparation:
    """Seconds of each stage."""

    stages: dict[str, float]

    @property
    def seconds(self) -> float:
        return sum(self.stages.values())


def prepare(wasm: bytes, rounds: int) -> Preparation:
    """Measure each stage on what the stage before it made."""
    module = decode_module(wasm)
    heights = validate_module(module).operand_heights
    metered = instrument_module(module, heights, EWASM)
    metered_heights = validate_module(metered).operand_heights
    works: tuple[Callable[[], object], ...] = (
        partial(decode_module, wasm),
        partial(validate_module, module),
        partial(instrument_module, module, heights, EWASM),
        partial(validate_module, metered),
        partial(compile_module, metered, metered_heights),
    )
    named = dict(zip(STAGES, works, strict=True))
    return Preparation(interleaved_medians(named, rounds))


def run_stages(wasm: bytes) -> None:
    """The whole way, once."""
    module = decode_module(wasm)
    heights = validate_module(module).operand_heights
    metered = instrument_module(module, heights, EWASM)
    compile_module(metered, validate_module(metered).operand_heights)


def times_wasmtime(wasm: bytes, rounds: int) -> tuple[float, float]:
    """wasmtime's time over ours: on one core, and on all."""
    config = wasmtime.Config()
    config.parallel_compilation = False
    one_core, all_cores = wasmtime.Engine(config), wasmtime.Engine()
    ours = partial(run_stages, wasm)
    single = interleaved_medians(
        {"ours": ours, "wasmtime": partial(wasmtime.Module, one_core, wasm)}, rounds
    )
    parallel = interleaved_medians(
        {"ours": ours, "wasmtime": partial(wasmtime.Module, all_cores, wasm)},
        rounds,
        perf_counter,
    )
    return single["wasmtime"] / single["ours"], parallel["wasmtime"] / parallel["ours"]


def print_shapes() -> None:
    print(
        "Bytes to ready to run, MB/s (goal: 15), and wasmtime's time to compile (10x)"
    )
    heading = "".join(f"{stage:>12}" for stage in STAGES)
    print(f"{'':20}{'kB':>5}{heading}{'all':>7}{'one core':>11}{'all cores':>11}")
    for name, make in SHAPES.items():
        wasm = make(CODE_BYTES)
        size = len(wasm) / 1e6
        found = prepare(wasm, ROUNDS)
        single, parallel = times_wasmtime(wasm, WASMTIME_ROUNDS)
        columns = "".join(f"{size / found.stages[stage]:12.1f}" for stage in STAGES)
        print(
            f"{name:20}{size * 1000:5.0f}{columns}{size / found.seconds:7.1f}"
            f"{single:10.1f}x{parallel:10.1f}x",
            flush=True,
        )


def print_sizes() -> None:
    print("\nThe same in growing sizes, MB/s (goal: level)")
    print(f"{'':22}" + "".join(f"{size / 1e6:>10.1f} MB" for size in SIZES))
    for name in ("funcs of secp256k1", "tiny funcs", "one large func"):
        speeds = []
        for size in SIZES:
            wasm = SHAPES[name](size)
            speeds.append(len(wasm) / 1e6 / prepare(wasm, 3).seconds)
        print(f"{name:22}" + "".join(f"{speed:13.1f}" for speed in speeds), flush=True)


def main() -> None:
    print_shapes()
    print_sizes()


if __name__ == "__main__":
    main()
