"""What a guest call costs: a host function that calls an empty func of the contract.

    python -m benchmarks.guest_call_cost

A loop of host calls, each with a guest call, less the loop where the host function
returns at once.
"""

from functools import partial

import wasmtime

from benchmarks.measuring import interleaved_medians
from contractvm.runtime.engine_selection import ENGINES, make_engine
from contractvm.runtime.pipeline import MeteredEngine
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import (
    GuestCall,
    GuestCallOutcome,
    Suspension,
)
from contractvm.wasm.structure.types import FuncType
from contractvm.wasm.validation.profile import Profile
from gas_schedule.loader import load_schedule

ROUNDS = 9
TURNS = 2_000
GAS = 1 << 60
EMPTY = FuncType((), ())
MODULE = wasmtime.wat2wasm("""(module
  (import "env" "f" (func $f))
  (func (export "empty"))
  (func (export "run") (param $n i32)
    (loop $turn
      (call $f)
      (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))""")


def complete(outcome: GuestCallOutcome) -> None:
    outcome.results()


def ask() -> Suspension:
    return Suspension(GuestCall("empty", EMPTY, ()), complete)


def run(engine: MeteredEngine, func: HostFunc) -> None:
    """An instance that makes so many host calls."""
    started = engine.start(engine.prepare(bytes(MODULE)), {("env", "f"): func}, GAS)
    started.begin("run", TURNS)
    started.resume()


def main() -> None:
    schedule = load_schedule("contractvm-1")
    works = {}
    for name in ENGINES:
        engine = MeteredEngine(make_engine(name), schedule, Profile(name="any"))
        works[f"{name} guest"] = partial(run, engine, HostFunc(EMPTY, ask))
        works[f"{name} none"] = partial(run, engine, HostFunc(EMPTY, lambda: None))
    seconds = interleaved_medians(works, ROUNDS)
    print("Guest call, microseconds")
    for name in ENGINES:
        cost = seconds[f"{name} guest"] - seconds[f"{name} none"]
        print(f"{name:12}{cost / TURNS * 1e6:10.1f}")


if __name__ == "__main__":
    main()
