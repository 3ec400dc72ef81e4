"""The two engines under the same contract calls, and their start-up costs.

    python -m benchmarks.second_engine

`call` is a message call of a contract that is prepared. `cold` is the first call of a
contract in a process, with nothing kept from before: checks, instrumentation and code.
`warm` is the same where wasmtime's code was kept on disk. Processor time of the whole
process, for wasmtime compiles on all cores. Engines take turns.
"""

import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

from benchmarks.kernel_table import BY_NAME
from benchmarks.measuring import interleaved_medians
from benchmarks.message_calls import DictHost, call
from benchmarks.ours import ALL_GAS
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.engines.wasmtime.code_cache import CodeCache
from contractvm.wasm.engines.wasmtime.engine import WasmtimeEngine
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.validation.profile import Profile
from gas_schedule.loader import load_schedule

EXAMPLES = Path(__file__).parents[1] / "examples"
TRANSFER = bytes.fromhex("a9059cbb") + bytes(12) + b"\x33" * 20 + bytes(32)
CONTRACTS = {
    "counter: get()": ("counter/counter.wasm", bytes.fromhex("6d4ce63c")),
    "token: transfer": ("token/token.wasm", TRANSFER),
    "keccak: 1 kB": ("keccak/keccak.wasm", bytes(1_000)),
    "keccak: 100 kB": ("keccak/keccak.wasm", bytes(100_000)),
    "keccak: 1 MB": ("keccak/keccak.wasm", bytes(1_000_000)),
}
KERNELS = ("secp256k1", "sort")
ROUNDS = 9
SCHEDULE = load_schedule("ewasm-metered")
Work = Callable[[], object]
MakeWork = Callable[[Engine], Work]


def contract(name: str) -> MakeWork:
    """A message call, on a prepared contract if it was called before."""
    file, data = CONTRACTS[name]
    code = (EXAMPLES / file).read_bytes()

    def make(engine: Engine) -> Work:
        metered, host = INTERFACE.pipeline(engine, SCHEDULE), DictHost()
        return lambda: call(metered, host, code, data)

    return make


def kernel(name: str) -> MakeWork:
    """A kernel's whole run in an instance of its own."""
    found = BY_NAME[name]

    def make(engine: Engine) -> Work:
        metered = Pipeline(engine, SCHEDULE, Profile(name="any"))

        def work() -> int:
            run = metered.start(metered.prepare(found.wasm), {}, ALL_GAS)
            run.begin("run", found.full.argument)
            (result,) = run.resume()  # type: ignore[misc]
            if result != found.full.result:
                raise SystemExit(f"{name}: another result")
            return int(result)

        return work

    return make


def repeated(work: Work) -> Work:
    """As often as takes a few milliseconds, at least once."""
    work()
    start = process_time()
    work()
    times = max(1, int(0.003 / (process_time() - start)))

    def run() -> int:
        for _ in range(times):
            work()
        return times

    return run


def first_call(make: MakeWork, engine: Engine) -> Work:
    """A call with nothing prepared, each time."""

    def work() -> object:
        return make(engine)()

    return work


def measure(make: MakeWork, cache: Path) -> dict[str, float]:
    """Seconds by engine and kind."""
    kept = CodeCache(cache)
    make(WasmtimeEngine(kept))()  # fills the cache
    plain, compiled = InterpreterEngine(), WasmtimeEngine()
    hot = {
        "interpreter": repeated(make(plain)),
        "wasmtime": repeated(make(compiled)),
    }
    counts = {name: int(run()) for name, run in hot.items()}  # type: ignore[call-overload]
    seconds = interleaved_medians(hot, ROUNDS, process_time)
    # What a process does once is not in these: the import, an engine of wasmtime's.
    reading = WasmtimeEngine(kept)
    cold = {
        "interpreter, cold": first_call(make, plain),
        "wasmtime, cold": first_call(make, compiled),
        "wasmtime, warm": first_call(make, reading),
    }
    return {name: time / counts[name] for name, time in seconds.items()} | (
        interleaved_medians(cold, ROUNDS, process_time)
    )


def main() -> None:
    works = {name: contract(name) for name in CONTRACTS}
    works |= {f"kernel {name}": kernel(name) for name in KERNELS}
    columns = (
        ("call", "interpreter", "wasmtime"),
        ("first call", "interpreter, cold", "wasmtime, cold"),
        ("first call", "interpreter, cold", "wasmtime, warm"),
    )
    print("Contract calls on the two engines: milliseconds; i/w above 1: wasmtime wins")
    print(f"{'':18}{'call':>24}{'first call, cold':>33}{'warm':>17}")
    print(
        f"{'':18}{'interp':>9}{'wasmtime':>10}{'i/w':>7}"
        f"{'interp':>16}{'wasmtime':>10}{'i/w':>7}{'wasmtime':>11}{'i/w':>6}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, make) in enumerate(works.items()):
            found = measure(make, Path(folder) / str(number))
            pairs = [(found[here], found[there]) for _, here, there in columns]
            (a, b), (c, d), (_, e) = pairs
            print(
                f"{name:18}{a * 1e3:9.3f}{b * 1e3:10.3f}{a / b:7.2f}"
                f"{c * 1e3:16.3f}{d * 1e3:10.3f}{c / d:7.2f}"
                f"{e * 1e3:11.3f}{c / e:6.2f}"
            )


if __name__ == "__main__":
    main()
