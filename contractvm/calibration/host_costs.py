"""Measurement of host functions that only compute: a contract calls each many times.

This includes the whole interface, with charge, frame and guest memory, on an in-memory
host. Work on a chain's state is not measured: its price covers lasting costs.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contractvm.calibration.running import ALL_UNITS
from contractvm.calibration.workloads import assembled
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import (
    BlockEnvironment,
    CallResult,
    CallStatus,
    Log,
    Message,
    MessageKind,
    TransactionEnvironment,
)
from contractvm.hosts.interface import HostFunction, HostInterface, TimedCalls
from contractvm.hosts.registry import find_host
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.structure.types import ValType
from gas_schedule.schedule import GasSchedule

TURNS = 200
# A contract ends once, so it is called that many times in a row: after other work, a
# call would find the processor's caches cold.
ENDINGS = 50
# The call that just returns touches its memory too, like those that end by a host
# function: touching a page for the first time takes longer than the host function.
TOUCH = "(drop (i32.load (i32.const 0)))"
DATA_BYTES = 32 * 1024
NO_ADDRESS = bytes(20)


@dataclass(frozen=True, slots=True)
class HostWork:
    """Calls of a contract, and how often they call the host function."""

    run: Callable[[], object]
    calls: int


class EmptyHost:
    """A chain with nothing in it."""

    block = BlockEnvironment(NO_ADDRESS, 1, 1, 1, 30_000_000)
    transaction = TransactionEnvironment(NO_ADDRESS, 1)

    def balance(self, _address: bytes) -> int:
        """Nobody has ether."""
        return 0

    def code(self, _address: bytes) -> bytes:
        """There are no contracts."""
        return b""

    def is_empty(self, _address: bytes) -> bool:
        """All accounts are."""
        return True

    def load_storage(self, _address: bytes, _key: bytes) -> bytes:
        """Every slot is zero."""
        return bytes(32)

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        """Keep nothing."""

    def emit_log(self, log: Log) -> None:
        """Keep nothing."""

    def add_refund(self, gas: int) -> None:
        """Keep nothing."""

    def self_destruct(self, _address: bytes, _beneficiary: bytes) -> int:
        """Every balance is 0."""
        return 0

    def block_hash(self, _number: int) -> bytes | None:
        """There are no earlier blocks."""
        return None


def timed_calls(schedule: GasSchedule) -> TimedCalls:
    """The timed calls of the schedule's interface; ScheduleError if it has none."""
    found = find_host(schedule.interface).timed_calls
    if found is None:
        reason = f"no function of {schedule.interface} can be timed"
        raise schedule.file.root({}).error(reason, "interface")
    return found


def host_works(engine: Engine, schedule: GasSchedule) -> dict[str, HostWork]:
    """The works by name; "" is the empty loop, " end" the call that just returns."""
    contracts = Contracts(find_host(schedule.interface), engine, schedule)
    timed = timed_calls(schedule)
    first = next(iter(timed.arguments))
    works = {"": HostWork(contracts.looping(first, None), TURNS)}
    for name, arguments in timed.arguments.items():
        works[name] = HostWork(contracts.looping(name, arguments), TURNS)
    long = f"(i32.const 0) (i32.const 0) (i32.const {DATA_BYTES})"
    works[f"{timed.copy} long"] = HostWork(contracts.looping(timed.copy, long), TURNS)
    for name in timed.endings:
        ending = f"(call $f (i32.const 0) (i32.const {PAGE_WORD}))"
        works[name] = HostWork(contracts.call(name, ending, ENDINGS), ENDINGS)
    end = contracts.call(timed.endings[0], TOUCH, ENDINGS)
    return {**works, " end": HostWork(end, ENDINGS)}


PAGE_WORD = 32


class Contracts:
    """Makes contracts of one interface that call one host function, ready to run."""

    def __init__(
        self, interface: HostInterface, engine: Engine, schedule: GasSchedule
    ) -> None:
        self._interface = interface
        self._by_name = {entry.name: entry for entry in interface.functions}
        self._pipeline = interface.pipeline(engine, schedule)

    def looping(self, name: str, arguments: str | None) -> Callable[[], object]:
        """A contract that calls the function, if given, TURNS times."""
        call = "" if arguments is None else f"(call $f {arguments})"
        if call and self._by_name[name].func_type.results:
            call = f"(drop {call})"
        return self.call(
            name,
            f"""(local $n i32) (local.set $n (i32.const {TURNS}))
            (loop $turn {call}
              (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))""",
        )

    def call(self, name: str, body: str, repeats: int = 1) -> Callable[[], object]:
        """Calls of a contract with this body, which imports the function as $f."""
        code = assembled(_contract(self._by_name[name], body))
        interface, pipeline = self._interface, self._pipeline
        host, address = EmptyHost(), bytes(19) + b"\x01"
        message = Message(
            kind=MessageKind.CALL,
            sender=address,
            recipient=address,
            code_address=address,
            value=0,
            data=bytes(DATA_BYTES),
            gas=ALL_UNITS,
        )

        def call() -> None:
            for _ in range(repeats):
                started = interface.start_call(interface, pipeline, host, message, code)
                result = started.advance()
                if not isinstance(result, CallResult) or (
                    result.status is CallStatus.FAILURE
                ):
                    raise InternalError(f"a contract for calibration failed: {result}")

        return call


def _contract(function: HostFunction, body: str) -> str:
    params = " ".join(map(_text, function.func_type.params))
    results = " ".join(map(_text, function.func_type.results))
    declared = (f"(param {params})" if params else "") + (
        f"(result {results})" if results else ""
    )
    return f"""(module
      (import "{function.module}" "{function.name}" (func $f {declared}))
      (memory (export "memory") 1)
      (func (export "main") {body}))"""


def _text(kind: ValType) -> str:
    return kind.name.lower()
