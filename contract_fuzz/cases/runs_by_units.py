"""Runs of one transaction's message with any number of units of gas.

Gas limits are whole gas, enough for thousands of instructions; with units, a run can
be stopped at any single charge.
"""

from typing import Any

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import run_message
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.cases.memory_hashes import MemoryHashes
from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.hosts.registry import find_host
from contractvm.metering.names import GAS_EXPORT
from contractvm.runtime.pipeline import Pipeline
from contractvm.wasm.engines.interface import Instance

MAX_CALLS = 100_000
Seen = tuple[object, ...]


def run_with_units(
    transaction: RepeatableTransaction, engine: Pipeline, units: int
) -> Seen:
    """Everything observable of the message; two engines must agree.

    If it runs out of gas, the shortfall is included.
    """
    memories = MemoryHashes(find_host(engine.schedule.interface).memory_export)
    state, result = _run(transaction, engine, units, memories)
    error = None if result.error is None else str(result.error)
    short = result.error.shortfall if isinstance(result.error, OutOfGas) else 0
    return (
        result.status,
        result.output,
        result.gas_left,
        error,
        short,
        memories.digest(),
        state,
    )


def host_calls_of(
    transaction: RepeatableTransaction, engine: Pipeline, units: int
) -> list[str]:
    """The calls of host functions, in order, with what was left before each."""
    calls = HostCalls()
    _run(transaction, engine, units, calls)
    return calls.calls


def _run(
    transaction: RepeatableTransaction,
    engine: Pipeline,
    units: int,
    recorder: TransactionObserver,
) -> tuple[Seen, CallResult]:
    """The logs, the refund and the state's root, and the result of the message."""
    state = transaction.open_state(WorldState)
    result, host = run_message(transaction, state, engine, units, recorder)
    logs = tuple(host.substate.logs)
    return (logs, host.substate.refund, state.compute_root()), result


class HostCalls(TransactionObserver):
    """Lists the host calls of all frames, the first MAX_CALLS."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def begin(self, message: Message) -> "FrameCalls":  # noqa: ARG002
        """See TransactionObserver."""
        return FrameCalls(self.calls)


class FrameCalls(MessageObserver):
    """Lists the host calls of one frame."""

    def __init__(self, calls: list[str]) -> None:
        self._calls = calls
        self._counter: Any = None

    def instance_made(self, instance: Instance) -> None:
        """See FrameObserver."""
        self._counter = instance.export(GAS_EXPORT)

    def host_call(self, module: str, name: str, length: int) -> None:  # noqa: ARG002
        """See FrameObserver."""
        if len(self._calls) < MAX_CALLS:
            size = f" of {length} bytes" if length else ""
            self._calls.append(f"{name}{size} with {self._counter.value} units left")
