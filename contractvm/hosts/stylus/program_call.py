"""The call object of Stylus programs: message to result."""

from contractvm.errors import (
    ContractVmError,
    ExecutionStopped,
    Finish,
    InvalidModule,
    LinkError,
    MalformedModule,
    OutOfGas,
    Revert,
    Trap,
    TrapCode,
)
from contractvm.hosts.amounts import Amount, StartPrices
from contractvm.hosts.evm.interface import (
    CREATE,
    FAILURE,
    REVERTED,
    SUCCESS,
    CallResult,
    CallStatus,
    Message,
    MessageKind,
)
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.evm.unsupported import UnsupportedCode
from contractvm.hosts.guest_memory import GuestMemory
from contractvm.hosts.interface import HostInterface
from contractvm.hosts.stylus.chain import StylusHost
from contractvm.hosts.stylus.costs import ActivationCosts
from contractvm.hosts.stylus.deployment import read_init_code
from contractvm.hosts.stylus.frame import StylusFrame
from contractvm.hosts.stylus.module_rules import ENTRY, MEMORY
from contractvm.hosts.stylus.parameters import HAS_RECENT_PROGRAMS, VERSION_2
from contractvm.hosts.stylus.program_code import (
    MalformedProgram,
    is_program,
    unpack_program,
)
from contractvm.hosts.stylus.programs import ProgramRecord, ProgramUnusable
from contractvm.runtime.metered_run import MeteredRun
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.suspension import Suspension

WORD_BYTES = 32
ENDINGS = (
    Finish,
    Revert,
    ExecutionStopped,
    ProgramUnusable,
    MalformedProgram,
    MalformedModule,
    InvalidModule,
    LinkError,
)


class ProgramCall:
    """A program at work on one message, or one of the two init codes that are known.

    `advance` runs it until it ends or sends a message.
    """

    def __init__(
        self,
        interface: HostInterface,
        engine: Pipeline,
        host: StylusHost,
        message: Message,
        code: bytes,
        observer: FrameObserver | None = None,
    ) -> None:
        self._interface = interface
        self._engine = engine
        self._host = host
        self._message = message
        self._code = code
        self._observer = observer
        self._frame = StylusFrame(host, message, engine.schedule, observer)
        self._gas = engine.schedule.whole_gas(message.gas)
        self._run: MeteredRun | None = None
        self._pending: Suspension | None = None
        self._pages_before = host.pages.open
        self._start_ink = 0

    def advance(self, outcome: CallResult | None = None) -> CallResult | Message:
        """Continue; return a message to run first, or the result of this call.

        `outcome` is the result of the message returned last, None the first time.
        Raises UnsupportedCode for code that needs an EVM.
        """
        if self._message.kind is CREATE:
            return self._created()
        try:
            step = self._step(outcome)
        except ENDINGS as ending:
            return self._stopped(ending)
        if isinstance(step, Suspension):
            self._pending = step
            message: Message = step.request
            return message
        return self._ended(REVERTED if step[0] else SUCCESS)

    def _stopped(self, ending: ContractVmError) -> CallResult:
        """The end of a program that did not return."""
        if isinstance(ending, Finish | Revert):
            return self._ended(SUCCESS if isinstance(ending, Finish) else REVERTED)
        is_failure = isinstance(ending, Trap) and (
            ending.code is not TrapCode.CALL_STACK_EXHAUSTED
        )
        if not is_failure:
            return self._failed(ending)
        self._frame.output = b""
        return self._ended(REVERTED, ending)

    def _created(self) -> CallResult:
        found = read_init_code(self._code)
        if found is None:
            raise UnsupportedCode("EVM init code", self._message.recipient)
        self._tell_gas("start", "init code", min(found.gas, self._gas))
        left = self._gas - found.gas
        if left < 0:
            schedule = self._engine.schedule
            short = schedule.units_from_gas(-left)
            return CallResult(FAILURE, error=OutOfGas(short, schedule.units_per_gas))
        return CallResult(
            SUCCESS, found.code, self._engine.schedule.units_from_gas(left)
        )

    def _step(self, outcome: CallResult | None) -> tuple[object, ...] | Suspension:
        if self._run is None:
            self._run = self._start()
        value: int | Suspension | None = None
        if self._pending is not None:
            value = self._pending.complete(outcome)
            self._pending = None
        return self._run.resume(value)

    def _start(self) -> MeteredRun:
        host, message, parameters = self._host, self._message, self._host.parameters
        if not is_program(self._code, parameters):
            raise UnsupportedCode("EVM code", message.code_address)
        code_hash = host.code_hash(message.code_address)
        record = host.program(code_hash)
        record.check_callable(parameters, host.block.timestamp)
        is_recent = host.recent_programs.touch(code_hash)
        start = self._start_price(record, is_recent=is_recent)
        pages = host.pages.price(record.footprint, parameters)
        price = start + pages
        if price > self._gas:
            short = parameters.to_ink(price - self._gas)
            raise OutOfGas(short, parameters.ink_price)
        self._tell_gas("start", "program", start)
        self._tell_gas("memory", "initial pages", pages)
        host.pages.add(record.footprint)
        wasm = unpack_program(self._code, parameters, host.code)
        if self._observer is not None:
            self._observer.module_unpacked(wasm)
        prepared = self._engine.prepare(wasm)
        if self._observer is not None:
            self._observer.module_prepared(prepared)
        ink = parameters.to_ink(self._gas - price)
        run = self._engine.start(
            prepared,
            self._interface.imports,
            ink,
            self._frame,
            max_stack_height=parameters.max_stack_depth,
        )
        memory = run.instance.export(MEMORY)
        self._frame.begin(GuestMemory(memory), run.meter)
        self._start_ink = ink
        if self._observer is not None:
            self._observer.instance_made(run.instance)
            self._observe("user_entrypoint", taken=len(message.data).to_bytes(4, "big"))
        run.begin(ENTRY, len(message.data))
        self._count_frame(1)
        return run

    def _start_price(self, record: ProgramRecord, *, is_recent: bool) -> int:
        """The gas of starting the program; an observer is told all its prices."""
        parameters = self._host.parameters
        costs = self._engine.schedule.section(ActivationCosts)
        is_cheap = record.is_cached or is_recent
        if self._observer is not None:
            first, cached = (
                self._engine.schedule.units_from_gas(
                    record.start_gas(parameters, costs, is_cached=is_cached)
                )
                for is_cached in (False, True)
            )
            repeated = cached if parameters.arbos >= HAS_RECENT_PROGRAMS else first
            paid = (
                "cached" if record.is_cached else "repeated" if is_recent else "first"
            )
            self._observer.start_priced(StartPrices(paid, first, repeated, cached))
        return record.start_gas(parameters, costs, is_cached=is_cheap)

    def _tell_gas(self, group: str, name: str, gas: int) -> None:
        """Tell an observer of gas that was taken outside of a host function."""
        if self._observer is not None and gas:
            units = self._engine.schedule.units_from_gas(gas)
            self._observer.amount_charged(Amount(group, name, units))

    def _count_frame(self, change: int) -> None:
        """Note that a call began or ended that acts for its account."""
        if self._message.kind is not MessageKind.CALL_DELEGATE:
            counts, address = self._host.open_frames, self._message.recipient
            counts[address] = counts.get(address, 0) + change

    def _observe(self, name: str, taken: bytes = b"", given: bytes = b"") -> None:
        if self._observer is not None:
            ink = self._start_ink
            self._observer.host_step(name, taken, given, (ink, ink))

    def _failed(self, reason: ContractVmError) -> CallResult:
        """The end by an error that takes all gas."""
        self._release()
        return CallResult(FAILURE, error=reason.with_traceback(None))

    def _ended(
        self, status: CallStatus, error: ContractVmError | None = None
    ) -> CallResult:
        """The end of a program that keeps what gas is left."""
        frame, gas = self._frame, self._frame.gas_left
        if error is None:
            given = int(status is REVERTED).to_bytes(4, "big")
            self._observe("user_returned", given=given)
        self._tell_fraction()
        self._release()
        output = frame.output
        if output and frame.parameters.arbos >= VERSION_2:
            costs, words = frame.access, -(-len(output) // WORD_BYTES)
            floor = costs.return_word * words
            floor += words * words // costs.return_quadratic_divisor
            if floor > self._gas:
                short = frame.to_ink(floor - self._gas)
                return CallResult(
                    FAILURE, error=OutOfGas(short, frame.parameters.ink_price)
                )
            self._tell_gas("host", "return data", max(0, gas - (self._gas - floor)))
            gas = min(gas, self._gas - floor)
        units = self._engine.schedule.units_from_gas(gas)
        reason = None if error is None else error.with_traceback(None)
        return CallResult(status, output, units, reason)

    def _tell_fraction(self) -> None:
        """Tell an observer of the ink below a whole gas, which is lost."""
        if self._observer is not None:
            fraction = self._frame.meter.left % self._frame.parameters.ink_price
            if fraction:
                self._observer.amount_charged(
                    Amount("rounding", "to whole gas", fraction)
                )

    def _release(self) -> None:
        """Close the pages, and part frame and instance: they refer to each other."""
        if self._observer is not None:
            self._observer.code_ended()
        self._host.pages.open = self._pages_before
        if self._run is not None:
            self._run = None
            self._frame.release()
            self._count_frame(-1)
