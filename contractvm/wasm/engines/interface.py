"""The interface of an engine: compile a checked module, instantiate it, run its funcs.

Values are plain ints: i32 and i64 unsigned, f32 and f64 as their bits.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

from contractvm.wasm.engines.code_stack import StoppedAt
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.module import Module

CompiledModule = Any  # opaque; only passed back to its engine
Extern = Any  # a HostFunc, or an export of another instance of the same engine

MAX_TABLE_ELEMENTS = 10_000_000
"""The elements that the tables of an instance may have in all."""


class Execution(Protocol):
    """A call in progress."""

    def resume(self, value: int | None = None) -> tuple[object, ...] | Suspension:
        """Continue; return the results, or a suspension to answer in the next call."""

    def abandon(self) -> None:
        """End the call where it waits; does nothing if it is over."""


class Instance(Protocol):
    """A module instance.

    While its `stop_flag`, if it has one, is set, its calls end with Stopped.
    """

    stop_flag: StopFlag | None

    @property
    def stopped_at(self) -> StoppedAt | None:
        """Where the first call was that did not return, by trap or host function.

        None if all returned or ended with Finish, since `forget_stop`.
        """

    def forget_stop(self) -> None:
        """Note where the next call stops that does not return."""

    @property
    def exports(self) -> dict[str, Any]:
        """Funcs, memories, tables and globals by exported name."""

    def export(self, name: str) -> Any:
        """One export, without making the others; KeyError if there is none."""

    def start(self, name: str, *args: int) -> Execution:
        """Return a call of the exported func `name` that has not begun to run.

        It may run while another call of the instance is suspended, which then
        continues only after this one is over.
        """


class CodeOrigin(Struct, frozen=True):
    """The identity of instrumented code, for engines that keep compiled code.

    `module_hash` is the SHA-256 of the module before instrumentation, `metering` the
    name and version of the rule by which charges were written into it.
    """

    module_hash: bytes
    schedule_hash: bytes
    metering: str


class Engine(Protocol):
    """An engine for instrumented modules."""

    @property
    def name(self) -> str:
        """The name that `--engine` takes."""

    def compile(
        self,
        module: Module,
        operand_heights: tuple[int, ...],
        origin: CodeOrigin | None = None,
    ) -> CompiledModule:
        """Turn a valid module into the engine's code, once per module.

        An engine may keep the code of a module with an origin on disk.
        """

    def instantiate(
        self,
        compiled: CompiledModule,
        imports: Mapping[tuple[str, str], Extern],
        *,
        max_memory_pages: int,
        max_table_elements: int = MAX_TABLE_ELEMENTS,
        context: object = None,
    ) -> Instance:
        """Make an instance; raises LinkError, and Trap for segments out of bounds.

        Host funcs that take a context get `context`. Imports given as a
        MappingProxyType must never change.
        """
