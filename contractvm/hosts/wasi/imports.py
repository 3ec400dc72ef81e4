"""Checks of what a module imports from WASI, before anything of it runs."""

from contractvm.errors import LinkError, RefusedModule
from contractvm.hosts.wasi.functions import FUNCTIONS
from contractvm.hosts.wasi.layouts import LAYOUTS
from contractvm.wasm.structure.module import Module

TYPES = {row.key: row.func_type for row in FUNCTIONS}


def check_imports(module: Module) -> None:
    """Raise for an import from WASI that cannot be; other modules' are not looked at.

    RefusedModule for a module that uses both versions of WASI, LinkError for a function
    that does not exist or has another type.
    """
    seen = [entry for entry in module.imports if entry.module in LAYOUTS]
    if len({entry.module for entry in seen}) > 1:
        raise RefusedModule(f"imports from both {' and '.join(LAYOUTS)}")
    for entry in seen:
        wanted = TYPES.get((entry.module, entry.name))
        if wanted is None:
            raise LinkError(entry.module, entry.name, "unknown import")
        index = entry.description
        if not isinstance(index, int) or module.types[index] != wanted:
            raise LinkError(entry.module, entry.name, "incompatible import type")
