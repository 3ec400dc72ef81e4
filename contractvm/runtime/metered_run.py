"""A metered run: an instance with gas, its calls, and the guest calls inside them."""

from collections.abc import Callable

from msgspec import Struct

from contractvm.errors import InternalError, OutOfGas, Trap, TrapCode
from contractvm.metering.names import (
    GAS_EXPORT,
    GAS_STATUS_EXPORT,
    STACK_HEIGHT_EXPORT,
)
from contractvm.metering.rules import Metering
from contractvm.runtime.gas_meter import GasMeter
from contractvm.wasm.engines.interface import Execution, Instance
from contractvm.wasm.engines.suspension import (
    GuestCall,
    GuestCallOutcome,
    Suspension,
)

# How many guest calls can be open in a run, each inside the one before. One more is
# refused: the host function that asks for it sees "call stack exhausted".
MAX_OPEN_GUEST_CALLS = 8

Step = tuple[object, ...] | Suspension | GuestCallOutcome
Complete = Callable[[GuestCallOutcome], int | Suspension | None]


class OpenGuestCall(Struct, frozen=True):
    """A guest call that has begun and not ended.

    `complete` is the host function that waits for it, `height` the stack height at
    which it began (0 where none is counted).
    """

    execution: Execution
    complete: Complete
    height: int


class MeteredRun:
    """A fresh instance with gas; its exports can be called.

    Guest calls are served here, on the same instance. The gas counter and the stack
    height are globals of the instance, so they go on from one call to the next.
    `max_height` is None where no height is counted.
    """

    def __init__(
        self,
        instance: Instance,
        units: int,
        units_per_gas: int,
        max_height: int | None,
        metering: Metering,
    ) -> None:
        self.instance = instance
        self.counter = instance.export(GAS_EXPORT)
        self._max_height = max_height
        stack = metering.stack
        self._counts_down = stack is not None and stack.counts_down
        self._metering = metering
        self.counter.value = units
        # A height that counts up begins at the 0 that the global holds.
        self._is_at_rest = not self._counts_down
        self._execution: Execution | None = None
        self._guest_calls: list[OpenGuestCall] = []
        self.meter = GasMeter(self.counter, units_per_gas)

    def begin(self, name: str, *args: int) -> None:
        """Get ready to call the exported func `name`; `resume` runs it.

        Calls that are still open end where they wait.
        """
        if self._execution is not None:
            self.abandon()
        self.instance.forget_stop()
        if not self._is_at_rest:
            # A call that ended early did not restore its height.
            self._set_height(self._max_height or 0 if self._counts_down else 0)
        self._execution = self.instance.start(name, *args)

    def resume(
        self, value: int | Suspension | None = None
    ) -> tuple[object, ...] | Suspension:
        """Run until the func returns (its results) or a host function suspends.

        `value` is what the last suspension's `complete` returned. Raises Trap,
        OutOfGas, and what a host function raised; all calls are over then.
        """
        self._is_at_rest = False
        try:
            step = value if isinstance(value, Suspension) else self._advance(value)
            while True:
                if isinstance(step, GuestCallOutcome):
                    step = self._answer(self._guest_calls.pop().complete, step)
                elif not isinstance(step, Suspension):
                    self._is_at_rest = True
                    return step
                elif isinstance(step.request, GuestCall):
                    step = self._enter(step.request, step.complete)
                else:
                    return step
        except BaseException:
            self.abandon()
            raise

    def _advance(self, value: int | None) -> Step:
        """Go on with the innermost call."""
        call = self._guest_calls[-1] if self._guest_calls else None
        execution = self._execution if call is None else call.execution
        if execution is None:
            raise InternalError("no call has begun")
        try:
            result = execution.resume(value)
        except (Trap, OutOfGas) as stop:
            reason = self._reason(stop)
            if call is not None:
                self.instance.forget_stop()
                self._set_height(call.height)
                return GuestCallOutcome(stopped=reason.with_traceback(None))
            if reason is stop:
                raise
            raise reason from None
        if call is None or isinstance(result, Suspension):
            return result
        return GuestCallOutcome(result)

    def _enter(self, call: GuestCall, complete: Complete) -> Step:
        """Open a guest call and run it, or answer why it cannot run."""
        refusal = self._refusal(call)
        if refusal is not None:
            return self._answer(complete, GuestCallOutcome(stopped=refusal))
        execution = self.instance.start(call.export, *call.arguments)
        self._guest_calls.append(OpenGuestCall(execution, complete, self._height()))
        return self._advance(None)

    def _refusal(self, call: GuestCall) -> Trap | None:
        if len(self._guest_calls) == MAX_OPEN_GUEST_CALLS:
            return Trap(TrapCode.CALL_STACK_EXHAUSTED)
        try:
            export = self.instance.export(call.export)
        except KeyError:
            export = None
        if getattr(export, "func_type", None) == call.func_type:
            return None
        detail = f"the contract exports no func {call.export!r} of the type asked for"
        return Trap(TrapCode.HOST_REFUSED, detail)

    def _answer(self, complete: Complete, outcome: GuestCallOutcome) -> Step:
        """Let the host function that waits for a guest call go on."""
        answer = complete(outcome)
        return answer if isinstance(answer, Suspension) else self._advance(answer)

    def abandon(self) -> None:
        """End all calls where they wait, the innermost first."""
        while self._guest_calls:
            self._guest_calls.pop().execution.abandon()
        if self._execution is not None:
            self._execution.abandon()

    def _height(self) -> int:
        if self._max_height is None:
            return 0
        height: int = self.instance.export(STACK_HEIGHT_EXPORT).value
        return height

    def _set_height(self, height: int) -> None:
        if self._max_height is not None:
            self.instance.export(STACK_HEIGHT_EXPORT).value = height

    def _reason(self, stop: Trap | OutOfGas) -> Trap | OutOfGas:
        """Why a call stopped: an `unreachable` may be an injected one."""
        if not isinstance(stop, Trap) or stop.code is not TrapCode.UNREACHABLE:
            return stop
        shortfall = self._shortfall()
        if shortfall is not None:
            self.counter.value = 0
            return OutOfGas(shortfall, self.meter.units_per_gas)
        return Trap(TrapCode.CALL_STACK_EXHAUSTED) if self._is_too_high() else stop

    def _shortfall(self) -> int | None:
        """What a charge lacked, 0 where only that is known; None if gas was enough."""
        if self._metering.has_status:
            return 0 if self.instance.export(GAS_STATUS_EXPORT).value else None
        left = self.counter.value
        return (1 << 64) - left if left >> 63 else None

    def _is_too_high(self) -> bool:
        if self._max_height is None:
            return False
        height = self._height()
        return height == 0 if self._counts_down else height > self._max_height
