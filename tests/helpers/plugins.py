"""Extism's plugins in the text format, and loading them under known prices."""

from collections.abc import Sequence

from contractvm.guests.guest import Guest
from contractvm.guests.host_functions import HostFunctionSpec
from contractvm.hosts.extism.functions import ROWS
from contractvm.hosts.extism.host_call import MODULE
from tests.helpers.host_prices import host_prices
from tests.helpers.wat import wat_to_wasm

UNITS_PER_GAS = 10_000
NAMES = {"i": "i32", "I": "i64"}


def imports() -> str:
    """All functions of the ABI, under their names."""
    return "".join(
        f'(import "{MODULE}" "{name}" (func ${name}'
        f" (param {' '.join(NAMES[one] for one in params)})"
        f" (result {' '.join(NAMES[one] for one in results)})))"
        for name, params, results, _ in ROWS
    )


def plugin(
    source: str, engine: str = "interpreter", host: Sequence[HostFunctionSpec] = ()
) -> Guest:
    """A plugin with these funcs after the imports of the ABI."""
    wasm = wat_to_wasm(f'(module {imports()} {source} (memory (export "memory") 1))')
    return Guest.load(wasm, schedule=host_prices(), engine=engine, host=host)


# Reports numbers as bytes of output: each `$put` appends eight.
OUTPUT = """
  (global $at (mut i64) (i64.const 0)) (global $size (mut i64) (i64.const 0))
  (func $open (global.set $size (i64.const 0))
    (global.set $at (call $alloc (i64.const 256))))
  (func $put (param i64)
    (call $store_u64 (i64.add (global.get $at) (global.get $size)) (local.get 0))
    (global.set $size (i64.add (global.get $size) (i64.const 8))))
  (func $close (call $output_set (global.get $at) (global.get $size)))
"""


def program(body: str) -> str:
    """A plugin whose export `go` runs `body`, and outputs what it gives to `$put`."""
    return f'{OUTPUT} (func (export "go") (call $open) {body} (call $close))'


def numbers(output: bytes) -> list[int]:
    """What `$put` was given."""
    return [
        int.from_bytes(output[at : at + 8], "little") for at in range(0, len(output), 8)
    ]
