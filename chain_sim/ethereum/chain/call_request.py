"""Calls as values: the message, the place that it runs at, and how it ended."""

from enum import Enum

from msgspec import Struct, structs

from chain_sim.ethereum.blocks.chain_point import BlockName
from chain_sim.ethereum.blocks.genesis import MAX_BLOCK_GAS, ZERO_ADDRESS
from chain_sim.ethereum.execution.placed_transaction import BlockContext
from chain_sim.ethereum.execution.state_transition import (
    RanTransaction,
    TransactionResult,
)
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.errors import ChainError, EditOutOfRange
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    MAX_UINT_64,
    MAX_UINT_256,
    AccessListTransaction,
    FeeMarketTransaction,
    Transaction,
    with_plain_fields,
)
from chain_sim.ethereum.state.edits import AccountEdit
from contractvm.errors import OutOfGas, Trap
from contractvm.hosts.evm.interface import CallStatus
from gas_schedule.arguments import as_int


class CallRequest(Struct, frozen=True, kw_only=True):
    """A message that nobody signs; without `to` it creates a contract.

    Gas in gas, the rest in wei. `gas_limit` defaults to the most that the place allows,
    and more is cut to that. At a price of 0 the sender needs no balance for gas, and
    any other may be below the base fee. `max_fee_per_gas` is the gas price where there
    is no `max_priority_fee_per_gas`.
    """

    to: Address | None = None
    data: bytes = b""
    sender: Address = ZERO_ADDRESS
    value: int = 0
    gas_limit: int | None = None
    max_fee_per_gas: int = 0
    max_priority_fee_per_gas: int | None = None
    access_list: AccessList = ()

    def transaction(self, nonce: int, chain_id: int) -> Transaction:
        """The unsigned transaction, without a gas limit.

        Raises FieldNegative, FieldTooLarge and TypeError.
        """
        fields = (nonce, self.max_fee_per_gas, 0, self.to, self.value, self.data)
        tx = Transaction(*fields)
        if self.max_priority_fee_per_gas is not None:
            tx = FeeMarketTransaction(
                *fields,
                chain_id=chain_id,
                access_list=self.access_list,
                max_priority_fee_per_gas=self.max_priority_fee_per_gas,
            )
        elif self.access_list:
            tx = AccessListTransaction(
                *fields, chain_id=chain_id, access_list=self.access_list
            )
        return with_plain_fields(tx)


class BlockOverrides(Struct, frozen=True, kw_only=True):
    """Fields of the block that a call runs in; None leaves one as it is."""

    number: int | None = None
    timestamp: int | None = None
    gas_limit: int | None = None
    coinbase: Address | None = None
    base_fee: int | None = None
    difficulty: int | None = None

    def applied(self, context: BlockContext) -> BlockContext:
        """The context with these fields; it knows the same blocks before it.

        Raises EditOutOfRange.
        """
        changes = {
            name: value
            for name, value in structs.asdict(self).items()
            if value is not None
        }
        for name, maximum in MAXIMA.items():
            value = changes.get(name, 0)
            if not 0 <= as_int(value, name) <= maximum:
                raise EditOutOfRange(name.replace("_", " "), maximum, value)
        if self.number is not None:
            known, block_hash = context.number, context.block_hash

            def known_hash(number: int) -> bytes | None:
                return block_hash(number) if number < known else None

            changes["block_hash"] = known_hash
        return structs.replace(context, **changes)


NO_OVERRIDES = BlockOverrides()
MAXIMA = {
    "number": MAX_UINT_64,
    "timestamp": MAX_UINT_64,
    "gas_limit": MAX_BLOCK_GAS,
    "base_fee": MAX_UINT_256,
    "difficulty": MAX_UINT_256,
}


class CallPlace(Struct, frozen=True, kw_only=True):
    """Where a call runs: after block `at`, in that block's context.

    By default it is the head, with the open edits; with `is_pending`, after the pool's
    transactions in the block that would be next. `edits` change the state for the call
    alone, and `overrides` the block; `gas_cap` bounds its gas further than the block.
    """

    at: BlockName = None
    is_pending: bool = False
    edits: tuple[AccountEdit, ...] = ()
    overrides: BlockOverrides = NO_OVERRIDES
    gas_cap: int | None = None


LATEST = CallPlace()
PENDING = CallPlace(is_pending=True)


class CallFailure(Enum):
    """How a call failed: by `revert`, without gas, by a trap, or refused as it is."""

    REVERTED = "reverted"
    OUT_OF_GAS = "out of gas"
    TRAPPED = "trapped"
    REFUSED = "refused"


class CallOutcome(Struct, frozen=True):
    """How a call ended; `output` is what it returned, reverted with or would deploy.

    `gas_needed` is the gas used before refunds, `gas_limit` what it was given.
    """

    result: TransactionResult
    failure: CallFailure | None
    output: bytes
    gas_needed: int
    gas_limit: int

    @property
    def error(self) -> str | None:
        """Why it failed, in words; None after a revert or success."""
        return self.result.error


class CallFailed(ChainError):
    """The call fails with all the gas that it can have."""

    def __init__(self, outcome: CallOutcome) -> None:
        failure = outcome.failure or CallFailure.REFUSED
        super().__init__(outcome.error or f"execution {failure.value}")
        self.outcome = outcome


class GasAllowanceTooLow(ChainError):
    """The call runs out of the gas that the block, or the sender's balance, allows."""

    def __init__(self, allowance: int) -> None:
        super().__init__(f"gas required exceeds allowance: {allowance}")
        self.allowance = allowance


class CreatedAccessList(Struct, frozen=True):
    """The accounts and slots that a call uses, and how it ends with that list."""

    entries: AccessList
    outcome: CallOutcome


def failure_of(ran: RanTransaction) -> CallFailure | None:
    """How a transaction that has run failed; None if it succeeded."""
    result = ran.result
    if result.succeeded:
        return None
    if result.status is CallStatus.REVERTED:
        return CallFailure.REVERTED
    if isinstance(result.error, OutOfGas):
        return CallFailure.OUT_OF_GAS
    if isinstance(result.error, Trap):
        return CallFailure.TRAPPED
    return CallFailure.REFUSED
