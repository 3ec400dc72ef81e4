"""The smallest gas limit with which a transaction succeeds."""

from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.gas_report.chain_reports import greatest_limit, succeeds_with
from chain_sim.ethereum.gas_report.required_gas import lowest_success
from chain_sim.ethereum.primitives.errors import InsufficientBalance
from chain_sim.ethereum.primitives.transactions import intrinsic_gas
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.node.calls import Ran, require_success, run
from chain_sim.node.errors import TRANSACTION_REJECTED, RpcError
from chain_sim.node.node import Node
from contractvm.errors import OutOfGas
from contractvm.hosts.evm.costs import TransactionCosts

STIPEND = 2_300


def estimate_gas(node: Node, call: RepeatableTransaction) -> int:
    """The limit that succeeds while one less fails; at most the call's own.

    Raises RpcError for a call that fails with that too, and InvalidTransaction.
    """
    tx = call.tx
    state = call.open_state(WorldState)
    costs = node.chain.engine.schedule.section(TransactionCosts)
    least = intrinsic_gas(tx, costs)
    cap = min(tx.gas_limit, greatest_limit(call))
    balance = state.get_balance(call.sender)
    if cap < least or balance < tx.value:
        required = least * tx.gas_price + tx.value
        if balance < required:
            raise InsufficientBalance(required, balance)
        raise exceeds(cap)
    if is_plain_transfer(node, call, state):
        return least
    call = call.with_gas_limit(cap)
    ran = run(node, call)
    if not ran.result.succeeded:
        if isinstance(ran.error, OutOfGas):
            raise exceeds(cap)
        require_success(ran)
    return lowest_limit(node, call, ran, least)


def lowest_limit(node: Node, call: RepeatableTransaction, ran: Ran, least: int) -> int:
    """The search between what a run used, and the limit that it had."""
    used = ran.result.gas_used
    failing, succeeding = max(used, least) - 1, call.tx.gas_limit
    # A caller keeps a 64th of its gas at each sub-call (EIP-150).
    likely = -(-(used + STIPEND) * 64 // 63)
    engine = node.chain.engine
    if failing < likely < succeeding:
        if succeeds_with(call, engine, likely):
            succeeding = likely
        else:
            failing = likely
    return lowest_success(
        lambda limit: succeeds_with(call, engine, limit), failing, succeeding
    )


def is_plain_transfer(
    node: Node, call: RepeatableTransaction, state: WorldState
) -> bool:
    """Whether no code runs."""
    to = call.tx.to
    if to is None or to in node.chain.fork.precompiles:
        return False
    return not state.get_code(to)


def exceeds(cap: int) -> RpcError:
    """The call fails for want of gas with the most that it may have."""
    return RpcError(
        TRANSACTION_REJECTED, f"out of gas: gas required exceeds allowance: {cap}"
    )
