"""One transaction on an open position, and its result."""

from collections.abc import Sequence

from msgspec import Struct

from chain_sim.ethereum.execution.state_transition import (
    RanTransaction,
    run_transaction,
    settle_accounts,
)
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import check_field_sizes
from contract_fuzz.cases.case import (
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    error_kind_of,
    refused,
)
from contract_fuzz.cases.memory_hashes import MemoryHashes
from contract_fuzz.cases.positions import OpenPosition
from contractvm.errors import OutOfGas
from contractvm.hosts.evm.interface import CallStatus
from contractvm.hosts.registry import find_host
from contractvm.runtime.pipeline import Pipeline

CHECKED_ABOVE = 1 << 63  # numbers below it fit every field of a transaction


class CaseRunOptions(Struct, frozen=True):
    """How to run transactions: on which engine, and whether with a memory hash."""

    engine: Pipeline
    hash_memory: bool = False


class CasePlace(Struct, frozen=True):
    """A block's distance from a position, and the seconds up to its previous block."""

    seconds: int = 0
    blocks: int = 1

    def after(self, transaction: CaseTransaction) -> "CasePlace":
        """One block further."""
        return CasePlace(self.seconds + transaction.seconds, self.blocks + 1)


FIRST = CasePlace()
Probed = tuple[tuple[CaseOutcome, ...], tuple[tuple[CaseOutcome, ...], ...]]


def apply_case(
    opened: OpenPosition,
    senders: Sequence[Address],
    transaction: CaseTransaction,
    options: CaseRunOptions,
    place: CasePlace = FIRST,
    *,
    is_kept: bool = False,
) -> CaseOutcome:
    """The transaction's result there; the state can be rolled back to before it.

    With `is_kept` the transaction is settled, so that the next one can follow.
    """
    state = opened.state
    sender = senders[transaction.sender]
    placed = opened.place(transaction, sender, place.seconds, place.blocks)
    tx = placed.tx
    recorder = None
    if options.hash_memory:
        interface = find_host(options.engine.schedule.interface)
        recorder = MemoryHashes(interface.memory_export)
    try:
        if not (0 <= tx.value < CHECKED_ABOVE and 0 <= tx.gas_limit < CHECKED_ABOVE):
            check_field_sizes(tx)
        ran = run_transaction(placed, state, options.engine, recorder)
    except InvalidTransaction as reason:
        return refused(reason)
    if is_kept:
        settle_accounts(placed, state, ran)
        state.begin_next_transaction()
    return outcome_of(ran, None if recorder is None else recorder.digest())


STATUSES = {
    CallStatus.SUCCESS: CaseStatus.SUCCESS,
    CallStatus.FAILURE: CaseStatus.FAILURE,
    CallStatus.REVERTED: CaseStatus.REVERTED,
}


def outcome_of(ran: RanTransaction, memory_hash: bytes | None = None) -> CaseOutcome:
    """The outcome of a finished transaction."""
    result = ran.result
    error = result.error
    return CaseOutcome(
        STATUSES[result.status],
        "" if error is None else error_kind_of(error),
        None if error is None else str(error),
        result.output,
        tuple(ran.host.substate.logs),
        ran.gas_used,
        result.gas_left,
        memory_hash,
        error.shortfall if isinstance(error, OutOfGas) else 0,
    )
