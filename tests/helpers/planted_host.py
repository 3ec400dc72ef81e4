"""A host function whose result depends on the order of a set, so on the hash seed."""

from typing import Any

from contractvm.hosts.ewasm.functions import IMPORT_MODULE
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.wasm.engines.host_func import HostFunc

NAME = "getBlockCoinbase"
WORDS = tuple(f"word {number}" for number in range(64))


def first_of_a_set(frame: Any, result: int) -> None:
    """Write the length and digits of whichever word comes first."""
    frame.charge(NAME)
    first = next(iter(set(WORDS)))
    frame.memory.write(result, first.encode().ljust(20, b"\0"))


def first_of_all(frame: Any, result: int) -> None:
    """The counterpart without the fault."""
    frame.charge(NAME)
    frame.memory.write(result, min(WORDS).encode().ljust(20, b"\0"))


def planted(run: Any) -> dict[tuple[str, str], HostFunc]:
    """The host functions with this one in its place."""
    key = (IMPORT_MODULE, NAME)
    func = HostFunc(INTERFACE.by_key[key].func_type, run, takes_context=True)
    return {**INTERFACE.imports, key: func}
