"""Methods about prices: what gas costs now, and what it cost before."""

from fractions import Fraction
from itertools import pairwise

from msgspec import Raw

from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.execution.block_building import base_fee_after
from chain_sim.ethereum.primitives.text import format_quantity
from chain_sim.node.documents import Document
from chain_sim.node.errors import METHOD_NOT_FOUND, RpcError
from chain_sim.node.node import Node
from chain_sim.node.parameters import InvalidValue, Kind, method
from chain_sim.node.values import (
    BlockChoice,
    block_parameter,
    kind_of,
    optional,
    parse_number,
    required,
)

MAX_HISTORY = 1_024
MAX_PERCENTILES = 100
RATIO_DIGITS = 18


def gas_price(node: Node) -> str:
    """The next block's base fee and the suggested tip, in wei."""
    return format_quantity(node.suggested_price)


def priority_fee(node: Node) -> str:
    """The suggested tip, in wei; 0 on a chain where tips are not paid."""
    require_fee_market(node)
    return format_quantity(node.suggested_tip)


def require_fee_market(node: Node) -> None:
    """Raise RpcError on a chain without a base fee: the method does not exist there."""
    if node.chain.fork.fee_market is None:
        raise RpcError(METHOD_NOT_FOUND, "Method not found: there is no fee market")


def fee_history(
    node: Node, count: int, newest: BlockChoice, percentiles: list[Fraction]
) -> Document:
    """Base fees, how full the blocks were, and tips at percentiles of their gas."""
    require_fee_market(node)
    last = node.block(newest)
    count = min(count, last.header.number - node.first_number + 1)
    first = last.header.number - count + 1
    blocks = [node.block(BlockChoice(number=first + step)) for step in range(count)]
    base_fees = [block.header.base_fee_per_gas or 0 for block in blocks]
    base_fees.append(base_fee_after(last.header, node.chain.fork) or 0)
    return {
        "oldestBlock": format_quantity(first),
        "baseFeePerGas": [format_quantity(fee) for fee in base_fees],
        "gasUsedRatio": [
            ratio(block.header.gas_used, block.header.gas_limit) for block in blocks
        ],
        "reward": [tips_at(node, block, percentiles) for block in blocks]
        if percentiles
        else [],
    }


def ratio(part: int, whole: int) -> Raw:
    """A quotient up to 1 as a JSON number, exact to its last digit."""
    digits = part * 10**RATIO_DIGITS // whole
    before, after = divmod(digits, 10**RATIO_DIGITS)
    text = f"{before}.{after:0{RATIO_DIGITS}}".rstrip("0")
    return Raw((text + "0" if text.endswith(".") else text).encode())


def tips_at(node: Node, block: Block, percentiles: list[Fraction]) -> list[str]:
    """The tip, in wei, that is reached with each percentile of the block's gas."""
    if not block.transactions:
        return ["0x0"] * len(percentiles)
    base_fee = block.header.base_fee_per_gas or 0
    receipts = node.reader.receipts(block)
    tips = sorted((each.gas_price - base_fee, each.gas_used) for each in receipts)
    found = []
    for percentile in percentiles:
        wanted = block.header.gas_used * percentile
        total, reached = 0, 0
        for tip, gas_used in tips:
            total, reached = total + gas_used * 100, tip
            if total >= wanted:
                break
        found.append(format_quantity(reached))
    return found


def parse_percentiles(given: object) -> list[Fraction]:
    """Rising numbers from 0 to 100."""
    if not isinstance(given, list):
        raise InvalidValue(f"a list, not {kind_of(given)}")
    if len(given) > MAX_PERCENTILES:
        raise InvalidValue(f"{len(given)} percentiles, more than {MAX_PERCENTILES}")
    found = [_percentile(one) for one in given]
    if any(later < earlier for earlier, later in pairwise(found)):
        raise InvalidValue("percentiles must rise")
    return found


def _percentile(given: object) -> Fraction:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InvalidValue(f"a percentile is a number, not {kind_of(given)}")
    if not 0 <= given <= 100:
        raise InvalidValue(f"percentile {given} is not between 0 and 100")
    return Fraction(given)


def parse_count(given: object) -> int:
    """A count of blocks, from 1; more than 1,024 is as 1,024."""
    count = parse_number(given)
    if count == 0:
        raise InvalidValue("the count of blocks is 0")
    return min(count, MAX_HISTORY)


METHODS = (
    method("eth_gasPrice", gas_price, is_short=True),
    method("eth_maxPriorityFeePerGas", priority_fee, is_short=True),
    method(
        "eth_feeHistory",
        fee_history,
        required("count", Kind("number", parse_count)),
        block_parameter("newest"),
        optional("percentiles", Kind("list of numbers", parse_percentiles), ()),
    ),
)
