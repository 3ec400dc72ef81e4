"""The memory of a thousand nested contract calls, all instances alive at once.

    python -m benchmarks.nested_instances

Each contract has one page of memory and calls the next; the goal is 100 MB. Measured in
a fresh process for each kind, at the deepest point.
"""

import argparse
import os
import subprocess
import sys
from time import perf_counter

import wasmtime

from benchmarks.message_calls import DictHost, make_engine, message
from contractvm.hosts.evm.contract_call import ContractCall
from contractvm.hosts.evm.interface import CallResult, CallStatus, Message
from contractvm.hosts.ewasm.host_interface import INTERFACE

DEPTH = 1_000
USES = {
    "a few bytes of its page": "(i32.store (i32.const 128) (i32.const 1))",
    "all of its page": """
      (local.set $at (i32.const 128)) ;; behind the address and the value of the call
      (loop $next
        (i32.store (local.get $at) (i32.const 1))
        (br_if $next
          (i32.lt_u
            (local.tee $at (i32.add (local.get $at) (i32.const 4)))
            (i32.const 65536))))""",
}


def contract(use: str) -> bytes:
    """Writes to its memory, then calls itself with all the gas that it may pass on."""
    return bytes(
        wasmtime.wat2wasm(f"""(module
          (import "ethereum" "call"
            (func $call (param i64 i32 i32 i32 i32) (result i32)))
          (memory (export "memory") 1)
          (func (export "main")
            (local $at i32)
            {use}
            (drop (call $call (i64.const 100000000000000)
              (i32.const 0) (i32.const 32) (i32.const 64) (i32.const 0)))))""")
    )


def resident_bytes() -> int:
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(use: str) -> None:
    """Print the megabytes before, at the deepest point, and the seconds till there."""
    engine, host, code = make_engine(), DictHost(), contract(USES[use])
    engine.prepare(code)
    before, start = resident_bytes(), perf_counter()
    calls = [ContractCall(INTERFACE, engine, host, message(b""), code)]
    while len(calls) <= DEPTH:
        step = calls[-1].advance()
        if not isinstance(step, Message):
            raise SystemExit(f"the call at depth {len(calls)} ended: {step}")
        calls.append(ContractCall(INTERFACE, engine, host, step, code))
    seconds = perf_counter() - start
    print(before, resident_bytes(), seconds)
    calls.pop()
    result = CallResult(CallStatus.SUCCESS)
    while calls:
        step = calls.pop().advance(result)
        if isinstance(step, Message) or not step.succeeded:
            raise SystemExit(f"the call at depth {len(calls) + 1} failed: {step}")
        result = step


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--use", choices=USES, help="measure in this process")
    use = parser.parse_args().use
    if use is not None:
        measure(use)
        return
    print("A thousand nested instances of a contract of one page (goal: 100 MB)")
    print(f"{'each writes':28}{'MB in all':>10}{'of it theirs':>14}{'ms':>8}")
    for kind in USES:
        command = [sys.executable, "-m", "benchmarks.nested_instances", "--use", kind]
        output = subprocess.run(command, check=True, capture_output=True, text=True)
        before, deepest, seconds = map(float, output.stdout.split())
        print(
            f"{kind:28}{deepest / 1e6:10.1f}{(deepest - before) / 1e6:14.1f}"
            f"{seconds * 1000:8.1f}"
        )


if __name__ == "__main__":
    main()
