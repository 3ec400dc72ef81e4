"""Loading the elliptic curve of bn128 at its first use.

py_ecc takes a good part of a command's start-up time, and few contracts ask for it.
It also raises Python's recursion limit to 100,000 when it is imported, which would
turn our counted limits into crashes of the C stack: the limit is put back.
"""

import importlib
import sys
from collections.abc import Callable
from types import ModuleType

RunPrecompile = Callable[[bytes], bytes]


def deferred_function(module_name: str, name: str) -> RunPrecompile:
    """A function that imports `module_name` when it is first called."""

    def run(data: bytes) -> bytes:
        function: RunPrecompile = getattr(import_quietly(module_name), name)
        return function(data)

    return run


def import_quietly(module_name: str) -> ModuleType:
    """The module, imported if need be, with the recursion limit as it was before."""
    if module_name in sys.modules:
        return sys.modules[module_name]
    recursion_limit = sys.getrecursionlimit()
    try:
        return importlib.import_module(module_name)
    finally:
        sys.setrecursionlimit(recursion_limit)
