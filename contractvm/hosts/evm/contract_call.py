"""The call object of contracts that run by an exported func: message to result."""

from contractvm.errors import (
    ContractVmError,
    ExecutionStopped,
    Finish,
    InvalidModule,
    LinkError,
    MalformedModule,
    Revert,
)
from contractvm.hosts.evm.frame import Frame
from contractvm.hosts.evm.interface import (
    FAILURE,
    REVERTED,
    SUCCESS,
    CallResult,
    CallStatus,
    Host,
    Message,
)
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.hosts.interface import HostInterface
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.suspension import Suspension

ENTRY_POINT = "main"
MEMORY_EXPORT = "memory"


class ContractCall:
    """A contract at work on one message.

    `advance` runs it until it ends or sends a message. The driver keeps open calls on a
    list, so depth costs no recursion.
    """

    def __init__(
        self,
        interface: HostInterface,
        engine: Pipeline,
        host: Host,
        message: Message,
        code: bytes,
        observer: FrameObserver | None = None,
    ) -> None:
        self._interface = interface
        self._engine = engine
        module = interface.functions[0].module
        self._frame = Frame(host, message, code, engine.schedule, module, observer)
        self._code = code
        self._run: MeteredRun | None = None
        self._pending: Suspension | None = None

    def advance(self, outcome: CallResult | None = None) -> CallResult | Message:
        """Continue; return a message to run first, or the result of this call.

        `outcome` is the result of the message returned last, None the first time.
        """
        try:
            step = self._step(outcome)
        except Finish as end:
            return self._ended(SUCCESS, end.data)
        except Revert as end:
            return self._ended(REVERTED, end.data)
        except (ExecutionStopped, MalformedModule, InvalidModule, LinkError) as reason:
            return self._ended(FAILURE, b"", reason.with_traceback(None))
        if isinstance(step, Suspension):
            self._pending = step
            message: Message = step.request
            return message
        return self._ended(SUCCESS, b"")

    def _step(self, outcome: CallResult | None) -> tuple[object, ...] | Suspension:
        if self._run is None:
            self._run = self._start()
        value: int | Suspension | None = None
        if self._pending is not None:
            try:
                value = self._pending.complete(outcome)
            except BaseException:
                # Here, so that the instance notes where it was.
                self._run.abandon()
                raise
            self._pending = None
        return self._run.resume(value)

    def _start(self) -> MeteredRun:
        frame = self._frame
        prepared = self._engine.prepare(self._code)
        if prepared.unpriced_import is not None:
            reason = f"it has no cost in gas schedule {self._engine.schedule.name}"
            raise LinkError(*prepared.unpriced_import, reason)
        if frame.observer is not None:
            frame.observer.module_prepared(prepared)
        interface = self._interface
        run = self._engine.start(prepared, interface.imports, frame.message.gas, frame)
        memory = run.instance.export(interface.memory_export)
        frame.begin(GuestMemory(memory), run.meter)
        if frame.observer is not None:
            frame.observer.instance_made(run.instance)
        run.begin(ENTRY_POINT)
        return run

    def _ended(
        self, status: CallStatus, output: bytes, error: ContractVmError | None = None
    ) -> CallResult:
        frame = self._frame
        left = frame.meter.left if error is None else 0
        if frame.observer is not None:
            frame.observer.code_ended()
        if self._run is not None:
            # The frame and the instance refer to each other: part them, so that the
            # memory is freed now and not when a cycle is collected.
            self._run = None
            frame.release()
        return CallResult(status, output, left, error)
