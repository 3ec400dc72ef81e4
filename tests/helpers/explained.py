"""Recorded transactions to contracts in WAT."""

from msgspec import structs

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    PlacedTransaction,
)
from chain_sim.ethereum.execution.state_transition import (
    apply_transaction,
)
from chain_sim.ethereum.forks import BYZANTIUM
from chain_sim.ethereum.gas_report.explanation import explain
from chain_sim.ethereum.gas_report.gas_recording import Recording
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import Transaction
from chain_sim.ethereum.state.world_state import WorldState
from contractvm.hosts.ewasm.host_interface import INTERFACE
from contractvm.ledger.report import CallReport, GasReport, Part
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.interpreter.engine import InterpreterEngine
from gas_schedule.loader import load_schedule
from gas_schedule.schedule import GasSchedule

SENDER, CALLER, CALLEE, HEIR, COINBASE = (
    Address(bytes([byte]) * 20) for byte in b"\x5e\xc0\xce\x4e\xcb"
)
BLOCK = BlockContext(
    coinbase=COINBASE,
    number=1,
    timestamp=1,
    difficulty=0,
    gas_limit=2**63,
    block_hash=lambda _: None,
    fork=BYZANTIUM,
)
# Memory of the contracts: 0 CALLEE, 32 zeros, 64 a word that ends in 1, 96 one that
# begins with 1 (as an amount it is 1), 128 HEIR, 160 a word that ends in 2, 192 the
# address of the precompile sha256.
DATA = b"".join(
    (
        CALLEE.ljust(32, b"\0"),
        bytes(32),
        b"\1".rjust(32, b"\0"),
        b"\1".ljust(32, b"\0"),
        HEIR.ljust(32, b"\0"),
        b"\2".rjust(32, b"\0"),
        b"\2".rjust(20, b"\0"),
    )
)


def traced_engine(schedule: GasSchedule) -> Pipeline:
    return INTERFACE.pipeline(InterpreterEngine(), schedule, is_traced=True)


TRACED_HERA = traced_engine(load_schedule("ewasm-hera"))
TRACED_METERED = traced_engine(load_schedule("ewasm-metered"))
TX = Transaction(nonce=0, gas_price=0, gas_limit=10**6, to=CALLER, value=0, data=b"")


def state_with(
    codes: dict[Address, bytes], storage: dict[bytes, bytes] | None = None
) -> WorldState:
    """The sender and CALLER have ether; `storage` is CALLER's."""
    state = WorldState(MemoryDatabase())
    state.set_balance(SENDER, 10**20)
    state.set_balance(CALLER, 10)
    for address, code in codes.items():
        state.set_code(address, code)
    for key, value in (storage or {}).items():
        state.set_storage(CALLER, key, value)
    state.end_transaction()
    return state


def record(
    state: WorldState, engine: Pipeline = TRACED_HERA, **fields: object
) -> Recording:
    """The recording of a transaction from SENDER to CALLER, changed by `fields`."""
    recording = Recording(engine.schedule, "a test")
    tx = structs.replace(TX, **fields)  # type: ignore[arg-type]
    apply_transaction(PlacedTransaction(tx, SENDER, BLOCK), state, engine, recording)
    return recording


def explained(
    code: bytes,
    callee: bytes = b"",
    *,
    engine: Pipeline = TRACED_HERA,
    storage: dict[bytes, bytes] | None = None,
    **fields: object,
) -> GasReport:
    """The report of a transaction to `code`."""
    state = state_with({CALLER: code, CALLEE: callee}, storage)
    return explain(record(state, engine, **fields))


def rows(parts: tuple[Part, ...]) -> list[tuple[str, str, int, int]]:
    """Parts in a short form, without those that are 0."""
    return [
        (part.group, part.name, part.count, part.units) for part in parts if part.units
    ]


def call_rows(call: CallReport) -> list[tuple[str, str, int, int]]:
    """A call's parts."""
    return rows(call.parts)
