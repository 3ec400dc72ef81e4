"""Calls as JSON-RPC has them: unsigned transactions in a block's own context."""

from msgspec import Struct, structs

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.blocks.genesis import ZERO_ADDRESS
from chain_sim.ethereum.execution.executor import Executor
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.errors import PriorityFeeTooHigh
from chain_sim.ethereum.primitives.text import format_data
from chain_sim.ethereum.primitives.transactions import (
    AccessListTransaction,
    Transaction,
)
from chain_sim.ethereum.state.world_state import WorldState
from chain_sim.node.errors import (
    EXECUTION_REVERTED,
    TRANSACTION_REJECTED,
    RpcError,
)
from chain_sim.node.node import Node
from chain_sim.node.transaction_object import TransactionObject
from chain_sim.node.values import BlockChoice
from chain_sim.node.views import context_at, opener_at
from contractvm.errors import ContractVmError, Trap
from contractvm.hosts.evm.interface import CallStatus

PANIC_SELECTOR = bytes.fromhex("4e487b71")
PANICS = {
    0x00: "generic",
    0x01: "assertion failed",
    0x11: "arithmetic overflow or underflow",
    0x12: "division or modulo by zero",
    0x21: "invalid enum value",
    0x22: "invalid storage byte array",
    0x31: "pop from an empty array",
    0x32: "array index out of bounds",
    0x41: "out of memory",
    0x51: "call of an uninitialized function",
}


class Ran(Struct, frozen=True):
    """The result of a call, and why it failed; `error` None for success and reverts.

    `output` is the new code where a contract was created.
    """

    result: TransactionResult
    error: ContractVmError | None
    output: bytes


def run(node: Node, call: RepeatableTransaction) -> Ran:
    """Run a call; raises InvalidTransaction."""
    executor = Executor(node.chain.engine, call.open_state(WorldState))
    result = executor.apply(call)
    created = result.created
    output = result.output if created is None else executor.state.get_code(created)
    return Ran(result, executor.ran.result.error, output)


def require_success(ran: Ran) -> None:
    """Raise RpcError if the run failed, with the data of a revert."""
    result = ran.result
    if result.succeeded:
        return
    if result.status is CallStatus.REVERTED:
        message = f"execution reverted{revert_text(result.output)}"
        raise RpcError(EXECUTION_REVERTED, message, format_data(result.output))
    trapped = "contract trapped: " if isinstance(ran.error, Trap) else ""
    raise RpcError(TRANSACTION_REJECTED, f"{trapped}{ran.error}")


def place(
    node: Node, tx: TransactionObject, block: BlockChoice
) -> RepeatableTransaction:
    """A call in the context of a block, after its transactions.

    The price of gas is 0 where none is given, and then no balance is needed.
    """
    sender = tx.sender or ZERO_ADDRESS
    open_state = opener_at(node, block)
    context = context_at(node, block)
    limit = node.options.call_gas_limit or context.gas_limit
    context = structs.replace(context, gas_limit=max(limit, context.gas_limit))
    call = Transaction(
        nonce=open_state(WorldState).get_nonce(sender),
        gas_price=call_price(tx, context.base_fee),
        gas_limit=limit if tx.gas is None else min(tx.gas, limit),
        to=tx.to,
        value=tx.value,
        data=tx.data,
    )
    if tx.access_list:
        call = AccessListTransaction(
            **structs.asdict(call),
            chain_id=node.chain.genesis.chain_id,
            access_list=tx.access_list,
        )
    return RepeatableTransaction(
        call, sender, context, charged_base_fee=False, open_state=open_state
    )


def call_price(tx: TransactionObject, base_fee: int) -> int:
    """What a call pays for a gas, in wei."""
    if tx.gas_price is not None or not tx.has_fee_caps:
        return tx.gas_price or 0
    tip = tx.max_priority_fee_per_gas or 0
    most = base_fee + tip if tx.max_fee_per_gas is None else tx.max_fee_per_gas
    if tip > most:
        raise PriorityFeeTooHigh(tip, most)
    return min(most, base_fee + tip)


def revert_text(output: bytes) -> str:
    """What revert data says, after a colon; nothing for none."""
    reason = revert_reason(output)
    if reason is not None:
        return f": {reason}"
    if output[:4] == PANIC_SELECTOR:
        try:
            (code,) = decode_values(["uint256"], output[4:])
        except MalformedAbiData:
            code = None
        if code is not None:
            return f": panic: {PANICS.get(code, 'unknown')} (0x{code:02x})"
    return f": custom error {format_data(output[:4])}" if len(output) >= 4 else ""
