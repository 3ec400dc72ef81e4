"""A metered run: an instance with gas, its calls, and the guest calls inside them."""

from collections.abc import Callable
from dataclasses import dataclass

from contractvm.errors import InternalError, OutOfGas, Trap, TrapCode
from contractvm.metering.names import GAS_EXPORT, STACK_HEIGHT_EXPORT
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


@dataclass(frozen=True, slots=True)
class OpenGuestCall:
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
    """

    def __init__(
        self, instance: Instance, units: int, units_per_gas: int, max_height: int | None
    ) -> None:
        self.instance = instance
        self.counter = instance.export(GAS_EXPORT)
        self._max_height = max_height
        self.counter.value = units
        self._is_at_rest = True
        self._execution: Execution | None = None
        self._guest_calls: list[OpenGuestCall] = []
        self.meter = GasMeter(self.counter, units_per_gas)

    def begin(self, name: str, *args: int) -> None:
        """Get ready to call the exported func `name`; `resume` runs it.

        Calls that are still open end where they wait.
        """
        if self._execution is not None:
            self._abandon()
        if not self._is_at_rest:
            # A call that ended early did not restore its height.
            self._set_height(0)
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
            self._abandon()
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

    def _abandon(self) -> None:
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
        if self.counter.value >> 63:
            shortfall = (1 << 64) - self.counter.value
            self.counter.value = 0
            return OutOfGas(shortfall, self.meter.units_per_gas)
        if self._max_height is not None and self._height() > self._max_height:
            exhausted = Trap(TrapCode.CALL_STACK_EXHAUSTED)
            exhausted.place = stop.place
            return exhausted
        return stop
