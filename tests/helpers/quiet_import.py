"""Imports of libraries that raise Python's recursion limit, without that effect."""

import importlib
import sys
from types import ModuleType


def import_quietly(module_name: str) -> ModuleType:
    """The module, imported if necessary, with the recursion limit restored."""
    recursion_limit = sys.getrecursionlimit()
    try:
        return importlib.import_module(module_name)
    finally:
        sys.setrecursionlimit(recursion_limit)
