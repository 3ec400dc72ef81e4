"""A wasmtime store: one instance and its calls.

A call runs on a stack of its own that wasmtime makes for it (a fiber). At a host call
the fiber is set aside, and the host func runs where the call was resumed. If it
suspends the call, the fiber keeps waiting and takes nothing but its memory. So nested
contracts need no threads and no recursion, and the native stack is as large as we want,
whichever thread calls.

While a call waits for the host, another one can begin. Only the last one runs; the one
before continues after its end.

wasmtime allows any thread to use a store, but only one at a time, and does not check
that. So every user of a store claims it first.
"""

from collections.abc import Callable, Sequence
from ctypes import CFUNCTYPE, POINTER, byref, c_void_p, cast
from typing import Any

import wasmtime
from wasmtime import _bindings as bindings
from wasmtime import _ffi as ffi

from contractvm.errors import InternalError, Trap, TrapCode
from contractvm.wasm.binary.encoder import encode_locals
from contractvm.wasm.engines.claim import Claim
from contractvm.wasm.engines.host_func import HostFunc
from contractvm.wasm.engines.stop_flag import StopFlag
from contractvm.wasm.engines.suspension import Suspension
from contractvm.wasm.engines.wasmtime.epoch_ticker import EpochTicker
from contractvm.wasm.engines.wasmtime.host_call_slot import HostCallSlot
from contractvm.wasm.structure.module import ExternKind, Module

NO_FINALIZER = cast(0, CFUNCTYPE(None, c_void_p))
TICKS_UNTIL_LOOKING_UP = 1

# TABLE_OUT_OF_BOUNDS is either of two trap codes, told apart by the instruction.
TRAPS = {
    wasmtime.TrapCode.UNREACHABLE: TrapCode.UNREACHABLE,
    wasmtime.TrapCode.INTEGER_DIVISION_BY_ZERO: TrapCode.INTEGER_DIVIDE_BY_ZERO,
    wasmtime.TrapCode.INTEGER_OVERFLOW: TrapCode.INTEGER_OVERFLOW,
    wasmtime.TrapCode.BAD_CONVERSION_TO_INTEGER: TrapCode.INVALID_CONVERSION_TO_INTEGER,
    wasmtime.TrapCode.MEMORY_OUT_OF_BOUNDS: TrapCode.OUT_OF_BOUNDS_MEMORY_ACCESS,
    wasmtime.TrapCode.TABLE_OUT_OF_BOUNDS: TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS,
    wasmtime.TrapCode.INDIRECT_CALL_TO_NULL: TrapCode.UNINITIALIZED_ELEMENT,
    wasmtime.TrapCode.BAD_SIGNATURE: TrapCode.INDIRECT_CALL_TYPE_MISMATCH,
}
CALL_INDIRECT = b"\x11"


class CompiledPlace:
    """An instruction of compiled code that trapped, looked up when it is asked for."""

    def __init__(self, trap: wasmtime.Trap) -> None:
        self._trap = trap

    @property
    def func_index(self) -> int | None:
        """The index of its func; None where none ran."""
        frames = self._trap.frames
        return int(frames[0].func_index) if frames else None

    def position(self, module: Module) -> int:
        """Where it is in the func's body; wasmtime counts from the func's locals."""
        frame = self._trap.frames[0]
        func = module.funcs[frame.func_index - len(module.imports_of(ExternKind.FUNC))]
        return int(frame.func_offset) - len(encode_locals(func))


class StoreCall:
    """A call in a store: wasmtime's future, and the buffers that wasmtime writes to.

    `kept` are the buffers of its arguments and results.
    """

    __slots__ = ("error", "kept", "slot", "trap")

    def __init__(self, *kept: object) -> None:
        self.slot = HostCallSlot()
        self.kept = kept
        self.trap = POINTER(ffi.wasm_trap_t)()
        self.error = POINTER(ffi.wasmtime_error_t)()

    def take_failure(self) -> tuple[wasmtime.Trap | None, str | None]:
        """Take over wasmtime's report of how the call ended."""
        trap = wasmtime.Trap._from_ptr(self.trap) if self.trap else None
        error = None
        if self.error:
            error = str(wasmtime.WasmtimeError._from_ptr(self.error))
        return trap, error


class GuestStore:
    """A store, and the calls that have begun in it and not ended, innermost last.

    It owns what wasmtime allocated and frees it in the order that wasmtime needs: the
    calls, on whose stacks there are pointers into the store and to the calls outside,
    before the store. Nothing in wasmtime points to Python objects, so no cycle keeps a
    store alive.

    `result_kinds` has wasmtime's kinds of the results of each host func.

    Everything but `abandon` and `close` is for the thread that has the `claim`, which a
    call keeps while its host funcs run, and not while it is suspended.
    """

    def __init__(
        self,
        engine: wasmtime.Engine,
        ticker: EpochTicker,
        host_funcs: Sequence[HostFunc],
        result_kinds: Sequence[bytes],
        wasm: Callable[[], bytes],
    ) -> None:
        self.claim = Claim("the instance is in use by another thread")
        self._calls: list[StoreCall] = []
        self._store: Any = bindings.wasmtime_store_new(engine.ptr(), None, NO_FINALIZER)
        self.context = bindings.wasmtime_store_context(self._store)
        bindings.wasmtime_context_epoch_deadline_async_yield_and_update(
            self.context, TICKS_UNTIL_LOOKING_UP
        )
        bindings.wasmtime_context_set_epoch_deadline(
            self.context, TICKS_UNTIL_LOOKING_UP
        )
        self._engine = engine
        self._ticker = ticker
        self._host_funcs = host_funcs
        self._result_kinds = result_kinds
        self.host_context: object = None
        self.stop_flag: StopFlag | None = None
        self._wasm = wasm

    def set_limits(self, memory_bytes: int, table_elements: int) -> None:
        """Limit the size of each memory and each table."""
        bindings.wasmtime_store_limiter(
            self._store, memory_bytes, table_elements, -1, -1, -1
        )

    def begin(self, make_future: Callable[[Any, Any], Any], *kept: object) -> StoreCall:
        """Start a call, which then waits for `proceed`.

        `make_future` gets the buffers for a trap and for an error; `kept` are the other
        buffers that wasmtime writes to. InternalError if a call runs that does not
        wait for the host.
        """
        outer = self._calls[-1].slot if self._calls else None
        if outer is not None and not outer.is_waiting:
            raise InternalError("the instance is running")
        call = StoreCall(*kept)
        call.slot.begin(make_future(byref(call.trap), byref(call.error)), outer)
        self._calls.append(call)
        return call

    def require_innermost(self, call: StoreCall) -> None:
        """Raise InternalError if it is over, or if one that began later is not."""
        if call not in self._calls:
            raise InternalError("the execution is over")
        if self._calls[-1] is not call:
            raise InternalError("a call inside this one is not over")

    def answer(self, call: StoreCall, value: object) -> None:
        """Give the waiting host call its result."""
        slot = call.slot
        slot.answer(value, self._result_kinds[slot.number])

    def proceed(self, call: StoreCall) -> Suspension | None:
        """Run the call until it ends (None) or a host func suspends it.

        Raises Trap, and what a host func raised; the call is then over.
        """
        slot = call.slot
        try:
            with self._ticker.running():
                # If the code was only interrupted, the next turn serves signals.
                while not slot.run():
                    result = self._call_host(slot) if slot.is_waiting else None
                    if self.stop_flag is not None:
                        self.stop_flag.check()
                    if isinstance(result, Suspension):
                        return result
                    if slot.is_waiting:
                        self.answer(call, result)
        except BaseException:
            self.abandon(call)
            raise
        self._calls.pop()
        trap, error = call.take_failure()
        if trap is not None:
            raise our_trap(trap, self._wasm)
        if error is not None:
            raise InternalError(f"wasmtime: {error}")
        return None

    def _call_host(self, slot: HostCallSlot) -> object:
        """Call the host func that the code is waiting for."""
        func = self._host_funcs[slot.number]
        if func.takes_context:
            return func.call(self.host_context, *slot.arguments())
        return func.call(*slot.arguments())

    def abandon(self, call: StoreCall) -> None:
        """End the call and all calls inside it; does nothing if it is over.

        A suspended execution may be collected in any thread while another thread reads
        from the instance; that read is short.
        """
        with self.claim.lock:
            while call in self._calls:
                innermost = self._calls[-1]
                innermost.slot.cancel()
                self._calls.pop()
                innermost.take_failure()

    def close(self) -> None:
        """Free the store and all that lives in it."""
        if self._store is not None:
            if self._calls:
                self.abandon(self._calls[0])
            bindings.wasmtime_store_delete(self._store)
            self._store = None

    def __del__(self) -> None:
        self.close()


def our_trap(trap: wasmtime.Trap, wasm: Callable[[], bytes]) -> Trap | InternalError:
    """The Trap for a trap of wasmtime; `wasm` gives the code that it ran.

    The counted height always ends before the native stack, so native stack exhaustion
    is our failure, as is any trap of features that the profile excludes.
    """
    their_code = trap.trap_code
    code = None if their_code is None else TRAPS.get(their_code)
    if code is None:
        return InternalError(f"wasmtime: {trap.message}")
    if code is TrapCode.OUT_OF_BOUNDS_TABLE_ACCESS:
        frames = trap.frames
        start = frames[0].module_offset if frames else 0
        if wasm()[start : start + 1] == CALL_INDIRECT:
            code = TrapCode.UNDEFINED_ELEMENT
    ours = Trap(code)
    ours.place = CompiledPlace(trap)
    return ours
