"""The cost of making an instance of a small contract and calling it once.

    python -m benchmarks.small_contract

The goal is 15 microseconds, for a contract with a page of memory, a data segment and an
import. Below it are whole message calls: what the ewasm interface adds is in them.
"""

from collections.abc import Callable
from pathlib import Path

import wasm3
import wasmtime

from benchmarks.measuring import interleaved_medians
from benchmarks.message_calls import DictHost, call, make_engine
from benchmarks.ours import ALL_GAS
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.interpreter.compiled_module import compile_module
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.interpreter.instance import instantiate_module
from contractvm.wasm.structure.types import FuncType, ValType
from contractvm.wasm.validation.profile import Profile
from contractvm.wasm.validation.validator import validate_module
from gas_schedule.loader import load_schedule

EXAMPLES = Path(__file__).parents[1] / "examples"
SMALL = bytes(
    wasmtime.wat2wasm("""(module
      (import "env" "value" (func $value (result i32)))
      (memory (export "memory") 1)
      (global $calls (mut i32) (i32.const 0))
      (data (i32.const 16) "small contract")
      (func (export "main") (result i32)
        (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
        (i32.store (i32.const 64) (call $value))
        (i32.add (i32.load (i32.const 64)) (i32.load8_u (i32.const 16)))))""")
)
VALUE_TYPE = FuncType((), (ValType.I32,))
EXPECTED = 7 + ord("s")
CALLS = 200
ROUNDS = 15


def value() -> int:
    return 7


def ours() -> Callable[[], int]:
    module = decode_module(SMALL)
    compiled = compile_module(module, validate_module(module).operand_heights)

    def once() -> int:
        imports = {("env", "value"): HostFunc(VALUE_TYPE, value)}
        return int(instantiate_module(compiled, imports).invoke("main")[0])  # type: ignore[call-overload]

    return once


def ours_metered() -> Callable[[], int]:
    schedule = load_schedule("ewasm-metered")
    engine = Pipeline(InterpreterEngine(), schedule, Profile(name="any"))
    prepared = engine.prepare(SMALL)

    def once() -> int:
        imports = {("env", "value"): HostFunc(VALUE_TYPE, value)}
        run = engine.start(prepared, imports, ALL_GAS)
        run.begin("main")
        results = run.resume()
        return int(results[0])  # type: ignore[index, call-overload]

    return once


def with_wasm3() -> Callable[[], int]:
    """Parses each time: its modules cannot be shared."""
    environment = wasm3.Environment()

    def once() -> int:
        runtime = environment.new_runtime(1 << 14)
        module = environment.parse_module(SMALL)
        runtime.load(module)
        module.link_function("env", "value", "i()", value)
        return int(runtime.find_function("main")())

    return once


def with_wasmtime() -> Callable[[], int]:
    """A compiled module, a store for each instance."""
    engine = wasmtime.Engine()
    module = wasmtime.Module(engine, SMALL)
    func_type = wasmtime.FuncType([], [wasmtime.ValType.i32()])

    def once() -> int:
        store = wasmtime.Store(engine)
        imports = [wasmtime.Func(store, func_type, value)]
        main = wasmtime.Instance(store, module, imports).exports(store)["main"]
        return int(main(store))  # type: ignore[operator]

    return once


def example_call(name: str, data: bytes) -> Callable[[], bytes]:
    """A message call of an example contract."""
    engine, host = make_engine(), DictHost()
    code = (EXAMPLES / name).read_bytes()
    return lambda: call(engine, host, code, data)


def microseconds(works: dict[str, Callable[[], object]]) -> dict[str, float]:
    def repeated(work: Callable[[], object]) -> Callable[[], None]:
        def run() -> None:
            for _ in range(CALLS):
                work()

        return run

    seconds = interleaved_medians(
        {name: repeated(work) for name, work in works.items()}, ROUNDS
    )
    return {name: time / CALLS * 1e6 for name, time in seconds.items()}


def main() -> None:
    small = {
        "ours": ours(),
        "ours, metered": ours_metered(),
        "wasm3 (parses each time)": with_wasm3(),
        "wasmtime": with_wasmtime(),
    }
    wrong = [name for name, work in small.items() if work() != EXPECTED]
    if wrong:
        raise SystemExit(f"another result: {wrong}")
    print("Instantiate and call a small contract, microseconds (goal for ours: 15)")
    for name, time in microseconds({**small}).items():
        print(f"{name:42}{time:8.1f}")
    print("\nWhole message calls through the ewasm interface, metered, microseconds")
    transfer = bytes.fromhex("a9059cbb") + bytes(12) + b"\x33" * 20 + bytes(32)
    messages = {
        "counter: get()": example_call(
            "counter/counter.wasm", bytes.fromhex("6d4ce63c")
        ),
        "token: transfer(address,uint256)": example_call("token/token.wasm", transfer),
    }
    for name, time in microseconds({**messages}).items():
        print(f"{name:42}{time:8.1f}")


if __name__ == "__main__":
    main()
