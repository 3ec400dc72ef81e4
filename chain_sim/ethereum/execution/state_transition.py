"""The state transition of one transaction (YP 6).

`check_transaction` says whether it may run at all and changes nothing; after it,
`apply_transaction` always ends with a result, and the sender has paid.
"""

from msgspec import Struct

from chain_sim.ethereum.execution.frame_observer import TransactionObserver
from chain_sim.ethereum.execution.message_call import MessageCalls
from chain_sim.ethereum.execution.placed_transaction import (
    PlacedTransaction,
)
from chain_sim.ethereum.execution.settlement import Settlement
from chain_sim.ethereum.primitives.access_list import count_keys
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    FieldTooLarge,
    GasLimitTooLarge,
    InsufficientBalance,
    MaxFeeTooLow,
    NonceTooHigh,
    NonceTooLow,
    NotRunnable,
    UnsupportedTransactionType,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    MAX_NONCE,
    Transaction,
    check_intrinsic_gas,
    check_priority_fee,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.ethereum.transaction_host import TransactionHost
from contractvm.errors import OutOfGas
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.evm.interface import (
    CALL,
    CREATE,
    SUCCESS,
    CallResult,
    CallStatus,
    Log,
    Message,
    TransactionEnvironment,
)
from contractvm.hosts.evm.unsupported import UnsupportedCode
from contractvm.hosts.registry import find_host
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.schedule import GasSchedule


class TransactionResult(Struct, frozen=True):
    """The result of a transaction; gas in gas, after the refund.

    `units_left` is what its message left, in units of the schedule: the exact count;
    `units_short` what the charge lacked that ended it, 0 unless it ran out of gas.
    `error` says why it failed or None; it is never hashed.
    """

    status: CallStatus
    gas_used: int
    output: bytes
    logs: tuple[Log, ...]
    created: Address | None
    error: str | None
    units_left: int
    units_short: int = 0

    @property
    def succeeded(self) -> bool:
        """True where the contract neither failed nor reverted."""
        return self.status is SUCCESS


def check_form(placed: PlacedTransaction, schedule: GasSchedule) -> int:
    """The intrinsic gas of a transaction that the rules admit, whatever the state.

    Raises UnsupportedTransactionType, GasLimitTooLarge, AccessListNotPriced or
    IntrinsicGasTooLow.
    """
    tx, types = placed.tx, placed.context.fork.transaction_types
    if tx.type not in types:
        raise UnsupportedTransactionType(tx.type, types)
    check_gas_counter(tx, schedule)
    return check_intrinsic_gas(tx, schedule.section(TransactionCosts))


def check_transaction(
    placed: PlacedTransaction, state: WorldState, *, may_wait: bool = False
) -> None:
    """Raise the InvalidTransaction that bars it now; a check changes nothing.

    One that `may_wait` can have a nonce that is still too high.
    """
    tx = placed.tx
    if tx.nonce > MAX_NONCE:
        raise FieldTooLarge("nonce", MAX_NONCE, tx.nonce)
    if tx.gas_limit > placed.gas_available:
        raise BlockGasLimitExceeded(tx.gas_limit, placed.gas_available)
    check_priority_fee(tx)
    account = state.get_account(placed.sender)
    if tx.nonce < account.nonce:
        raise NonceTooLow(account.nonce, tx.nonce)
    if tx.nonce > account.nonce and not may_wait:
        raise NonceTooHigh(account.nonce, tx.nonce)
    if tx.max_fee_per_gas < placed.burned_fee:
        raise MaxFeeTooLow(tx.max_fee_per_gas, placed.burned_fee)
    required = tx.gas_limit * tx.gas_price + tx.value
    if required > account.balance:
        raise InsufficientBalance(required, account.balance)


def check_gas_counter(tx: Transaction, schedule: GasSchedule) -> None:
    """Raise GasLimitTooLarge if the engine cannot count this many units."""
    metering = find_host(schedule.interface).metering
    most = metering.blocks.max_units // schedule.units_per_gas
    if tx.gas_limit > most:
        raise GasLimitTooLarge(tx.gas_limit, most)


def apply_transaction(
    placed: PlacedTransaction,
    state: WorldState,
    engine: Pipeline,
    recorder: TransactionObserver | None = None,
) -> TransactionResult:
    """Run a transaction on the state that it meets, and settle it.

    `recorder` records its gas, if given. Raises InvalidTransaction, and then nothing
    has changed.
    """
    ran = run_transaction(placed, state, engine, recorder)
    return settle_transaction(placed, state, ran)


class RanTransaction(Struct, frozen=True):
    """A transaction whose message has run and whose gas is counted, in gas.

    `gas_needed` is the gas used before refunds. What it costs the sender and which
    accounts go comes next: `settle_accounts`.
    """

    result: CallResult
    host: TransactionHost
    gas_needed: int
    gas_used: int


def run_transaction(
    placed: PlacedTransaction,
    state: WorldState,
    engine: Pipeline,
    recorder: TransactionObserver | None = None,
) -> RanTransaction:
    """The part of `apply_transaction` that all its results depend on.

    The state keeps what was changed, and can still be rolled back. Raises
    InvalidTransaction, and then nothing has changed.
    """
    tx, schedule = placed.tx, engine.schedule
    intrinsic = check_form(placed, schedule)
    check_transaction(placed, state)
    gas_limit = tx.gas_limit
    if placed.context.fork.max_transaction_gas is not None:
        gas_limit = min(gas_limit, placed.context.fork.max_transaction_gas)
    units = max(0, gas_limit - intrinsic) * schedule.units_per_gas
    snapshot = state.snapshot()
    try:
        result, host = run_message(placed, state, engine, units, recorder)
    except UnsupportedCode as reason:
        state.rollback(snapshot)
        raise NotRunnable(reason) from None
    used = max(gas_limit, intrinsic) - schedule.whole_gas(result.gas_left)
    gas_used = used - refund_of(engine, used, host)
    if recorder is not None:
        recorder.settlement = settlement_of(tx, host, gas_used)
    return RanTransaction(result, host, used, gas_used)


def run_message(
    placed: PlacedTransaction,
    state: WorldState,
    engine: Pipeline,
    units: int,
    recorder: TransactionObserver | None = None,
) -> tuple[CallResult, TransactionHost]:
    """Charge the sender for the gas, and run the message with these units of gas.

    Nothing is checked but that the sender has the price (BalanceOutOfRange).
    """
    tx, sender, price = placed.tx, placed.sender, placed.gas_price
    state.begin_transaction(sender, tx.gas_limit * price)
    host = host_of(placed, state, price)
    message = message_of(tx, sender, units)
    result = MessageCalls(engine, host, recorder).execute(message)
    host.end()
    return result, host


def settle_transaction(
    placed: PlacedTransaction, state: WorldState, ran: RanTransaction
) -> TransactionResult:
    """End a transaction that has run: its result, and the state for the next one."""
    settle_accounts(placed, state, ran)
    state.end_transaction()
    return result_of(ran)


def result_of(ran: RanTransaction) -> TransactionResult:
    """What is known of a transaction once it has run, settled or not."""
    result = ran.result
    return TransactionResult(
        status=result.status,
        gas_used=ran.gas_used,
        output=result.output,
        logs=tuple(ran.host.substate.logs),
        created=None if result.created is None else Address(result.created),
        error=None if result.error is None else str(result.error),
        units_left=result.gas_left,
        units_short=(
            result.error.shortfall if isinstance(result.error, OutOfGas) else 0
        ),
    )


def settle_accounts(
    placed: PlacedTransaction, state: WorldState, ran: RanTransaction
) -> None:
    """Pay for the gas, and delete the accounts that go with the transaction's end.

    The base fee of the gas used is burned. A balance of 2^256-1 wei grows no more: fees
    and returned gas beyond it are burned.
    """
    price = ran.host.transaction.gas_price
    gas_left = placed.tx.gas_limit - ran.gas_used
    state.add_fees(placed.sender, gas_left * price)
    tip = price - placed.burned_fee
    state.add_fees(placed.context.coinbase, ran.gas_used * tip)
    for address in ran.host.substate.self_destructs:
        state.delete_account(address)
    state.destroy_empty_touched()


def refund_of(engine: Pipeline, used: int, host: TransactionHost) -> int:
    """The gas that the sender gets back of what was used, rounded up to whole gas."""
    costs = engine.schedule.section(TransactionCosts)
    refund = host.substate.refund
    refund += costs.self_destruct_refund * len(host.substate.self_destructs)
    return min(refund, used // costs.max_refund_divisor)


def settlement_of(tx: Transaction, host: TransactionHost, gas_used: int) -> Settlement:
    """The gas report's facts about a transaction outside its message."""
    zero_count = tx.data.count(0)
    return Settlement(
        gas_limit=tx.gas_limit,
        is_creation=tx.to is None,
        zero_byte_count=zero_count,
        nonzero_byte_count=len(tx.data) - zero_count,
        access_list_address_count=len(tx.access_list),
        access_list_key_count=count_keys(tx.access_list),
        refund=host.substate.refund,
        self_destruct_count=len(host.substate.self_destructs),
        gas_used=gas_used,
    )


def host_of(
    placed: PlacedTransaction, state: WorldState, price: int
) -> TransactionHost:
    """The chain as the contracts of a transaction see it, which pays `price` a gas."""
    context = placed.context
    kind = TransactionHost
    if context.fork.stylus is not None:
        from chain_sim.ethereum.arbitrum.contracts import (  # noqa: PLC0415 (few chains have it)
            ArbOsHost,
        )

        kind = ArbOsHost
    host = kind(
        state,
        context.environment,
        TransactionEnvironment(placed.sender, price),
        context.block_hash,
        context.fork,
    )
    host.begin(placed.tx)
    return host


def message_of(tx: Transaction, sender: Address, units: int) -> Message:
    """The message that a transaction begins with."""
    return Message(
        kind=CREATE if tx.to is None else CALL,
        sender=sender,
        recipient=tx.to or b"",
        code_address=tx.to or b"",
        value=tx.value,
        data=tx.data,
        gas=units,
    )
