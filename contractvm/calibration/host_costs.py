"""What the host functions of ewasm cost that only compute: a contract calls each often.

Through the whole interface, with charge, frame and guest memory, on a host in memory.
What a chain does for its state is not measured: others pay for that, and for long.
"""

from collections.abc import Callable
from dataclasses import dataclass

from contractvm.calibration.running import ALL_UNITS
from contractvm.calibration.workloads import assembled
from contractvm.errors import InternalError
from contractvm.hosts.evm.interface import (
    CallResult,
    CallStatus,
    Environment,
    Log,
    Message,
    MessageKind,
)
from contractvm.hosts.ewasm.contract_call import ContractCall
from contractvm.hosts.ewasm.functions import BY_NAME
from contractvm.hosts.ewasm.profile import EWASM
from contractvm.runtime.pipeline import MeteredEngine
from contractvm.wasm.engines.interface import Engine
from contractvm.wasm.structure.types import ValType
from gas_schedule.schedule import GasSchedule

TURNS = 200
# A contract ends once, so it is called as often in a row: a call among other works
# finds nothing of its own in the processor's caches.
ENDINGS = 50
# What just returns touches its memory too, as what ends by a host function does: a page
# that is touched for the first time takes longer than the host function.
TOUCH = "(drop (i32.load (i32.const 0)))"
DATA_BYTES = 32 * 1024
# The arguments of one call; results are dropped. Memory at 0 is the contract's to use.
CALLS = {
    "useGas": "(i64.const 0)",
    "getGasLeft": "",
    "getAddress": "(i32.const 0)",
    "getCallDataSize": "",
    "callDataCopy": "(i32.const 0) (i32.const 0) (i32.const 0)",
    "getCaller": "(i32.const 0)",
    "getCallValue": "(i32.const 0)",
    "codeCopy": "(i32.const 0) (i32.const 0) (i32.const 0)",
    "getCodeSize": "",
    "getBlockCoinbase": "(i32.const 0)",
    "getBlockDifficulty": "(i32.const 0)",
    "getBlockGasLimit": "",
    "getTxGasPrice": "(i32.const 0)",
    "getBlockNumber": "",
    "getBlockTimestamp": "",
    "getTxOrigin": "(i32.const 0)",
    "getReturnDataSize": "",
    "returnDataCopy": "(i32.const 0) (i32.const 0) (i32.const 0)",
}
LONG_COPY = f"(i32.const 0) (i32.const 0) (i32.const {DATA_BYTES})"
ENDS = ("finish", "revert")
NO_ADDRESS = bytes(20)


@dataclass(frozen=True, slots=True)
class HostWork:
    """Calls of a contract, and how often they call the host function."""

    run: Callable[[], object]
    calls: int


class EmptyHost:
    """A chain with nothing in it."""

    environment = Environment(NO_ADDRESS, 1, NO_ADDRESS, 1, 1, 1, 30_000_000)

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

    def self_destruct(self, address: bytes, beneficiary: bytes) -> None:
        """Keep nothing."""

    def block_hash(self, _number: int) -> bytes | None:
        """There are no earlier blocks."""
        return None


def host_works(engine: Engine, schedule: GasSchedule) -> dict[str, HostWork]:
    """By name what to time; "" is the empty loop, " end" the call that just returns."""
    metered = MeteredEngine(engine, schedule, EWASM)
    works = {"": HostWork(_call(metered, _looping("", "")), TURNS)}
    for name, arguments in CALLS.items():
        works[name] = HostWork(_call(metered, _looping(name, arguments)), TURNS)
    long_copy = _looping("callDataCopy", LONG_COPY)
    works["callDataCopy long"] = HostWork(_call(metered, long_copy), TURNS)
    end = _contract("finish", TOUCH)
    works[" end"] = HostWork(_call(metered, end, ENDINGS), ENDINGS)
    for name in ENDS:
        ending = f"(call $f (i32.const 0) (i32.const {PAGE_WORD}))"
        ended = _call(metered, _contract(name, ending), ENDINGS)
        works[name] = HostWork(ended, ENDINGS)
    return works


PAGE_WORD = 32


def _looping(name: str, arguments: str) -> str:
    call = f"(call $f {arguments})"
    if not name:
        name, call = "useGas", ""
    elif BY_NAME[name].func_type.results:
        call = f"(drop {call})"
    return _contract(
        name,
        f"""(local $n i32) (local.set $n (i32.const {TURNS}))
        (loop $turn {call}
          (br_if $turn (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))""",
    )


def _contract(name: str, body: str) -> str:
    func_type = BY_NAME[name].func_type
    params = " ".join(_text(kind) for kind in func_type.params)
    results = " ".join(_text(kind) for kind in func_type.results)
    declared = (f"(param {params})" if params else "") + (
        f"(result {results})" if results else ""
    )
    return f"""(module
      (import "ethereum" "{name}" (func $f {declared}))
      (memory (export "memory") 1)
      (func (export "main") {body}))"""


def _text(kind: ValType) -> str:
    return kind.name.lower()


def _call(metered: MeteredEngine, text: str, repeats: int = 1) -> Callable[[], object]:
    code = assembled(text)
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
            result = ContractCall(metered, host, message, code).advance()
            if not isinstance(result, CallResult) or (
                result.status is CallStatus.FAILURE
            ):
                raise InternalError(f"a contract for calibration failed: {result}")

    return call
