"""Methods of the explorer page: gas, history, branches, contracts, ABIs, search."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from chain_sim.ethereum.abi.errors import (
    AmbiguousFunction,
    InvalidAbi,
    UnknownFunction,
)
from chain_sim.ethereum.blocks.chain_point import BlockName, parse_block
from chain_sim.ethereum.documents.abi_registry import (
    AbiNotWritten,
    AbiTooLarge,
    Target,
    TooManyAbis,
)
from chain_sim.ethereum.primitives.text import InvalidText
from chain_sim.node.errors import (
    INVALID_PARAMS,
    LIMIT_EXCEEDED,
    SERVER_ERROR,
    RpcError,
)
from chain_sim.node.explorer import (
    abi_views,
    block_views,
    branch_views,
    call_views,
    contract_views,
    gas_views,
    search,
    state_views,
    transaction_views,
)
from chain_sim.node.explorer.gas_views import ReportTooLong
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, Method, Parameter, method
from chain_sim.node.transaction_object import parse_transaction_object
from chain_sim.node.values import (
    BOOLEAN,
    COUNT_64,
    DATA,
    HASH,
    WORD,
    address_parameter,
    hash_parameter,
    kind_of,
    list_of,
    optional,
    parse_any_address,
    parse_hash32,
    parse_hex_number,
    parse_number,
    required,
    text_of,
)
from contractvm.errors import ContractVmError

CURSOR = re.compile(r"([0-9]{1,19}):([0-9]{1,9})")
HASH_CHARACTERS = 66
MAX_TEXT = 8_000_000
MAX_ARGUMENTS = 100
DECODED_KINDS = ("call", "error", "event")


def parse_block_name(given: object) -> BlockName:
    """A number, a hash, a branch's name, or `latest`."""
    if isinstance(given, int):
        return parse_number(given)
    text = text_of(given, "a block")
    if text.startswith("0x") and len(text) < HASH_CHARACTERS:
        return parse_hex_number(text)
    return parse_block(text)


def parse_cursor(given: object) -> transaction_views.Place:
    """Where a page of transactions begins: what the page before says."""
    text = text_of(given, "a cursor")
    found = CURSOR.fullmatch(text)
    if found is None:
        raise InvalidText("a cursor", text, "give what the page before has as `next`")
    return int(found[1]), int(found[2])


def parse_target(given: object) -> Target:
    """An address or a code hash."""
    text = text_of(given, "an address or a code hash")
    if len(text) == HASH_CHARACTERS:
        return parse_hash32(text)
    return parse_any_address(text)


def parse_message(given: object) -> gas_views.Message:
    """The fields of a transaction that a call has."""
    found = parse_transaction_object(given)
    return gas_views.Message(found.to, found.data, found.sender, found.value, found.gas)


def parse_slot_number(given: object) -> int:
    """A storage slot: `0x` text, decimal text or a number."""
    return parse_number(given)


def parse_text(given: object) -> str:
    """Text of bounded length."""
    text = text_of(given, "this")
    if len(text) > MAX_TEXT:
        raise InvalidValue(f"{len(text)} characters, more than {MAX_TEXT}")
    return text


def parse_decoded_kind(given: object) -> str:
    """One of DECODED_KINDS."""
    if given not in DECODED_KINDS:
        shown = given if isinstance(given, str) else kind_of(given)
        raise InvalidValue(f"one of {', '.join(DECODED_KINDS)}, not {shown!r:.40}")
    return str(given)


BLOCK_NAME = Kind("block, branch or latest", parse_block_name)
CURSOR_TEXT = Kind("cursor", parse_cursor)
TARGET = Kind("address or code hash", parse_target)
MESSAGE = Kind("transaction", parse_message)
SLOT_NUMBER = Kind("storage slot", parse_slot_number)
TEXT = Kind("text", parse_text)
DECODED_KIND = Kind("call, error or event", parse_decoded_kind)

TX_HASH = hash_parameter("transaction hash")
ADDRESS = address_parameter()
AT = optional("block", BLOCK_NAME)
FROM_INDEX = optional("start", COUNT_64, 0)
FROM_HASH = optional("start", HASH, state_views.FIRST_KEY)


REFUSALS: tuple[tuple[type[ContractVmError], int], ...] = (
    (InvalidAbi, INVALID_PARAMS),
    (UnknownFunction, INVALID_PARAMS),
    (AmbiguousFunction, INVALID_PARAMS),
    (AbiTooLarge, LIMIT_EXCEEDED),
    (TooManyAbis, LIMIT_EXCEEDED),
    (ReportTooLong, LIMIT_EXCEEDED),
    (AbiNotWritten, SERVER_ERROR),
)
REFUSED = tuple(kind for kind, _ in REFUSALS)


def row(name: str, function: Callable[..., object], *parameters: Parameter) -> Method:
    """A row whose function reads the node's explorer."""

    @wraps(function)
    def answer(node: Node, *values: Any) -> object:
        try:
            return function(node.explorer, *values)
        except REFUSED as error:
            code = next(code for kind, code in REFUSALS if isinstance(error, kind))
            raise RpcError(code, str(error)) from error

    return method(f"contractvm_{name}", answer, *parameters)


METHODS = (
    row("getOverview", block_views.get_overview),
    row("getGasHistory", block_views.get_gas_history, required("count", COUNT_64)),
    row("listBlocks", block_views.list_blocks, optional("start", BLOCK_NAME)),
    row("getBlock", block_views.get_block, required("block", BLOCK_NAME), FROM_INDEX),
    row(
        "listTransactions",
        transaction_views.list_transactions,
        optional("start", CURSOR_TEXT),
        optional("account", ADDRESS.kind),
    ),
    row("getTransaction", transaction_views.get_transaction, TX_HASH),
    row("getLogs", transaction_views.list_logs, TX_HASH, FROM_INDEX),
    row("getGas", gas_views.get_gas, TX_HASH),
    row("getGasReport", gas_views.get_gas_report, TX_HASH),
    row("getCallGas", gas_views.get_call_gas, required("call", MESSAGE), AT),
    row(
        "getCallGasReport", gas_views.get_call_gas_report, required("call", MESSAGE), AT
    ),
    row(
        "getTransactionDifference",
        state_views.get_transaction_difference,
        TX_HASH,
        FROM_HASH,
    ),
    row(
        "getBlockDifference",
        state_views.get_block_difference,
        required("block", BLOCK_NAME),
        FROM_HASH,
    ),
    row("getAccount", state_views.get_account, ADDRESS),
    row("listSlots", state_views.list_slots, ADDRESS, FROM_HASH, AT),
    row(
        "getBlame",
        state_views.get_blame,
        ADDRESS,
        required("slot", SLOT_NUMBER),
        AT,
        optional("exact", BOOLEAN, False),
    ),
    row(
        "callFunction",
        call_views.call_function,
        ADDRESS,
        required("function", TEXT),
        required("arguments", list_of(TEXT, MAX_ARGUMENTS)),
        AT,
    ),
    row("getContract", contract_views.get_contract, ADDRESS),
    row("listBranches", branch_views.list_branches),
    row("listAbis", abi_views.list_abis, optional("start", TEXT, "")),
    row(
        "addAbi",
        abi_views.add_abi,
        required("target", TARGET),
        required("content", TEXT),
    ),
    row("removeAbi", abi_views.remove_abi, required("target", TARGET)),
    row(
        "decode",
        abi_views.decode,
        ADDRESS,
        required("kind", DECODED_KIND),
        required("data", DATA),
        optional("topics", list_of(WORD, 4), ()),
    ),
    row("search", search.search, required("text", TEXT)),
)
