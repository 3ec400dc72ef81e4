"""Runs of a guest: one call in a fresh instance, or an instance for many calls."""

import asyncio
from collections.abc import Generator, Mapping
from contextlib import suppress
from types import MappingProxyType, TracebackType
from typing import Any

from contractvm.errors import InternalError
from contractvm.guests.errors import GuestError, HostRaised, InstanceEnded
from contractvm.guests.host_functions import Awaiting, HostFunctionSpec
from contractvm.guests.instance import Instance, Step
from contractvm.guests.limits import Limits
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import RunOptions
from contractvm.guests.result import Result
from contractvm.guests.services import CapabilityServices
from contractvm.guests.tape import Tape
from contractvm.guests.taping import Taping
from contractvm.guests.watchdog import WATCHDOG
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import TurnOver

CANCELLED = "cancelled"
NO_SERVICES = CapabilityServices([])
RunSteps = Generator[Step, Any, Result]
# The arguments of a call: export, arguments, `returns` and `limits`.
Asked = tuple[str, tuple[Any, ...], type | None, Limits | None]


class GuestInstance:
    """An instance of a guest for calls one after another, in a `with` statement.

    After a call that did not succeed, and after a whole program, it cannot be called
    again. The changes of capabilities are kept at the end of the `with` block if all
    calls succeeded and the block raised nothing.
    """

    def __init__(self, guest: LoadedModule, options: RunOptions) -> None:
        self._guest = guest
        self._options = options
        self._flag = StopFlag()
        self._async_names = guest.async_names
        guest.requirements.check_limits(options.limits)
        specs = [spec for given in options.capabilities for spec in given.functions()]
        self._imports = (
            self._with_capabilities(specs) if specs else guest.complete_imports
        )
        services = CapabilityServices(specs) if specs else NO_SERVICES
        self._instance = Instance(guest, options, services, flag=self._flag)
        self._taping = (
            Taping(guest, options, self._instance) if options.record else None
        )
        self._has_failed = False
        self.result: Result | None = None

    def _with_capabilities(
        self, specs: list[HostFunctionSpec]
    ) -> Mapping[tuple[str, str], HostFunc]:
        """The guest's imports and those of its capabilities, checked to be complete."""
        self._async_names += tuple(spec.name for spec in specs if spec.is_async)
        given = self._guest.linked(specs)
        imports = MappingProxyType({**self._guest.imports, **given})
        self._guest.check_imports(imports, all_given=True)
        return imports

    def cancel(self) -> None:
        """End the call under way, or the next one; any thread may do it."""
        self._flag.set(CANCELLED)

    @property
    def memory(self) -> GuestMemory:
        """The guest's memory, to be read and written between calls.

        Raises InstanceEnded before the first call and after the `with` block.
        """
        memory: GuestMemory | None = vars(self._instance.frame).get("memory")
        if memory is None:
            raise InstanceEnded
        return memory if self._taping is None else self._taping.memory(memory)

    @property
    def tape(self) -> Tape:
        """The tape of all calls so far; ValueError unless `record` was asked for."""
        if self._taping is None:
            raise ValueError("the instance is not recorded")
        return self._taping.tape

    def call(
        self,
        name: str,
        *arguments: Any,
        returns: type | None = None,
        limits: Limits | None = None,
    ) -> Result:
        """Call an export and return its result, whatever the outcome.

        Bytes and text among `arguments` are put into memory that the guest's allocator
        gives. With `returns` bytes or str the export's i64 is a pointer, shifted by 32
        bits, and a length. With `limits` the call has gas, host calls and seconds of
        its own.

        Raises NoSuchExport, TypeError or ValueError for arguments that do not fit,
        InstanceEnded, InstanceBusy, and TypeError if a host function is async.
        """
        if self._async_names:
            raise TypeError(f"{self._async_names[0]} is async: it needs arun or acall")
        steps, seconds = self._begin(name, arguments, returns, limits)
        self._flag.gives_turns = False
        with WATCHDOG.watching(self._flag, seconds):
            done, result = _advance(steps, None)
        if not done:
            raise InternalError("an awaitable where no host function is async")
        return self._ended(result, (name, arguments, returns, limits))

    async def acall(
        self,
        name: str,
        *arguments: Any,
        returns: type | None = None,
        limits: Limits | None = None,
        inline: bool = False,
    ) -> Result:
        """As `call`, in worker threads; async host functions run on this loop.

        While one of those is awaited, the guest holds no thread. If the task is
        cancelled, the guest is stopped before CancelledError is raised. With `inline`
        a guest on the interpreter has no thread at all: it takes turns of about a
        millisecond on the loop's, as do its host functions that are not async.
        """
        asked = (name, arguments, returns, limits)
        steps, seconds = self._begin(name, arguments, returns, limits)
        takes_turns = inline and self._instance.can_take_turns
        self._flag.gives_turns = takes_turns
        advance = self._advance_in_turn if takes_turns else self._advance_in_thread
        answer: Any = None
        with WATCHDOG.watching(self._flag, seconds):
            while True:
                done, step = await advance(steps, answer, asked)
                if done:
                    return self._ended(step, asked)
                answer = None if isinstance(step, TurnOver) else await _awaited(step)

    async def _advance_in_thread(
        self, steps: RunSteps, answer: Any, asked: Asked
    ) -> tuple[bool, Any]:
        """Go on in a worker thread; ends the call where the task is cancelled."""
        loop = asyncio.get_running_loop()
        working = loop.run_in_executor(self._options.executor, _advance, steps, answer)
        try:
            return await asyncio.shield(working)
        except asyncio.CancelledError:
            self.cancel()
            with suppress(Exception):
                self._end_cancelled(*await working, asked)
            steps.close()
            raise

    async def _advance_in_turn(
        self, steps: RunSteps, answer: Any, asked: Asked
    ) -> tuple[bool, Any]:
        """Go on for a turn, then let others have theirs; cancelled as in a thread."""
        done, step = _advance(steps, answer)
        if not isinstance(step, TurnOver):
            return done, step
        try:
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancel()
            with suppress(Exception):
                self._end_cancelled(*_advance(steps, None), asked)
            steps.close()
            raise
        return done, step

    def _end_cancelled(self, done: bool, step: Any, asked: Asked) -> None:
        if done:
            self._ended(step, asked)

    def _begin(
        self,
        name: str,
        arguments: tuple[Any, ...],
        returns: type | None,
        limits: Limits | None,
    ) -> tuple[RunSteps, float | None]:
        if limits is not None:
            self._instance.refill(limits)
        steps = self._instance.call(self._imports, name, arguments, returns)
        return steps, (limits or self._options.limits).seconds

    def _ended(self, result: Result, asked: Asked) -> Result:
        self._has_failed |= not result.ok
        self.result = result
        if self._taping is not None:
            self._taping.ended(*asked, result)
        return result

    def with_tape(self, result: Result) -> Result:
        """The result of the last call with the tape, if there is one."""
        if self._taping is None:
            return result
        self.result = result.replaced(tape=self.tape)
        return self.result

    def __enter__(self) -> "GuestInstance":
        for capability in self._options.capabilities:
            capability.begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._instance.release()
        for capability in self._options.capabilities:
            if kind is None and not self._has_failed:
                capability.commit()
            else:
                capability.discard()


class Run:
    """One run of a guest, which any thread can cancel; it runs once."""

    def __init__(
        self,
        instance: GuestInstance,
        call: str,
        arguments: tuple[Any, ...],
    ) -> None:
        self._instance = instance
        self._call = call
        self._arguments = arguments

    @property
    def result(self) -> Result | None:
        """The result once it has ended, also where `arun` raised CancelledError."""
        return self._instance.result

    def cancel(self) -> None:
        """End the run soon, or before it begins; any thread may do it."""
        self._instance.cancel()

    def run(self) -> Result:
        """Run to the end in this thread; TypeError if a host function is async."""
        with self._instance as instance:
            result = instance.call(self._call, *self._arguments)
            return instance.with_tape(result)

    async def arun(self, *, inline: bool = False) -> Result:
        """Run in worker threads, or `inline`; see `GuestInstance.acall`."""
        with self._instance as instance:
            result = await instance.acall(self._call, *self._arguments, inline=inline)
            return instance.with_tape(result)


def _advance(steps: RunSteps, answer: Any) -> tuple[bool, Any]:
    """Go on until the result (True) or until something is to be awaited (False)."""
    try:
        return False, steps.send(answer)
    except StopIteration as end:
        return True, end.value


async def _awaited(request: Awaiting) -> Any:
    """What an async host function answers; exceptions are answers too."""
    try:
        return await request.awaitable
    except GuestError as refusal:
        return refusal
    except Exception as error:  # noqa: BLE001 (the guest sees nothing of it)
        return HostRaised(request.spec.name, error)
