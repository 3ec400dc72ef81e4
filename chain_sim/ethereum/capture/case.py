"""A case: transactions, the state they meet, the rules, and the results.

The state is a witness: the trie nodes and codes that the run reads. Each is referred to
by its hash, so the state root alone proves all of them.
"""

from dataclasses import dataclass, replace
from pathlib import Path

from chain_sim.ethereum.blocks.genesis import GenesisConfig
from chain_sim.ethereum.capture.errors import CaseUnbounded, MalformedCase
from chain_sim.ethereum.capture.low_prices import low_prices
from chain_sim.ethereum.execution.placed_transaction import (
    BlockContext,
    BlockHashes,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.forks import BYZANTIUM, Fork
from chain_sim.ethereum.primitives.text import Address, Hash32
from chain_sim.ethereum.primitives.transactions import Transaction
from contractvm.hosts.interface import HostInterface
from contractvm.hosts.registry import find_host
from contractvm.metering.names import INSTRUMENTATION_VERSION
from gas_schedule.errors import ScheduleError
from gas_schedule.loader import (
    load_schedule,
    parse_schedule,
    read_content,
    schedule_path,
)
from gas_schedule.schedule import GasSchedule

MAX_TRUSTED_GAS = 10_000_000_000
MAX_NAMED_PRICES = 3


@dataclass(frozen=True, slots=True)
class CaseRules:
    """The rules of a run; `schedule_content` is the schedule's file.

    `schedule` is only a name; the content decides. `fees` names the fee market.
    """

    chain_id: int
    schedule: str
    schedule_content: bytes
    profile: str
    instrumentation_version: int = INSTRUMENTATION_VERSION
    fork: str = BYZANTIUM.name
    fees: str | None = None

    def read_schedule(self) -> GasSchedule:
        """The gas schedule; raises MalformedCase or UnknownHostInterface."""
        try:
            schedule = parse_schedule(self.schedule_content, Path(self.schedule))
            self.find_host().check_schedule(schedule)
        except ScheduleError as error:
            raise MalformedCase("schedule.content", str(error)) from error
        return schedule

    def find_host(self) -> HostInterface:
        """The host interface; raises UnknownHostInterface."""
        return find_host(self.profile)


def rules_of(genesis: GenesisConfig) -> CaseRules:
    """A chain's rules; raises as `rules_with`."""
    rules = rules_with(genesis.schedule, genesis.chain_id, genesis.fork)
    return replace(rules, fees=genesis.fees)


def rules_with(schedule: str, chain_id: int, fork: str = BYZANTIUM.name) -> CaseRules:
    """Today's rules with a schedule, by name or path, and without a fee market.

    Raises UnknownSchedule or ScheduleError.
    """
    path = schedule_path(schedule)
    content = read_content(path)
    interface = parse_schedule(content, path).interface
    return CaseRules(chain_id, schedule, content, interface, fork=fork)


@dataclass(frozen=True, slots=True)
class SentTransaction:
    """A transaction and its sender; unsigned if v, r and s are 0."""

    transaction: Transaction
    sender: Address


@dataclass(frozen=True, slots=True)
class CaseBlock:
    """A block's fields and its first transactions, in order.

    `block_hashes` are those of earlier blocks that the run reads, by number; None if
    the chain has no such block. `base_fee`, in wei, is None without a fee market.
    """

    coinbase: Address
    number: int
    timestamp: int
    difficulty: int
    gas_limit: int
    transactions: tuple[SentTransaction, ...]
    block_hashes: tuple[tuple[int, bytes | None], ...] = ()
    base_fee: int | None = None

    def context(self, block_hash: BlockHashes, fork: Fork) -> BlockContext:
        """The block as its transactions see it."""
        return BlockContext(
            coinbase=self.coinbase,
            number=self.number,
            timestamp=self.timestamp,
            difficulty=self.difficulty,
            gas_limit=self.gas_limit,
            block_hash=block_hash,
            fork=fork,
            base_fee=self.base_fee or 0,
        )


@dataclass(frozen=True, slots=True)
class CapturedOutcome:
    """A transaction's result, and the state root after it."""

    result: TransactionResult
    state_root: Hash32


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a run depends on, and its results: one outcome per transaction.

    `nodes` and `codes` are in the order of their hashes. `note` is a comment.
    """

    rules: CaseRules
    state_root: Hash32
    nodes: tuple[bytes, ...]
    codes: tuple[bytes, ...]
    blocks: tuple[CaseBlock, ...]
    outcomes: tuple[CapturedOutcome, ...]
    note: str = ""

    @property
    def post_root(self) -> Hash32:
        """The state's root after the last transaction."""
        return self.outcomes[-1].state_root if self.outcomes else self.state_root

    def places(self) -> list[str]:
        """The place of each transaction in the file."""
        return [
            f"blocks[{number}].transactions[{index}]"
            for number, block in enumerate(self.blocks)
            for index in range(len(block.transactions))
        ]


def require_bounded(case: Case) -> None:
    """Raise CaseUnbounded if the case may take very long, or very much memory.

    Its gas limits bound it, unless its schedule has jumps that cost nothing, or prices
    far below those that bound a run.
    """
    gas = sum(
        sent.transaction.gas_limit
        for block in case.blocks
        for sent in block.transactions
    )
    if gas > MAX_TRUSTED_GAS:
        raise CaseUnbounded(f"its gas limits are {gas}, more than {MAX_TRUSTED_GAS}")
    schedule = case.rules.read_schedule()
    if schedule.free_jumps:
        jumps = ", ".join(schedule.free_jumps)
        raise CaseUnbounded(f"under its gas schedule {jumps} cost nothing")
    bounding = case.rules.find_host().bounding_schedules
    if not bounding:
        raise CaseUnbounded(f"no released schedule bounds code of {case.rules.profile}")
    low = low_prices(schedule, [load_schedule(name) for name in bounding])
    if low:
        named = "; ".join(str(price) for price in low[:MAX_NAMED_PRICES])
        more = len(low) - MAX_NAMED_PRICES
        others = f"; and {more} more" if more > 0 else ""
        raise CaseUnbounded(f"under its gas schedule {named}{others}")
