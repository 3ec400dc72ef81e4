"""Host functions from Python functions: types from annotations, charges, calls."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, get_type_hints

from contractvm.errors import ExecutionStopped, InternalError, LimitExceeded
from contractvm.guests.conversions import (
    Content,
    Integer,
    Number,
    conversion_of,
)
from contractvm.guests.errors import GuestError, HostRaised
from contractvm.guests.frame import Context, GuestFrame
from contractvm.guests.passing import Passing
from contractvm.guests.recording import Recorder
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.structure.types import FuncType, ValType
from gas_schedule.schedule import HostCost

DEFAULT_CHARGE = 20
DEFAULT_PER_WORD = 1


@dataclass(frozen=True, slots=True)
class HostFunctionSpec:
    """A Python function as guests import it.

    `cost` is in gas: for a call, and for the bytes of its arguments and its result.
    `params` are the conversions of its parameters, None where it takes raw unsigned
    ints of `func_type`. A tape keeps no answers of a function that `is_secret`.
    """

    module: str
    name: str
    call: Callable[..., Any]
    func_type: FuncType | None
    params: tuple[Number | Content, ...] | None
    result: Number | Content | None
    takes_context: bool
    is_async: bool
    cost: HostCost
    is_secret: bool

    @property
    def key(self) -> tuple[str, str]:
        """The module and name that guests import it by."""
        return self.module, self.name

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Call the Python function itself."""
        return self.call(*args, **kwargs)


@dataclass(frozen=True, slots=True)
class LinkedFunction:
    """A host function whose bytes pass in a way; `pointers` are where, raw."""

    spec: HostFunctionSpec
    passing: Passing
    func_type: FuncType = field(init=False)
    pointers: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        kinds: list[ValType] = []
        pointers: list[int] = []
        for param in self.spec.params or ():
            if isinstance(param, Content):
                pointers.append(len(kinds))
                kinds += self.passing.params
            else:
                kinds.append(param.val_type)
        func_type = self.spec.func_type or FuncType(tuple(kinds), self._results())
        object.__setattr__(self, "func_type", func_type)
        object.__setattr__(self, "pointers", tuple(pointers))

    def _results(self) -> tuple[ValType, ...]:
        result = self.spec.result
        if result is None:
            return ()
        if isinstance(result, Content):
            return (self.passing.result,)
        return (result.val_type,)


@dataclass(frozen=True, slots=True)
class Awaiting:
    """A suspension's request: the awaitable of an async host function."""

    spec: HostFunctionSpec
    awaitable: Awaitable[Any]


def host_function(  # noqa: PLR0913 (each is an option of its own)
    function: Callable[..., Any] | None = None,
    *,
    module: str = "env",
    name: str | None = None,
    charge: int = DEFAULT_CHARGE,
    per_byte: int = 0,
    per_word: int = DEFAULT_PER_WORD,
    func_type: FuncType | None = None,
    secret: bool = False,
) -> Any:
    """Make a host function of a Python function, by its annotations.

    Guests import it as `module`, `name` (the function's own name by default). Each call
    costs `charge` gas, and `per_byte`, and `per_word` for each 32 bytes, of what its
    arguments and its result have in bytes; 0 must be asked for.

    `int` is a signed i64 (I32, U32 and U64 are other integers), `bool` an i32, `float`
    an f64 (F32 an f32). bytes, str, dict, list, dataclasses and Structs are a pointer
    and a length among parameters, read once before the call; as a result the guest gets
    the length, and fetches the bytes with `guests.take`; in some modules an ABI has
    another way. A first parameter annotated Context gets that. With `func_type` the
    function takes and returns raw unsigned ints.

    Raises TypeError, with the parameter's name, for annotations without a conversion.
    """
    if function is None:
        return lambda given: host_function(
            given,
            module=module,
            name=name,
            charge=charge,
            per_byte=per_byte,
            per_word=per_word,
            func_type=func_type,
            secret=secret,
        )
    takes_context, params, result = _conversions(function, is_raw=func_type is not None)
    return HostFunctionSpec(
        module=module,
        name=name or function.__name__,
        call=function,
        func_type=func_type,
        params=params if func_type is None else None,
        result=result,
        takes_context=takes_context,
        is_async=inspect.iscoroutinefunction(function),
        cost=HostCost(charge, per_byte, per_word),
        is_secret=secret,
    )


def _conversions(
    function: Callable[..., Any], *, is_raw: bool
) -> tuple[bool, tuple[Number | Content, ...], Number | Content | None]:
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)
    takes_context = bool(names) and hints.get(names[0]) is Context
    if is_raw:
        return takes_context, (), None
    params = []
    for name in names[takes_context:]:
        if name not in hints:
            raise TypeError(f"the parameter {name} has no annotation")
        try:
            params.append(conversion_of(hints[name]))
        except TypeError as error:
            raise TypeError(f"the parameter {name}: {error}") from None
    returned = hints.get("return", type(None))
    if returned is type(None):
        return takes_context, tuple(params), None
    try:
        return takes_context, tuple(params), conversion_of(returned)
    except TypeError as error:
        raise TypeError(f"the result: {error}") from None


def host_func(spec: HostFunctionSpec, passing: Passing) -> HostFunc:
    """The function in the engines' form; its context is the frame."""
    linked = LinkedFunction(spec, passing)

    def run(frame: GuestFrame, *raw: int) -> Any:
        return call_host_function(linked, frame, raw)

    return HostFunc(linked.func_type, run, takes_context=True)


def call_host_function(
    linked: LinkedFunction, frame: GuestFrame, raw: tuple[int, ...]
) -> Any:
    """Serve one call of a guest: count, charge, convert, call, convert back."""
    spec = linked.spec
    frame.count_call(spec.name)
    frame.answer = b""
    if frame.recorder is not None:
        return _recorded(linked, frame, raw, frame.recorder)
    returned = _call(linked, frame, raw, _contents(linked, frame, raw))
    if not spec.is_async:
        return _unpacked(_result(linked, frame, returned))

    def answered(value: Any) -> Any:
        return _unpacked(_result(linked, frame, value))

    return Suspension(Awaiting(spec, returned), answered)


def _recorded(
    linked: LinkedFunction,
    frame: GuestFrame,
    raw: tuple[int, ...],
    recorder: Recorder,
) -> Any:
    """Serve a call for a tape: what passes, and how the call ends."""
    spec = linked.spec
    charged = frame.meter.charged
    recorder.begin(f"{spec.module}.{spec.name}", raw, frame.units_used)

    def kept(ending: tuple[int, ...] | ExecutionStopped) -> None:
        price = frame.meter.charged - charged
        recorder.end(price, frame.answer, ending, is_secret=spec.is_secret)

    def answered(value: Any) -> Any:
        try:
            results = _result(linked, frame, value)
        except ExecutionStopped as stop:
            kept(stop)
            raise
        kept(results)
        return _unpacked(results)

    try:
        contents = _contents(linked, frame, raw)
        recorder.read(linked.pointers, contents)
        returned = _call(linked, frame, raw, contents)
    except ExecutionStopped as stop:
        kept(stop)
        raise
    if spec.is_async:
        return Suspension(Awaiting(spec, returned), answered)
    return answered(returned)


def _unpacked(results: tuple[int, ...]) -> Any:
    """Results as an engine takes them."""
    return results if len(results) > 1 else results[0] if results else None


def _call(
    linked: LinkedFunction,
    frame: GuestFrame,
    raw: tuple[int, ...],
    contents: tuple[bytes, ...],
) -> Any:
    """Call the Python function; a GuestError is an answer."""
    spec = linked.spec
    arguments = _decoded(linked, raw, contents)
    context = (Context(frame),) if spec.takes_context else ()
    try:
        return spec.call(*context, *arguments)
    except (ExecutionStopped, InternalError):
        raise
    except GuestError as refusal:
        return refusal
    except Exception as error:
        raise HostRaised(spec.name, error) from error


def _contents(
    linked: LinkedFunction, frame: GuestFrame, raw: tuple[int, ...]
) -> tuple[bytes, ...]:
    """Charge the call, then read what pointers among the arguments name, once."""
    spec, passing = linked.spec, linked.passing
    if not linked.pointers:
        frame.meter.charge(frame.meter.to_units(spec.cost.base))
        return ()
    size = sum([passing.length(frame, raw, at) for at in linked.pointers])
    most = frame.limits.bytes_per_host_call
    if size > most:
        raise LimitExceeded("bytes_per_host_call", most)
    frame.meter.charge(frame.meter.to_units(spec.cost.for_bytes(size)))
    return tuple([passing.read(frame, raw, at) for at in linked.pointers])


def _decoded(
    linked: LinkedFunction, raw: tuple[int, ...], contents: tuple[bytes, ...]
) -> tuple[Any, ...]:
    params = linked.spec.params
    if params is None:
        return raw
    values, texts = iter(raw), iter(contents)
    arguments = []
    for param in params:
        if isinstance(param, Content):
            for _ in linked.passing.params:
                next(values)
            arguments.append(param.decode(next(texts)))
        else:
            arguments.append(param.decode(next(values)))
    return tuple(arguments)


def _result(linked: LinkedFunction, frame: GuestFrame, value: Any) -> tuple[int, ...]:
    """Raw results; raises HostRaised for a value that does not fit: a host's fault."""
    if isinstance(value, HostRaised):
        raise value
    try:
        if linked.spec.params is None:
            return _raw_results(linked.func_type, value)
        return _encoded(linked, frame, value)
    except (TypeError, ValueError, RecursionError) as error:
        raise HostRaised(linked.spec.name, error) from error


def _raw_results(func_type: FuncType, value: Any) -> tuple[int, ...]:
    results = value if isinstance(value, tuple) else () if value is None else (value,)
    if len(results) != len(func_type.results):
        raise TypeError(f"{len(results)} results for {func_type}")
    for val_type, result in zip(func_type.results, results, strict=True):
        bits = 32 if val_type in (ValType.I32, ValType.F32) else 64
        if isinstance(result, bool) or not isinstance(result, int):
            raise TypeError(f"{result!r:.100} is not an int")
        if not 0 <= result < 1 << bits:
            raise ValueError(f"{result} is not 0 to 2^{bits} - 1")
    return results


def _encoded(linked: LinkedFunction, frame: GuestFrame, value: Any) -> tuple[int, ...]:
    spec = linked.spec
    result = spec.result
    if isinstance(value, GuestError):
        if not isinstance(result, Integer | Content):
            raise TypeError("a function without an integer result cannot refuse")
        bits = 64 if linked.func_type.results[0] is ValType.I64 else 32
        return (-value.code % (1 << bits),)
    if result is None:
        if value is not None:
            raise TypeError(f"{value!r:.100} returned, not None")
        return ()
    if not isinstance(result, Content):
        return (result.encode(value),)
    data = result.encode(value)
    most = frame.limits.bytes_per_host_call
    if len(data) > most:
        raise LimitExceeded("bytes_per_host_call", most)
    gas = spec.cost.for_bytes(len(data)) - spec.cost.base
    frame.meter.charge(frame.meter.to_units(gas))
    frame.answer = data
    return (linked.passing.give(frame, data),)


def _take(frame: GuestFrame, pointer: int, capacity: int) -> int:
    """Copy what the last host function left, up to `capacity`; what is left then."""
    frame.count_call("take")
    data = frame.answer[:capacity]
    frame.meter.charge(frame.meter.to_units(TAKE.cost.for_bytes(len(data))))
    frame.memory.write(pointer, data)
    frame.answer = frame.answer[capacity:]
    return len(frame.answer)


I32 = ValType.I32
TAKE_TYPE = FuncType((I32, I32), (I32,))
TAKE = HostFunctionSpec(
    module="guests",
    name="take",
    call=_take,
    func_type=TAKE_TYPE,
    params=None,
    result=None,
    takes_context=False,
    is_async=False,
    cost=HostCost(DEFAULT_CHARGE, 0, DEFAULT_PER_WORD),
    is_secret=False,
)
TAKE_FUNC = HostFunc(TAKE_TYPE, _take, takes_context=True)
