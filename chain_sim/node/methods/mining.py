"""Methods that make blocks, and say when they are made."""

from msgspec import Struct

from chain_sim.ethereum.primitives.text import Address, format_quantity
from chain_sim.node.documents import Document
from chain_sim.node.errors import invalid_params
from chain_sim.node.methods.blocks import transactions_of, whole_block
from chain_sim.node.methods.edits import both
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, Method, aliases, method
from chain_sim.node.values import (
    BOOLEAN,
    COUNT_64,
    NUMBER,
    BlockChoice,
    address_parameter,
    at_most,
    optional,
    parse_object,
    required,
)

MAX_BLOCKS = 1_000_000
MAX_INTERVAL = 86_400
COUNT = Kind("number", at_most(MAX_BLOCKS))


class MineOptions(Struct, frozen=True):
    """Options of evm_mine; `timestamp` of the first block, in seconds."""

    timestamp: int | None = None
    blocks: int = 1


def parse_mine_options(given: object) -> MineOptions:
    """A time, or `{timestamp, blocks}`."""
    if not isinstance(given, dict):
        return MineOptions(COUNT_64.parse(given))
    found = parse_object(given)
    rest = found.keys() - {"timestamp", "blocks"}
    if rest:
        raise InvalidValue(f"unknown member {min(rest)!r:.40}")
    timestamp, blocks = found.get("timestamp"), found.get("blocks")
    return MineOptions(
        None if timestamp is None else COUNT_64.parse(timestamp),
        1 if blocks is None else COUNT.parse(blocks),
    )


def evm_mine(node: Node, options: MineOptions) -> str:
    """Make a block of the waiting transactions; or several, the first at a time."""
    node.mine(options.blocks, timestamp=options.timestamp)
    return "0x0"


def mine(node: Node, count: int, interval: int | None) -> None:
    """Make blocks, with so many seconds between them; 0 is as left out."""
    node.mine(count, interval=interval or None)


def mine_detailed(node: Node, options: MineOptions) -> list[Document]:
    """As evm_mine; the new blocks with their transactions, and what these returned."""
    first = node.head_number + 1
    node.mine(options.blocks, timestamp=options.timestamp)
    return [_detailed(node, number) for number in range(first, node.head_number + 1)]


def _detailed(node: Node, number: int) -> Document:
    block = node.block(BlockChoice(number=number))
    document = whole_block(node, block, is_full=False)
    receipts = node.reader.receipts(block)
    pairs = zip(transactions_of(node, block), receipts, strict=True)
    document["transactions"] = [
        {**transaction, "output": "0x" + receipt.output.hex(), "error": receipt.error}
        for transaction, receipt in pairs
    ]
    return document


def set_automine(node: Node, is_on: bool) -> None:
    """Whether each transaction makes a block at once."""
    node.set_automine(is_on)


def get_automine(node: Node) -> bool:
    """Whether each transaction makes a block at once."""
    return node.automines


def set_interval_mining(node: Node, seconds: int) -> None:
    """Make a block every so many seconds, 0 for never; no more automatic ones."""
    node.automines = False
    node.interval_seconds = seconds or None


def get_interval_mining(node: Node) -> float | None:
    """The seconds of interval mining; null where there is none."""
    return node.interval_seconds


def set_coinbase(node: Node, address: Address) -> None:
    """Pay the fees of the next blocks to this account."""
    node.chain.next_block.set_coinbase(address)


def set_next_base_fee(node: Node, base_fee: int) -> None:
    """Give the next block this base fee, in wei."""
    node.chain.next_block.set_base_fee(base_fee)
    node.revise_pool()


def set_gas_limit(node: Node, gas_limit: int) -> bool:
    """Give the next blocks this gas limit."""
    node.chain.next_block.set_gas_limit(gas_limit)
    return True


def set_min_gas_price(_node: Node, price: int) -> None:
    """Always refused: the base fee is the least that a gas costs."""
    raise invalid_params(
        f"a least gas price of {format_quantity(price)}: the base fee is the least,"
        " see anvil_setNextBlockBaseFeePerGas"
    )


MINE_OPTIONS = optional(
    "options", Kind("time or object", parse_mine_options), MineOptions()
)
METHODS: tuple[Method, ...] = (
    method("evm_mine", evm_mine, MINE_OPTIONS),
    *aliases(
        both("mine"), mine, optional("count", COUNT, 1), optional("interval", COUNT_64)
    ),
    *aliases(("anvil_mine_detailed", "evm_mine_detailed"), mine_detailed, MINE_OPTIONS),
    method("evm_setAutomine", set_automine, required("on", BOOLEAN)),
    *aliases(both("getAutomine"), get_automine),
    *aliases(
        ("evm_setIntervalMining", "anvil_setIntervalMining"),
        set_interval_mining,
        required("seconds", Kind("number", at_most(MAX_INTERVAL))),
    ),
    *aliases(both("getIntervalMining"), get_interval_mining),
    *aliases(both("setCoinbase"), set_coinbase, address_parameter()),
    *aliases(
        both("setNextBlockBaseFeePerGas"),
        set_next_base_fee,
        required("base fee", NUMBER),
    ),
    method("evm_setBlockGasLimit", set_gas_limit, required("gas limit", COUNT_64)),
    *aliases(both("setMinGasPrice"), set_min_gas_price, required("price", NUMBER)),
)
