"""The observable outcome of an instance: how its calls end and what they change."""

import hashlib
from dataclasses import dataclass

from contractvm.wasm.structure.module import ExternKind, Module
from contractvm.wasm.structure.types import ValType
from tools.fuzz.calls import PlannedCall

EXHAUSTED = "call stack exhausted"
MEMORY_PAGES = 1_024
TABLE_ELEMENTS = 100_000
SHOWN_ELEMENTS = 64


@dataclass(frozen=True)
class Outcome:
    """The end of a call; `ended` holds results, or a trap's text, or an error's."""

    ended: tuple[object, ...] | str
    gas_left: int
    stack_height: int


@dataclass(frozen=True)
class State:
    """Globals, memories and tables after all calls, and what the hosts saw."""

    globals: dict[str, object]
    memories: dict[str, tuple[int, str]]
    tables: dict[str, tuple[object, ...]]
    host_calls: tuple[object, ...]


class Subject:
    """An instance of a module on one engine. The two engines differ in these methods.

    `instantiate` gives None or why it failed; gas and stack height are those of the
    injected counters, 0 where the module has none.
    """

    def instantiate(self) -> str | None:
        raise NotImplementedError

    def call(self, planned: PlannedCall) -> Outcome:
        raise NotImplementedError

    def global_value(self, name: str, val_type: ValType) -> object:
        raise NotImplementedError

    def memory(self, name: str) -> bytes:
        raise NotImplementedError

    def table(self, name: str, element_type: ValType) -> tuple[object, ...]:
        raise NotImplementedError

    def host_calls(self) -> tuple[object, ...]:
        raise NotImplementedError

    def close(self) -> None:
        """Free what the engine holds."""


def state_of(subject: Subject, module: Module) -> State:
    """All that the exports of an instance show."""
    global_values: dict[str, object] = {}
    memories: dict[str, tuple[int, str]] = {}
    tables: dict[str, tuple[object, ...]] = {}
    for export in module.exports:
        if export.kind is ExternKind.GLOBAL:
            val_type = module.global_types[export.index].val_type
            global_values[export.name] = subject.global_value(export.name, val_type)
        elif export.kind is ExternKind.MEMORY:
            content = subject.memory(export.name)
            digest = hashlib.blake2b(content, digest_size=16).hexdigest()
            memories[export.name] = (len(content), digest)
        elif export.kind is ExternKind.TABLE:
            element_type = module.table_types[export.index].element_type
            tables[export.name] = subject.table(export.name, element_type)
    return State(global_values, memories, tables, subject.host_calls())
