"""Descriptions of compiled modules, kept next to their code for a quick start."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from contractvm.wasm.engines.wasmtime.code_cache import CodeCache
from contractvm.wasm.structure.module import ExternKind
from contractvm.wasm.structure.types import FuncType, GlobalType, TableType


class KeptExport(Struct, frozen=True):
    """An export, with its type if it is a func, a table or a global."""

    name: str
    kind: ExternKind
    func: FuncType | None = None
    table: TableType | None = None
    variable: GlobalType | None = None


class KeptModule(Struct, frozen=True):
    """What linking and running a module needs besides its code.

    `code` is the code's key in the cache. An import is a module, a name, and a type
    where it is a func. `note` is for whoever kept the module.
    """

    code: dict[str, str]
    imports: tuple[tuple[str, str, FuncType | None], ...]
    exports: tuple[KeptExport, ...]
    note: bytes


def find_module(cache: CodeCache, key: Mapping[str, str]) -> KeptModule | None:
    """The description under a key; None if there is none that can be read."""
    content = cache.load(key)
    if content is None:
        return None
    try:
        return msgspec.msgpack.decode(content, type=KeptModule)
    except (msgspec.DecodeError, ValueError):
        cache.drop(key)
        return None


def keep_module(cache: CodeCache, key: Mapping[str, str], kept: KeptModule) -> None:
    """Keep a description under a key."""
    cache.store(key, msgspec.msgpack.encode(kept))
