"""Random valid modules from `wasm-tools smith`, which knows nothing of this project."""

import hashlib

from tests.helpers.wasm_tools import wasm_tools

# Integers, references, several results, bulk memory; every loop and recursion ends.
OPTIONS = {
    "ensure-termination": None,
    "fuel": 40,
    "allow-floats": "false",
    "simd-enabled": "false",
    "relaxed-simd-enabled": "false",
    "gc-enabled": "false",
    "exceptions-enabled": "false",
    "memory64-enabled": "false",
    "tail-call-enabled": "false",
    "threads-enabled": "false",
    "custom-page-sizes-enabled": "false",
    "wide-arithmetic-enabled": "false",
    "extended-const-enabled": "false",
    "compact-imports-enabled": "false",
    "allow-start-export": "false",
    "export-everything": "true",
    "max-memories": 1,
    "max-memory32-bytes": 4 << 16,
    "min-funcs": 3,
    "max-table-elements": 100,
    "max-imports": 0,
}


def smith_module(seed: int, size: int = 2_000, **options: object) -> bytes:
    """The module generated from `seed`; the same on every machine.

    `options` add to OPTIONS or replace them, with `_` for `-`.
    """
    arguments = OPTIONS | {
        name.replace("_", "-"): value for name, value in options.items()
    }
    flags = [
        f"--{name}" if value is None else f"--{name}={value}"
        for name, value in arguments.items()
    ]
    entropy = hashlib.shake_128(b"%d" % seed).digest(size)
    return wasm_tools(["smith", *flags], entropy)
