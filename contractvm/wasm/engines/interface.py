"""What an engine must offer: compile a checked module, instantiate it, run its funcs.

Values are plain ints: i32 and i64 unsigned, f32 and f64 as their bits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.module import Module

CompiledModule = Any  # the engine's own; only passed back to it
Extern = Any  # a HostFunc, or an export of another instance of the same engine

MAX_TABLE_ELEMENTS = 10_000_000
"""The elements that the tables of an instance may have in all."""


class Execution(Protocol):
    """A call in progress."""

    def resume(self, value: int | None = None) -> tuple[object, ...] | Suspension:
        """Go on; the results, or the suspension whose result the next call passes."""

    def abandon(self) -> None:
        """End the call where it waits; nothing if it is over."""


class Instance(Protocol):
    """A module instance."""

    @property
    def exports(self) -> dict[str, Any]:
        """Funcs, memories, tables and globals by their exported name."""

    def export(self, name: str) -> Any:
        """One of the exports, without making the others; KeyError for no such."""

    def start(self, name: str, *args: int) -> Execution:
        """A call of the exported func `name` that has not begun to run.

        It may run while another call of the instance is suspended. That one goes on
        only when this one is over.
        """


@dataclass(frozen=True, slots=True)
class CodeOrigin:
    """What instrumented code was made from: its identity, for engines that keep code.

    `module_hash` is the SHA-256 of the module before instrumentation, `metering` the
    name and version of the rule by which charges were written into it.
    """

    module_hash: bytes
    schedule_hash: bytes
    metering: str


class Engine(Protocol):
    """One way to run instrumented modules."""

    @property
    def name(self) -> str:
        """As `--engine` takes it."""

    def compile(
        self,
        module: Module,
        operand_heights: tuple[int, ...],
        origin: CodeOrigin | None = None,
    ) -> CompiledModule:
        """Turn a valid module into the engine's code; done once per module.

        An engine may keep the code of a module with an origin, beyond the process.
        """

    def instantiate(
        self,
        compiled: CompiledModule,
        imports: Mapping[tuple[str, str], Extern],
        *,
        max_memory_pages: int,
        context: object = None,
    ) -> Instance:
        """Make an instance; raises LinkError, and Trap for segments out of bounds.

        Host funcs that take a context are given `context`. Imports that are a
        MappingProxyType never change.
        """
