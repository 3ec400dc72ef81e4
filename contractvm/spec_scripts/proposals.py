"""The proposals of WebAssembly 3.0, not supported by this engine, that a module needs.

wasmtime, which supports them all, decides: a proposal is needed if the verdict on the
module changes when that one is switched off.
"""

from functools import lru_cache

import wasmtime

from contractvm.errors import ContractVmError, MissingProposal

# Each proposal with wasmtime's switches for it, in an order in which they may be
# switched off (later ones do not depend on earlier ones).
PROPOSALS = {
    "SIMD": ("relaxed_simd", "simd"),
    "exceptions": ("exceptions",),
    "GC": ("gc",),
    "typed function references": ("gc", "function_references"),
    "tail calls": ("tail_call",),
    "memory64": ("memory64",),
    "multi-memory": ("multi_memory",),
}
# Built on another: where the first is needed, the second says nothing more.
BUILT_ON = {"GC": "typed function references"}


@lru_cache(maxsize=16)
def _engine(without: str | None) -> wasmtime.Engine:
    config = wasmtime.Config()
    switches = dict.fromkeys(name for group in PROPOSALS.values() for name in group)
    off = PROPOSALS[without] if without else ()
    # On in reverse order: some need later ones.
    for name in reversed(switches):
        if name not in off:
            setattr(config, f"wasm_{name}", True)
    for name in off:
        setattr(config, f"wasm_{name}", False)
    return wasmtime.Engine(config)


def _verdict(data: bytes, without: str | None = None) -> str | None:
    """What is wrong with the module, None if nothing is."""
    try:
        wasmtime.Module.validate(_engine(without), data)
    except wasmtime.WasmtimeError as error:
        return str(error)
    return None


def proposals_needed(
    data: bytes, fault: ContractVmError | None = None
) -> tuple[str, ...]:
    """The proposals without which the module is another matter; empty for none.

    `fault` is ours, for a module that is to be refused with all proposals: it may have
    a fault that wasmtime names before it looks at its switches.
    """
    verdict = _verdict(data)
    needed = [name for name in PROPOSALS if _verdict(data, without=name) != verdict]
    implied = {BUILT_ON[name] for name in needed if name in BUILT_ON}
    if not needed and verdict is not None and isinstance(fault, MissingProposal):
        return (fault.proposal,)
    return tuple(name for name in needed if name not in implied)


def imported_names(data: bytes) -> set[str]:
    """The names of the modules that a module imports memories, tables, globals from.

    For modules that our own decoder cannot read; empty where wasmtime refuses too.
    """
    try:
        module = wasmtime.Module(_engine(None), data)
    except wasmtime.WasmtimeError:
        return set()
    return {
        entry.module
        for entry in module.imports
        if not isinstance(entry.type, wasmtime.FuncType)
    }
