"""Calls as JSON-RPC has them: where they run, what is overridden, how they end."""

from collections.abc import Callable, Mapping
from typing import Any

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.blocks.genesis import ZERO_ADDRESS
from chain_sim.ethereum.chain.call_request import (
    NO_OVERRIDES,
    BlockOverrides,
    CallFailed,
    CallFailure,
    CallOutcome,
    CallPlace,
    CallRequest,
    GasAllowanceTooLow,
)
from chain_sim.ethereum.primitives.text import Address, format_data
from chain_sim.ethereum.state.edits import AccountEdit
from chain_sim.node.errors import (
    EXECUTION_REVERTED,
    TRANSACTION_REJECTED,
    RpcError,
)
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, Parse, parse_within
from chain_sim.node.transaction_object import TransactionObject, parse_uint64
from chain_sim.node.values import (
    BlockChoice,
    parse_any_address,
    parse_bytes,
    parse_hash32,
    parse_number,
    parse_object,
)

MAX_OVERRIDES = 10_000
NO_MODULE = "magic header not detected"
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
BLOCK_FIELDS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "number": ("number", parse_uint64),
    "time": ("timestamp", parse_uint64),
    "timestamp": ("timestamp", parse_uint64),
    "gasLimit": ("gas_limit", parse_uint64),
    "feeRecipient": ("coinbase", parse_any_address),
    "coinbase": ("coinbase", parse_any_address),
    "baseFeePerGas": ("base_fee", parse_number),
    "baseFee": ("base_fee", parse_number),
    "difficulty": ("difficulty", parse_number),
}
HEAD_TAGS = ("latest", "pending", "safe", "finalized")
NOT_SUPPORTED = ("prevRandao", "random", "blockHash", "blobBaseFee", "withdrawals")

Edits = tuple[AccountEdit, ...]


def request_of(node: Node, tx: TransactionObject) -> CallRequest:
    """The message; the price of gas is 0 where none is given."""
    most, tip = tx.gas_price or 0, None
    if tx.has_fee_caps:
        tip = tx.max_priority_fee_per_gas or 0
        most = tx.max_fee_per_gas or 0
        if tx.max_fee_per_gas is None:
            most = (node.chain.next_block.base_fee or 0) + tip
    return CallRequest(
        to=tx.to,
        data=tx.data,
        sender=ZERO_ADDRESS if tx.sender is None else tx.sender,
        value=tx.value,
        gas_limit=tx.gas,
        max_fee_per_gas=most,
        max_priority_fee_per_gas=tip,
        access_list=tx.access_list or (),
    )


def place_of(
    node: Node,
    block: BlockChoice,
    edits: Edits = (),
    overrides: BlockOverrides = NO_OVERRIDES,
) -> CallPlace:
    """Where a call runs; raises RpcError for a block that is not there."""
    at = None
    if block.tag not in HEAD_TAGS:
        at = node.block(block).hash
    return CallPlace(
        at=None if at == node.chain.head.hash else at,
        is_pending=block.tag == "pending",
        edits=edits,
        overrides=overrides,
        gas_cap=node.options.call_gas_limit,
    )


def estimated_gas(
    node: Node,
    tx: TransactionObject,
    block: BlockChoice,
    edits: Edits = (),
    overrides: BlockOverrides = NO_OVERRIDES,
) -> int:
    """The gas limit; raises RpcError where no limit is enough."""
    place = place_of(node, block, edits, overrides)
    try:
        return node.chain.calls.estimate(request_of(node, tx), place)
    except CallFailed as error:
        raise failure_error(error.outcome) from error
    except GasAllowanceTooLow as error:
        message = f"out of gas: {error}"
        raise RpcError(TRANSACTION_REJECTED, message) from error


def require_success(outcome: CallOutcome) -> None:
    """Raise RpcError if the call failed, with the data of a revert."""
    if outcome.failure is not None:
        raise failure_error(outcome)


def failure_error(outcome: CallOutcome) -> RpcError:
    """How a failed call is answered."""
    if outcome.failure is CallFailure.REVERTED:
        message = f"execution reverted{revert_text(outcome.output)}"
        return RpcError(EXECUTION_REVERTED, message, format_data(outcome.output))
    trapped = "contract trapped: " if outcome.failure is CallFailure.TRAPPED else ""
    message = f"{trapped}{outcome.error}"
    if message.startswith(NO_MODULE):
        message += ": contracts are WebAssembly modules here, not EVM code"
    return RpcError(TRANSACTION_REJECTED, message)


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


def parse_state_overrides(given: object) -> Edits:
    """`{address: {balance, nonce, code, state or stateDiff}}`."""
    found = parse_object(given)
    if len(found) > MAX_OVERRIDES:
        raise InvalidValue(f"{len(found)} accounts, more than {MAX_OVERRIDES}")
    edits: dict[Address, AccountEdit] = {}
    for name, fields in found.items():
        address = parse_any_address(name)
        edits[address] = _edit(address, parse_object(fields))
    return tuple(edits[address] for address in sorted(edits))


def _edit(address: Address, given: Mapping[str, object]) -> AccountEdit:
    fields = {name: value for name, value in given.items() if value is not None}
    state, difference = fields.pop("state", None), fields.pop("stateDiff", None)
    if state is not None and difference is not None:
        raise InvalidValue("state and stateDiff together")
    slots = parse_object(difference or {}) if state is None else parse_object(state)

    def member(name: str, parse: Parse) -> Any:
        if name not in fields:
            return None
        return parse_within(name, parse, fields.pop(name))

    edit = AccountEdit(
        address,
        member("balance", parse_number),
        member("nonce", parse_uint64),
        member("code", parse_bytes),
        clears_storage=state is not None,
        slots=tuple(
            sorted((parse_hash32(key), parse_hash32(slots[key])) for key in slots)
        ),
    )
    if "movePrecompileToAddress" in fields:
        raise InvalidValue("movePrecompileToAddress is not supported")
    if fields:
        raise InvalidValue(f"unknown override {min(fields)!r:.40}")
    return edit


def parse_block_overrides(given: object) -> BlockOverrides:
    """The fields of a block that a call is to see."""
    fields: dict[str, Any] = {}
    for name, value in parse_object(given).items():
        if name in NOT_SUPPORTED:
            raise InvalidValue(f"{name} is not supported")
        if name not in BLOCK_FIELDS:
            raise InvalidValue(f"unknown override {name!r:.40}")
        if value is not None:
            field, parse = BLOCK_FIELDS[name]
            fields[field] = parse_within(name, parse, value)
    return BlockOverrides(**fields)


STATE_OVERRIDES = Kind("state overrides", parse_state_overrides)
BLOCK_OVERRIDES = Kind("block overrides", parse_block_overrides)
