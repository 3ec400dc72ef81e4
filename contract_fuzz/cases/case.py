"""The inputs of a campaign: plain values that can be sent to another process.

A case is one or more transactions on top of a position. A position is the state after
the transactions that lead there from the start, each in its own block.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from msgspec import Struct

from chain_sim.database.memory import MemoryDatabase
from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.block import Header
from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_address,
    format_data,
)
from contractvm.errors import ContractVmError, Trap
from contractvm.hosts.evm.interface import Log

DEFAULT_CASE_GAS = 10_000_000
DEFAULT_SECONDS = 1


class CaseTransaction(Struct, frozen=True):
    """One transaction of a case, in its own block.

    `sender` is the place of an account among the start state's senders; `value` is in
    wei; `seconds` is how much later than the block before its own block is, at least 1.
    """

    to: Address
    data: bytes = b""
    sender: int = 0
    value: int = 0
    gas_limit: int = DEFAULT_CASE_GAS
    seconds: int = DEFAULT_SECONDS

    @property
    def size_bytes(self) -> int:
        """What makes a sequence large: its call data."""
        return len(self.data)

    def document(self) -> dict[str, Any]:
        """The transaction for JSON."""
        return {
            "to": format_address(self.to),
            "data": format_data(self.data),
            "sender": self.sender,
            "value": self.value,
            "gasLimit": self.gas_limit,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True)
class StartState:
    """The start of a campaign; `contract_fuzz.cases.start_states` makes one.

    `head` is the block that the first transaction's block follows, and `root` the
    state after it: its own, unless senders were given balances that they do not have
    there. `entries` are the database entries of that state; they may be missing if
    the executor is given the database. `block_hashes` end with the head's, the newest
    at most 256. `contracts` are those that the campaign is about.
    """

    genesis: GenesisConfig
    head: Header
    root: Hash32
    block_hashes: tuple[Hash32 | None, ...]
    entries: tuple[tuple[bytes, bytes], ...]
    contracts: tuple[Address, ...]
    senders: tuple[DeveloperAccount, ...]

    def database(self) -> MemoryDatabase:
        """A new database with the entries."""
        database = MemoryDatabase()
        database.write_batch(dict(self.entries))
        return database


PositionKey = tuple[Hash32, Hash32]


@dataclass(frozen=True, slots=True, eq=False)
class Position:
    """A state that cases start from: the start state after `transactions`.

    Every executor of the start state can recreate it from these alone. `block_hash` is
    the hash that the chain's block has, so two positions with the same hash are equal,
    and so are their states.
    """

    block_hash: Hash32
    root: Hash32
    number: int
    timestamp: int
    transactions: tuple[CaseTransaction, ...] = ()

    @property
    def key(self) -> PositionKey:
        """The fields that equality depends on."""
        return self.block_hash, self.root

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Position) and self.key == other.key

    def __hash__(self) -> int:
        return int.from_bytes(self.block_hash[:8])


class CaseStatus(Enum):
    """How a transaction ended. A refused one is in no block and changes nothing."""

    SUCCESS = "success"
    FAILURE = "failure"
    REVERTED = "reverted"
    REFUSED = "refused"


# Members as names: access through the class takes longer than a call (Python 3.11).
SUCCESS = CaseStatus.SUCCESS


class CaseOutcome(Struct, frozen=True):
    """The result of a transaction of a case, in the words of a receipt.

    `error_kind` is one of few: "" for success and revert, a trap's code ("unreachable",
    "out of bounds memory access"), or another failure ("out of gas", "insufficient
    balance"); `error` is the full message, or None. `gas_used` is in gas, after the
    refund; `units_left` in units of the schedule, exact.
    `memory_hash` commits to the memories of all instances as their code left them, in
    the order in which they ended; None unless it was asked for. `units_short` is what
    the charge that ended the run lacked, 0 unless it ran out of gas.
    """

    status: CaseStatus
    error_kind: str
    error: str | None
    output: bytes
    logs: tuple[Log, ...]
    gas_used: int
    units_left: int
    memory_hash: bytes | None = None
    units_short: int = 0

    @property
    def succeeded(self) -> bool:
        """True if the contract neither failed nor reverted."""
        return self.status is SUCCESS


def refused(reason: InvalidTransaction) -> CaseOutcome:
    """The outcome of a transaction that the chain refuses."""
    return CaseOutcome(
        CaseStatus.REFUSED, error_kind_of(reason), str(reason), b"", (), 0, 0
    )


def error_kind_of(error: ContractVmError | None) -> str:
    """A trap's code, or the words of the error's class; "" for no error."""
    if error is None:
        return ""
    if isinstance(error, Trap):
        return error.code.value
    name = type(error).__name__
    return re.sub("(?<!^)(?=[A-Z])", " ", name).lower()
