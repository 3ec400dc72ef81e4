"""The interpreter beside its peers: same modules, same arguments, same run.

    python benchmarks/interpreter.py [REPEATS]

Prints medians in milliseconds and ratios to ours: `plain` is our interpreter without
metering, `gas` with the injected charges of a schedule, and pywasm3 and wasmtime, both
unmetered. The runs of all engines alternate, so that a busy machine hurts all alike.
"""

import sys
from collections.abc import Callable
from statistics import median
from time import perf_counter

import wasm3
import wasmtime

from contractvm.binary.decoder import decode_module
from contractvm.execution.compiled_module import compile_module
from contractvm.execution.instance import instantiate_module
from contractvm.instrumentation.instrument import instrument_module
from contractvm.instrumentation.names import GAS_EXPORT
from contractvm.validation.validator import validate_module
from gas_schedule.loader import load_schedule

KERNELS = {
    "fib(27)": (
        """(func $run (export "run") (param i32) (result i32)
          (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $run (i32.sub (local.get 0) (i32.const 1)))
                           (call $run (i32.sub (local.get 0) (i32.const 2)))))))""",
        27,
    ),
    "loop 3M": (
        """(func (export "run") (param i32) (result i32) (local i64)
          (loop $l
            (local.set 1 (i64.add (i64.mul (local.get 1) (i64.const 1664525))
                                  (i64.const 1013904223)))
            (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
          (i32.wrap_i64 (local.get 1)))""",
        3_000_000,
    ),
    "sieve 1M": (
        """(memory 16)
        (func (export "run") (param $n i32) (result i32)
          (local $i i32) (local $j i32) (local $count i32)
          (local.set $i (i32.const 0))
          (loop $clear
            (i64.store (local.get $i) (i64.const 0))
            (br_if $clear (i32.lt_u
              (local.tee $i (i32.add (local.get $i) (i32.const 8))) (local.get $n))))
          (local.set $i (i32.const 2))
          (block $done (loop $outer
            (br_if $done (i32.ge_u (local.get $i) (local.get $n)))
            (if (i32.eqz (i32.load8_u (local.get $i))) (then
              (local.set $count (i32.add (local.get $count) (i32.const 1)))
              (local.set $j (i32.shl (local.get $i) (i32.const 1)))
              (block $crossed (loop $inner
                (br_if $crossed (i32.ge_u (local.get $j) (local.get $n)))
                (i32.store8 (local.get $j) (i32.const 1))
                (local.set $j (i32.add (local.get $j) (local.get $i)))
                (br $inner)))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br $outer)))
          (local.get $count))""",
        1_000_000,
    ),
    "copy 4x1MB": (
        """(memory 32)
        (func (export "run") (param $rounds i32) (result i32)
          (local $i i32) (local $sum i32)
          (loop $round
            (local.set $i (i32.const 0))
            (loop $l
              (i32.store offset=1048576 (local.get $i)
                (i32.add (i32.load (local.get $i)) (local.get $rounds)))
              (local.set $sum (i32.add (local.get $sum)
                (i32.load offset=1048576 (local.get $i))))
              (local.set $i (i32.add (local.get $i) (i32.const 4)))
              (br_if $l (i32.lt_u (local.get $i) (i32.const 1048576))))
            (br_if $round
              (local.tee $rounds (i32.sub (local.get $rounds) (i32.const 1)))))
          (local.get $sum))""",
        4,
    ),
    "mix 300k": (
        """(func (export "run") (param $n i32) (result i32)
          (local $a i32) (local $b i32) (local $c i32) (local $d i32)
          (local.set $a (i32.const 0x67452301)) (local.set $b (i32.const 0xefcdab89))
          (local.set $c (i32.const 0x98badcfe)) (local.set $d (i32.const 0x10325476))
          (loop $l
            (local.set $a (i32.add (local.get $b) (i32.rotl (i32.add (i32.add
              (local.get $a) (i32.xor (local.get $d) (i32.and (local.get $b)
              (i32.xor (local.get $c) (local.get $d)))))
              (i32.const 0x5a827999)) (i32.const 7))))
            (local.set $d (i32.add (local.get $a) (i32.rotl (i32.add (i32.add
              (local.get $d) (i32.xor (local.get $c) (i32.and (local.get $a)
              (i32.xor (local.get $b) (local.get $c)))))
              (local.get $n)) (i32.const 12))))
            (local.set $c (i32.add (local.get $d) (i32.rotl (i32.add
              (local.get $c) (i32.xor (local.get $b) (i32.and (local.get $d)
              (i32.xor (local.get $a) (local.get $b)))))
              (i32.const 17))))
            (local.set $b (i32.add (local.get $c) (i32.rotl (i32.add
              (local.get $b) (i32.xor (local.get $a) (i32.and (local.get $c)
              (i32.xor (local.get $d) (local.get $a)))))
              (i32.const 22))))
            (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
          (i32.xor (i32.xor (local.get $a) (local.get $b))
                   (i32.xor (local.get $c) (local.get $d))))""",
        300_000,
    ),
}


def ours(wasm: bytes, argument: int) -> Callable[[], int]:
    module = decode_module(wasm)
    compiled = compile_module(module, validate_module(module).operand_heights)
    instance = instantiate_module(compiled, {})
    return lambda: instance.invoke("run", argument)[0]


def ours_with_gas(wasm: bytes, argument: int) -> Callable[[], int]:
    module = decode_module(wasm)
    facts = validate_module(module)
    schedule = load_schedule("ewasm-metered")
    metered = instrument_module(module, facts.operand_heights, schedule)
    compiled = compile_module(metered, validate_module(metered).operand_heights)
    instance = instantiate_module(compiled, {})

    def run() -> int:
        instance.exports[GAS_EXPORT].value = (1 << 63) - 1
        return instance.invoke("run", argument)[0]

    return run


def with_wasm3(wasm: bytes, argument: int) -> Callable[[], int]:
    environment = wasm3.Environment()
    runtime = environment.new_runtime(1 << 20)
    runtime.load(environment.parse_module(wasm))
    run = runtime.find_function("run")
    return lambda: run(argument) & 0xFFFFFFFF


def with_wasmtime(wasm: bytes, argument: int) -> Callable[[], int]:
    engine = wasmtime.Engine()
    store = wasmtime.Store(engine)
    instance = wasmtime.Instance(store, wasmtime.Module(engine, wasm), [])
    run = instance.exports(store)["run"]
    return lambda: run(store, argument) & 0xFFFFFFFF


ENGINES = {
    "plain": ours,
    "gas": ours_with_gas,
    "wasm3": with_wasm3,
    "wasmtime": with_wasmtime,
}


def times(runs: dict[str, Callable[[], int]], repeats: int) -> dict[str, float]:
    """The median time of each engine in milliseconds; all must agree on the result."""
    measured: dict[str, list[float]] = {name: [] for name in runs}
    results = {name: run() for name, run in runs.items()}
    if len(set(results.values())) != 1:
        raise SystemExit(f"engines disagree: {results}")
    for _ in range(repeats):
        for name, run in runs.items():
            start = perf_counter()
            run()
            measured[name].append((perf_counter() - start) * 1000)
    return {name: median(values) for name, values in measured.items()}


def main() -> None:
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    print(f"{'kernel':12}" + "".join(f"{name:>11}" for name in ENGINES), end="")
    print("   wasm3/plain  wasm3/gas  gas/plain")
    for kernel, (body, argument) in KERNELS.items():
        wasm = bytes(wasmtime.wat2wasm(f"(module {body})"))
        runs = {name: make(wasm, argument) for name, make in ENGINES.items()}
        found = times(runs, repeats)
        print(
            f"{kernel:12}" + "".join(f"{found[name]:11.2f}" for name in ENGINES), end=""
        )
        print(
            f"{found['wasm3'] / found['plain']:14.2f}"
            f"{found['wasm3'] / found['gas']:11.2f}"
            f"{found['gas'] / found['plain']:11.2f}"
        )


if __name__ == "__main__":
    main()
