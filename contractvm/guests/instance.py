"""An instance of a guest: calls of its exports, one after another."""

from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from threading import Lock
from types import MappingProxyType
from typing import Any

from contractvm.errors import LimitExceeded, OutOfGas, Stopped, Trap
from contractvm.guests.conversions import BY_VAL_TYPE
from contractvm.guests.errors import (
    HostRaised,
    InstanceBusy,
    InstanceEnded,
    NoSuchExport,
)
from contractvm.guests.frame import HostMeter, TracingMeter
from contractvm.guests.host_functions import Awaiting
from contractvm.guests.limits import Limits
from contractvm.guests.loaded_module import LoadedModule
from contractvm.guests.options import RunOptions
from contractvm.guests.outcomes import (
    Cancelled,
    DeadlineExceeded,
    Exited,
    Outcome,
    RanOutOfGas,
    Returned,
    is_success,
)
from contractvm.guests.recording import Recorder, outcome_of
from contractvm.guests.result import Result
from contractvm.guests.services import Services
from contractvm.guests.spending import Spent
from contractvm.guests.trap_site import TrapSite
from contractvm.guests.watchdog import DEADLINE
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.ledger.call_tree import ROOT
from contractvm.metering.names import START_EXPORT
from contractvm.runtime.gas_meter import GREATEST_GAS
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import PreparedModule
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import Suspension, TurnOver
from contractvm.wasm.interpreter.engine import InterpreterEngine
from contractvm.wasm.interpreter.instance import ModuleInstance
from contractvm.wasm.structure.types import PAGE_BYTES, FuncType, ValType

# Exports that allocate, with the arguments that come before the size.
ALLOCATORS: Mapping[str, tuple[int, ...]] = MappingProxyType(
    {"malloc": (), "allocate": (), "cabi_realloc": (0, 0, 1)}
)
CONTENTS = (bytes, bytearray, memoryview, str)
Step = Awaiting | TurnOver
Steps = Generator[Step, Any, Any]


class Instance:
    """A running copy of a guest, with its own memory, gas and state of the ABI.

    What it does is a generator of the awaitables of async host functions, and of the
    ends of its turns if it takes some, so that it runs with and without an event loop.
    `services` are for functions of the ABI.
    """

    def __init__(
        self,
        guest: LoadedModule,
        options: RunOptions,
        services: Services,
        *,
        flag: StopFlag | None = None,
    ) -> None:
        limits, requirements = options.limits, guest.requirements
        code = guest.code
        costs = code.pipeline.schedule.host_costs
        self.frame = guest.abi.frame(options, costs, services)
        self.flag = flag
        self.limits = limits
        self.exception: Exception | None = None
        self._trap_site: TrapSite | None = None
        self._wasm = guest.wasm
        self._pipeline = code.pipeline
        self._prepared = code.prepared
        self._abi = guest.abi
        self._exports = requirements.exported_funcs
        self._memory_name = requirements.memory_name
        self._has_start = requirements.has_start
        self._memory: Any = None
        self._seed = options.seed
        self._lock = Lock()
        self._has_ended = False
        self._run: MeteredRun | None = None
        self._is_lost = False
        if options.record:
            self.frame.recorder = Recorder()
        self.frame.grant(self._units_of(limits))

    def call(
        self,
        imports: Mapping[tuple[str, str], HostFunc],
        name: str,
        arguments: tuple[Any, ...],
        returns: type | None = None,
    ) -> Generator[Step, Any, Result]:
        """Make the instance, if this is its first call, and call an export."""
        if not self._lock.acquire(blocking=False):
            raise InstanceBusy
        try:
            if self._has_ended:
                raise InstanceEnded
            func_type = self._type_of(name)
            given = self._abi.enter(self.frame, func_type, arguments)
            planned = self._planned(name, func_type, given)
            if returns in (bytes, str) and func_type.results != (ValType.I64,):
                reason = "returns no pointer and length"
                raise TypeError(f"{name} {reason}: it is {func_type}")
            before = (0, 0) if self._run is None else (self._used(), self._charged())
            value = None
            outcome: Outcome = Returned()
            try:
                if self._run is None:
                    yield from self._start(imports, name)
                if len(planned) == len(func_type.params):
                    values = yield from self._steps(name, *planned)
                    returned = self._value_of(values, func_type, returns)
                else:
                    returned = yield from self._lending(
                        name, func_type, planned, returns
                    )
                value = self._abi.leave(self.frame, func_type, returned)
                if name == self._abi.command:
                    outcome = Exited(0)
            except Exception as error:
                ended = self._outcome_of(error)
                if ended is None:
                    self._has_ended = True
                    raise
                outcome = ended
            self._has_ended = not is_success(outcome) or name == self._abi.command
            return self._result(outcome, value, *before)
        finally:
            self._lock.release()

    @property
    def can_take_turns(self) -> bool:
        """Whether the engine ends turns where the flag asks for it."""
        return self._pipeline.engine_name == InterpreterEngine.name

    def refill(self, limits: Limits) -> None:
        """Give the next calls gas of their own."""
        units = self._units_of(limits)
        self.limits = self.frame.limits = limits
        self.allow(units)

    def allow(self, units: int) -> None:
        """Let the next calls use this many units."""
        self.frame.grant(self._used() + units - self.frame.units_given)
        if self._run is not None:
            self._run.counter.value = units

    def release(self) -> None:
        """Part the instance from what refers to it, so that its memory is freed now."""
        self._has_ended = True
        self._run = self._memory = None
        self.frame.release()

    def _start(self, imports: Mapping[tuple[str, str], HostFunc], name: str) -> Steps:
        frame = self.frame
        self._is_lost = True
        run = self._pipeline.start(
            self._prepared,
            imports,
            frame.units_given,
            frame,
            stop_flag=self.flag,
            max_memory_pages=self.limits.memory_pages,
            max_table_elements=self.limits.table_elements,
        )
        self._run, self._is_lost = run, False
        if self._memory_name is not None:
            self._memory = run.instance.export(self._memory_name)
            frame.memory = GuestMemory(self._memory)
        frame.meter = self._meter(run)
        if self._has_start:
            yield from self._steps(START_EXPORT)
        initializer = self._abi.initializer
        if initializer is None or name in (initializer, self._abi.command):
            return
        if initializer in self._exports:
            yield from self._steps(initializer)

    def _meter(self, run: MeteredRun) -> HostMeter:
        per_gas = self._pipeline.schedule.units_per_gas
        instance = run.instance
        if isinstance(instance, ModuleInstance) and instance.trace is not None:
            counted = self.frame.counter
            return TracingMeter(run.counter, per_gas, instance.trace, counted)
        return HostMeter(run.counter, per_gas)

    def _spent(self, outcome: Outcome) -> Spent | None:
        """What a traced instance has spent in all its calls, None if not traced."""
        prepared = self._prepared
        if not self._pipeline.is_traced or not isinstance(prepared, PreparedModule):
            return None
        snapshot, charged, unpaid = None, {}, (ROOT, 0)
        meter = None if self._run is None else self.frame.meter
        if isinstance(meter, TracingMeter):
            snapshot, charged = meter.trace.snapshot(), dict(meter.charged_at)
            if isinstance(outcome, RanOutOfGas) and not meter.has_failed:
                unpaid = (meter.trace.stopped_node, outcome.short_by)
        return Spent(
            self._wasm,
            prepared,
            self._pipeline.schedule,
            self._used(),
            snapshot,
            charged,
            unpaid,
        )

    def _planned(
        self, name: str, func_type: FuncType, arguments: Sequence[Any]
    ) -> list[int | bytes]:
        """Raw arguments, and bytes that become a pointer and a length.

        Raises TypeError or ValueError for what does not fit, before anything runs.
        """
        planned: list[int | bytes] = []
        at = 0
        for value in arguments:
            if isinstance(value, CONTENTS):
                planned.append(
                    value.encode() if isinstance(value, str) else bytes(value)
                )
                at += 2
            elif at < len(func_type.params):
                planned.append(_number(func_type.params[at]).encode(value))
                at += 1
            else:
                at += 1
        if at != len(func_type.params):
            raise TypeError(f"{at} values for {name}: it is {func_type}")
        if len(planned) != at:
            self._allocator()
        return planned

    def _lending(
        self,
        name: str,
        func_type: FuncType,
        planned: list[int | bytes],
        returns: type | None,
    ) -> Steps:
        """Call with bytes among the arguments, put where the guest's allocator says."""
        raw: list[int] = []
        lent: list[int] = []
        for value in planned:
            if isinstance(value, bytes):
                pointer = yield from self._lend(value)
                lent.append(pointer)
                raw += (pointer, len(value))
            else:
                raw.append(value)
        values = yield from self._steps(name, *raw)
        result = self._value_of(values, func_type, returns)
        if "free" in self._exports:
            zeros = [0] * (len(self._exports["free"].params) - 1)
            for pointer in lent:
                yield from self._steps("free", pointer, *zeros)
        return result

    def _lend(self, data: bytes) -> Steps:
        """Put bytes where the guest's allocator says."""
        name, before = self._allocator()
        (pointer,) = yield from self._steps(name, *before, len(data))
        self.frame.memory.write(pointer, data)
        return pointer

    def _allocator(self) -> tuple[str, tuple[int, ...]]:
        """The export that allocates, and its arguments before the size."""
        for name, before in ALLOCATORS.items():
            func_type = self._exports.get(name)
            if func_type == FuncType(
                (ValType.I32,) * (len(before) + 1), (ValType.I32,)
            ):
                return name, before
        wanted = ", ".join(ALLOCATORS)
        raise TypeError(f"bytes need an allocator: the guest exports none of {wanted}")

    def _value_of(
        self, values: tuple[Any, ...], func_type: FuncType, returns: type | None
    ) -> Any:
        if returns in (bytes, str):
            (packed,) = values
            pointer, length = packed >> 32, packed & 0xFFFF_FFFF
            if length > self.limits.bytes_per_host_call:
                limit = self.limits.bytes_per_host_call
                raise LimitExceeded("bytes_per_host_call", limit)
            data = self.frame.memory.read(pointer, length)
            return data if returns is bytes else data.decode(errors="replace")
        if len(values) == 1:
            return _number(func_type.results[0]).decode(values[0])
        decoded = [
            _number(val_type).decode(value)
            for val_type, value in zip(func_type.results, values, strict=True)
        ]
        return tuple(decoded) or None

    def _steps(self, name: str, *raw: Any) -> Steps:
        run = self._run
        if run is None:
            raise InstanceEnded
        run.begin(name, *raw)
        step = run.resume()
        while isinstance(step, Suspension):
            answer = yield step.request
            step = run.resume(step.complete(answer))
        return step

    def _type_of(self, name: str) -> FuncType:
        if name not in self._exports:
            raise NoSuchExport(name, tuple(self._exports))
        return self._exports[name]

    def _units_of(self, limits: Limits) -> int:
        units = limits.gas * self._pipeline.schedule.units_per_gas
        if units > GREATEST_GAS:
            most = GREATEST_GAS // self._pipeline.schedule.units_per_gas
            raise ValueError(f"gas is {limits.gas}, at most {most} can be counted")
        return units

    def _used(self) -> int:
        """Units used so far; a start that failed has used all."""
        if self._run is None:
            return self.frame.units_given if self._is_lost else 0
        return self.frame.units_used

    def _charged(self) -> int:
        return 0 if self._run is None else self.frame.meter.charged

    def _outcome_of(self, error: Exception) -> Outcome | None:
        if isinstance(error, HostRaised):
            self.exception = error.exception
        if isinstance(error, Trap | OutOfGas):
            self._trap_site = self._site()
        if isinstance(error, Stopped):
            units = self._used()
            ended = DeadlineExceeded if error.reason == DEADLINE else Cancelled
            return ended(units)
        return outcome_of(error) or self._abi.outcome_of(error)

    def _site(self) -> TrapSite | None:
        stopped = None if self._run is None else self._run.instance.stopped_at
        if stopped is None:
            return None
        return TrapSite(self._wasm, self._pipeline, stopped)

    def _result(
        self, outcome: Outcome, value: Any, used_before: int, charged_before: int
    ) -> Result:
        used = self._used() - used_before
        counted = self.frame.counter.host_calls
        # Its own __init__ would take longer than the call of a small guest.
        calls: Counter[str] = Counter.__new__(Counter)
        dict.update(calls, counted)
        counted.clear()
        return Result(
            outcome=outcome,
            value=value,
            gas_used=self._pipeline.schedule.gas_from_units(used),
            units_used=used,
            units_by_host=self._charged() - charged_before,
            host_calls=calls,
            memory_peak_pages=self._pages(),
            engine=self._pipeline.engine_name,
            seed=self._seed,
            exception=self.exception,
            spent=self._spent(outcome),
            trap_site=self._trap_site,
            **self._abi.outputs(self.frame),
        )

    def _pages(self) -> int:
        """Memory never shrinks, so its size now is its greatest."""
        return 0 if self._memory is None else self._memory.size_bytes // PAGE_BYTES


def _number(val_type: ValType) -> Any:
    try:
        return BY_VAL_TYPE[val_type]
    except KeyError:
        raise TypeError(f"no conversion for values of type {val_type.name}") from None
