"""An instance of a contract: its entry points, called with bytes."""

from typing import Any

from contractvm.errors import (
    InvalidModule,
    LinkError,
    MalformedModule,
    OutOfGas,
    Trap,
)
from contractvm.hosts.cosmwasm.backend import Backend
from contractvm.hosts.cosmwasm.errors import (
    CommunicationErr,
    CompileErr,
    FunctionArityMismatch,
    GasDepletion,
    InstantiationErr,
    ResolveErr,
    RuntimeErr,
    VmError,
)
from contractvm.hosts.cosmwasm.frame import (
    ALLOCATE,
    ChainQuery,
    DebugHandler,
    Frame,
    trap_text,
)
from contractvm.hosts.cosmwasm.gas import GasReport, VmGas
from contractvm.hosts.cosmwasm.host_interface import INTERFACE
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline, PreparedModule
from contractvm.wasm.engines.code_stack import StoppedAt
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.module import Module
from contractvm.wasm.structure.types import ValType

MEMORY = "memory"
DEALLOCATE = "deallocate"
# What a report calls the regions of arguments and results.
ENTRY_POINT = "entry point"
MIB = 1024 * 1024
PAGE_BYTES = 65_536
MAX_RESULT = 64 * MIB
DEFAULT_MEMORY = 32 * MIB
# Entry points that must not write.
READ_ONLY = frozenset({"query"})


class ContractInstance:
    """A contract with gas, which keeps its memory from call to call.

    A chain makes a fresh one for every call. `memory_limit` is in bytes, and rounded
    down to pages. On a traced pipeline `gas.record` has the charges, and `prepared`
    says what the sites of the trace are. Raises CompileErr and InstantiationErr.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        code: bytes,
        backend: Backend,
        gas_limit: int,
        *,
        memory_limit: int = DEFAULT_MEMORY,
        debug_handler: DebugHandler | None = None,
    ) -> None:
        self._frame = Frame(backend, pipeline.schedule, debug_handler)
        prepared = self.prepared = _prepared(pipeline, code)
        max_pages = min(memory_limit // PAGE_BYTES, PAGE_BYTES)
        _check_memory(prepared.module, max_pages)
        self._run = _start(pipeline, prepared, self._frame, gas_limit, max_pages)
        self._memory = self._run.instance.export(MEMORY)
        self.gas = VmGas.of(self._run, gas_limit)
        self._frame.begin(self.gas, GuestMemory(self._memory))

    @property
    def memory_pages(self) -> int:
        """How large the memory is now, in pages of 64 KiB."""
        pages: int = self._memory.pages
        return pages

    @property
    def stopped_at(self) -> StoppedAt | None:
        """Where the last call stopped; None if it did not."""
        return self._run.instance.stopped_at

    def report(self) -> GasReport:
        """The gas used so far."""
        return self.gas.report()

    def call(self, entry: str, *arguments: bytes) -> bytes:
        """Call an entry point; its answer is JSON. Raises VmError.

        The gas of allocations and of the result's reading is the contract's.
        """
        self._frame.is_read_only = entry in READ_ONLY
        pointers = [self._pass(argument) for argument in arguments]
        (pointer,) = self._invoke(entry, 1, *pointers)
        self.gas.begin(ENTRY_POINT)
        result = self._frame.read(pointer, MAX_RESULT)
        self._invoke(DEALLOCATE, 0, pointer)
        return result

    def migrate(self, env: bytes, message: bytes, info: bytes | None = None) -> bytes:
        """Call `migrate`; a contract that takes no `info` is called again without.

        What the first attempt allocated stays paid.
        """
        if info is not None:
            try:
                return self.call("migrate", env, message, info)
            except FunctionArityMismatch:
                pass
        return self.call("migrate", env, message)

    def _pass(self, data: bytes) -> int:
        (pointer,) = self._invoke(ALLOCATE, 1, len(data))
        if pointer == 0:
            raise CommunicationErr("Got a zero Wasm address")
        self.gas.begin(ENTRY_POINT)
        self._frame.write(pointer, data)
        return pointer

    def allocate(self, size: int) -> int:
        """Have the contract allocate a region; its pointer."""
        return self._invoke(ALLOCATE, 1, size)[0]

    def _invoke(self, name: str, result_count: int, *arguments: int) -> tuple[int, ...]:
        self._check_type(name, result_count, len(arguments))
        run = self._run
        try:
            run.begin(name, *arguments)
            step = run.resume()
            while isinstance(step, Suspension):
                query: ChainQuery = step.request
                answer = self._frame.querier.query(query.request, query.gas_limit)
                step = run.resume(step.complete(answer))
        except OutOfGas as reason:
            raise GasDepletion from reason
        except (Trap, VmError) as reason:
            if self.gas.is_exhausted:
                raise GasDepletion from reason
            raise RuntimeErr(trap_text(reason)) from reason
        results: Any = step
        return tuple(results)

    def _check_type(self, name: str, result_count: int, argument_count: int) -> None:
        try:
            export = self._run.instance.export(name)
        except KeyError:
            export = None
        kind = getattr(export, "func_type", None)
        if kind is None:
            raise ResolveErr(f"Could not get export: Missing export {name}")
        if len(kind.params) != argument_count:
            raise FunctionArityMismatch(
                f"{name} takes {len(kind.params)} arguments, {argument_count} given"
            )
        if {*kind.params, *kind.results} - {ValType.I32}:
            raise RuntimeErr(f"{name} has other types than i32")
        if len(kind.results) != result_count:
            raise RuntimeErr(
                f"{name} returns {len(kind.results)} values, {result_count} expected"
            )


def _prepared(pipeline: Pipeline, code: bytes) -> PreparedModule:
    try:
        return pipeline.prepare(code)
    except (MalformedModule, InvalidModule) as error:
        raise CompileErr(str(error)) from error


def _check_memory(module: Module, max_pages: int) -> None:
    for memory in module.memory_types:
        if memory.limits.minimum > max_pages:
            raise InstantiationErr(
                f"the memory begins with {memory.limits.minimum} pages, {max_pages} are"
                " the limit"
            )


def _start(
    pipeline: Pipeline,
    prepared: PreparedModule,
    frame: Frame,
    gas_limit: int,
    max_pages: int,
) -> MeteredRun:
    if prepared.unpriced_import is not None:
        module, name = prepared.unpriced_import
        raise InstantiationErr(f"{module}.{name} is unknown to this release")
    try:
        run = pipeline.start(
            prepared, INTERFACE.imports, gas_limit, frame, max_memory_pages=max_pages
        )
    except LinkError as error:
        raise InstantiationErr(str(error)) from error
    except Trap as trap:
        # A start func has no gas.
        raise InstantiationErr(trap_text(trap)) from trap
    try:
        memory = run.instance.export(MEMORY)
    except KeyError:
        memory = None
    if not hasattr(memory, "read"):
        raise InstantiationErr("Could not get memory 'memory'")
    return run
