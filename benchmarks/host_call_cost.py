"""The cost of a host call to an empty Python function.

    python -m benchmarks.host_call_cost

A loop with the call, less the same loop without it; goal: 0.5 microseconds.
"""

from functools import partial

import wasmtime

from benchmarks.engines import ENGINES
from benchmarks.kernel_hosts import HostEntry, KernelHost
from benchmarks.measuring import interleaved_medians

ROUNDS = 9
TURNS = 20_000
SHAPES = {
    "no parameter, no result": (0, False, "(call $f)"),
    "one parameter, one result": (1, True, "(drop (call $f (local.get $n)))"),
    "seven parameters": (7, False, f"(call $f {'(local.get $n) ' * 7})"),
}


class EmptyHost(KernelHost):
    """One function that does nothing."""

    def __init__(self, parameter_count: int, has_result: bool) -> None:
        self._shape = (parameter_count, has_result)

    def entries(self) -> tuple[HostEntry, ...]:
        functions = {
            (0, False): lambda: None,
            (1, True): lambda _value: 0,
            (7, False): lambda _a, _b, _c, _d, _e, _f, _g: None,
        }
        return (HostEntry("env", "f", *self._shape, functions[self._shape]),)


def loop_module(parameter_count: int, has_result: bool, call: str) -> bytes:
    """A loop of as many turns as `run` is told, with `call` in each."""
    params = f"(param {'i32 ' * parameter_count})" if parameter_count else ""
    result = "(result i32)" if has_result else ""
    return bytes(
        wasmtime.wat2wasm(f"""(module
          (import "env" "f" (func $f {params} {result}))
          (func (export "run") (param $n i32) (result i32)
            (loop $turn
              {call}
              (br_if $turn
                (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
            (local.get $n)))""")
    )


def main() -> None:
    print("Host call, microseconds (goal for ours: 0.5)")
    print(f"{'':28}" + "".join(f"{name:>10}" for name in ENGINES))
    for shape, (parameter_count, has_result, call) in SHAPES.items():
        works = {}
        for name, make in ENGINES.items():
            for kind, text in (("call", call), ("none", "")):
                wasm = loop_module(parameter_count, has_result, text)
                run = make(wasm, EmptyHost(parameter_count, has_result))
                works[f"{name} {kind}"] = partial(run, TURNS)
        seconds = interleaved_medians(works, ROUNDS)
        costs = (seconds[f"{name} call"] - seconds[f"{name} none"] for name in ENGINES)
        row = "".join(f"{cost / TURNS * 1e6:10.2f}" for cost in costs)
        print(f"{shape:28}{row}")


if __name__ == "__main__":
    main()
