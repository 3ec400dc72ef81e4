"""Message calls without a chain: the ewasm interface, on a host of dicts."""

from dataclasses import dataclass, field

from contractvm.hosts.evm.contract_call import ContractCall
from contractvm.hosts.evm.interface import (
    BlockEnvironment,
    CallResult,
    Log,
    Message,
    MessageKind,
    TransactionEnvironment,
)
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.loader import load_schedule

CALLER, CONTRACT = b"\x11" * 20, b"\x22" * 20
ZERO_WORD = bytes(32)
ALL_GAS = (1 << 63) - 1
BLOCK = BlockEnvironment(
    coinbase=bytes(20),
    number=1,
    timestamp=1,
    difficulty=1,
    gas_limit=30_000_000,
)


def make_engine() -> Pipeline:
    return INTERFACE.pipeline(InterpreterEngine(), load_schedule("ewasm-metered"))


TRANSACTION = TransactionEnvironment(bytes(20), 1)


@dataclass(slots=True)
class DictHost:
    """One contract's storage; nobody has ether."""

    storage: dict[bytes, bytes] = field(default_factory=dict)
    logs: list[Log] = field(default_factory=list)
    block: BlockEnvironment = BLOCK
    transaction: TransactionEnvironment = TRANSACTION

    def balance(self, _address: bytes) -> int:
        return 0

    def code(self, _address: bytes) -> bytes:
        return b""

    def is_empty(self, _address: bytes) -> bool:
        return False

    def load_storage(self, _address: bytes, key: bytes) -> bytes:
        return self.storage.get(key, ZERO_WORD)

    def store_storage(self, _address: bytes, key: bytes, value: bytes) -> None:
        self.storage[key] = value

    def emit_log(self, log: Log) -> None:
        self.logs.append(log)

    def add_refund(self, gas: int) -> None: ...

    def self_destruct(self, _address: bytes, _beneficiary: bytes) -> int:
        return 0

    def block_hash(self, _number: int) -> bytes | None:
        return None


def message(data: bytes) -> Message:
    return Message(
        kind=MessageKind.CALL,
        sender=CALLER,
        recipient=CONTRACT,
        code_address=CONTRACT,
        value=0,
        data=data,
        gas=ALL_GAS,
    )


def call(engine: Pipeline, host: DictHost, code: bytes, data: bytes) -> bytes:
    """The output of a call that calls nobody."""
    result = ContractCall(INTERFACE, engine, host, message(data), code).advance()
    if not isinstance(result, CallResult) or not result.succeeded:
        raise SystemExit(f"the call failed: {result}")
    return result.output
