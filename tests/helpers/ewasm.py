"""Small ewasm contracts from WAT bodies, run on a host of dicts."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from contractvm.hosts.evm.interface import (
    BlockEnvironment,
    CallResult,
    Log,
    Message,
    MessageKind,
    TransactionEnvironment,
)
from contractvm.hosts.ewasm.functions import FUNCTIONS
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.loader import load_schedule
from tests.helpers.wat import wat_to_wasm

SENDER, CONTRACT, OTHER, EMPTY = (bytes([byte]) * 20 for byte in b"\x5e\xc0\x0f\xee")
ORIGIN, COINBASE = b"\x01" * 20, b"\xcb" * 20
PLENTY = 10_000_000
HERA = INTERFACE.pipeline(InterpreterEngine(), load_schedule("ewasm-hera"))
METERED = INTERFACE.pipeline(InterpreterEngine(), load_schedule("ewasm-metered"))
BLOCK = BlockEnvironment(
    coinbase=COINBASE,
    number=1000,
    timestamp=2000,
    difficulty=2**200 + 5,
    gas_limit=30_000_000,
)
TRANSACTION = TransactionEnvironment(origin=ORIGIN, gas_price=3)


@dataclass
class DictHost:
    """The chain as dicts; the effects of a contract can be read back."""

    balances: dict[bytes, int] = field(default_factory=lambda: {OTHER: 7})
    codes: dict[bytes, bytes] = field(default_factory=dict)
    storage: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    logs: list[Log] = field(default_factory=list)
    refund: int = 0
    destroyed: list[tuple[bytes, bytes]] = field(default_factory=list)
    hashes: dict[int, bytes] = field(default_factory=dict)
    block: BlockEnvironment = BLOCK
    transaction: TransactionEnvironment = TRANSACTION

    def balance(self, address: bytes) -> int:
        return self.balances.get(address, 0)

    def code(self, address: bytes) -> bytes:
        return self.codes.get(address, b"")

    def is_empty(self, address: bytes) -> bool:
        return not self.balance(address) and not self.code(address)

    def load_storage(self, address: bytes, key: bytes) -> bytes:
        return self.storage.get((address, key), bytes(32))

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        self.storage[address, key] = value

    def emit_log(self, log: Log) -> None:
        self.logs.append(log)

    def add_refund(self, gas: int) -> None:
        self.refund += gas

    def self_destruct(self, address: bytes, beneficiary: bytes) -> int:
        self.destroyed.append((address, beneficiary))
        return self.balances.pop(address, 0)

    def block_hash(self, number: int) -> bytes | None:
        return self.hashes.get(number)


def contract(body: str, data: bytes = b"", declarations: str = "") -> bytes:
    """A module whose `main` is `body`; `data` is at address 0 of its one page.

    The host functions that the body calls, as `$getCaller`, are imported.
    """
    called = set(re.findall(r"\$(\w+)", body + declarations))
    imports = "".join(
        f'(import "ethereum" "{entry.name}" (func ${entry.name}'
        + "".join(f" (param {param.text})" for param in entry.func_type.params)
        + "".join(f" (result {result.text})" for result in entry.func_type.results)
        + "))"
        for entry in FUNCTIONS
        if entry.name in called
    )
    text = "".join(f"\\{byte:02x}" for byte in data)
    return wat_to_wasm(
        f'(module {imports} (memory (export "memory") 1)'
        f' (data (i32.const 0) "{text}") {declarations}'
        f' (func (export "main") {body}))'
    )


def initial_units(data: bytes = b"") -> int:
    """The cost of a `contract` under ewasm-metered before it runs: a page, its data."""
    return 143_360_000 + 450 + 34 * len(data)


def message(gas: int = PLENTY, **fields: object) -> Message:
    """A call of CONTRACT by SENDER; `gas` in units."""
    facts: dict[str, object] = {
        "kind": MessageKind.CALL,
        "sender": SENDER,
        "recipient": CONTRACT,
        "code_address": CONTRACT,
        "value": 0,
        "data": b"",
        "gas": gas,
    }
    return Message(**{**facts, **fields})  # type: ignore[arg-type]


def run(
    code: bytes,
    host: DictHost | None = None,
    *,
    gas: int = PLENTY,
    engine: Pipeline = HERA,
    answer: Callable[[Message], CallResult] | None = None,
    **fields: object,
) -> CallResult:
    """Run a contract to its end; `answer` returns the result of each sub-call."""
    sent = message(gas, **fields)
    call = INTERFACE.start_call(INTERFACE, engine, host or DictHost(), sent, code)
    step = call.advance()
    while isinstance(step, Message):
        step = call.advance(answer(step)) if answer else call.advance(None)
    return step
