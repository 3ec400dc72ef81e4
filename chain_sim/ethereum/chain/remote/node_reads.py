"""What a node says of the state after a block, and of the places of failures."""

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.blocks.block import Block, Header
from chain_sim.ethereum.blocks.chain_point import BlockName, Where, as_place
from chain_sim.ethereum.chain.remote.answers import (
    Document,
    data,
    optional,
    quantity,
    transaction,
)
from chain_sim.ethereum.chain.remote.answers import header as read_block_header
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import InvalidNodeAnswer, NotServed
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_address,
    as_data,
    as_hash,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import UnknownBlock, UnknownTransaction
from chain_sim.ethereum.primitives.text import Hash32, format_data, format_quantity
from chain_sim.ethereum.primitives.transactions import Transaction
from gas_schedule.arguments import as_int

LATEST = "latest"
ANOTHER = "the transaction is another one"


def block_parameter(url: str, at: Where) -> object:
    """A block as requests name it; NotServed for a branch and for a place within."""
    place = as_place(at)
    if place.tx is not None:
        raise NotServed(url, "points within a block")
    if place.block is None:
        return LATEST
    if isinstance(place.block, bytes):
        return {"blockHash": format_data(as_hash(place.block))}
    if isinstance(place.block, str):
        raise NotServed(url, "branches")
    return format_quantity(place.block)


def read_block(endpoint: Endpoint, which: BlockName) -> Block:
    """A block, of a branch that the node is not on, too; raises UnknownBlock."""
    header, hashes = read_header(endpoint, which)
    return Block(
        header,
        tuple(
            read_transaction(endpoint, tx_hash, (header.hash, index))
            for index, tx_hash in enumerate(hashes)
        ),
    )


def read_transaction(
    endpoint: Endpoint, wanted: Hash32, place: tuple[Hash32, int] | None = None
) -> Transaction:
    """A transaction; raises UnknownTransaction.

    One that the node's chain does not have is sought at its place, a block's hash and
    an index.
    """
    method = "eth_getRawTransactionByHash"
    found = endpoint.ask(method, format_data(wanted), read=transaction)
    if found is None and place is not None:
        method = "eth_getRawTransactionByBlockHashAndIndex"
        block, index = format_data(place[0]), format_quantity(place[1])
        found = endpoint.ask(method, block, index, read=transaction)
    if found is None:
        raise UnknownTransaction(wanted)
    if found.hash != wanted:
        raise InvalidNodeAnswer(endpoint.url, method, ANOTHER)
    return found


def read_header(
    endpoint: Endpoint, which: BlockName
) -> tuple[Header, tuple[Hash32, ...]]:
    """A block's header, and its transactions' hashes; raises UnknownBlock."""
    method, name = "eth_getBlockByNumber", block_parameter(endpoint.url, which)
    if isinstance(which, bytes):
        method, name = "eth_getBlockByHash", format_data(as_hash(which))
    found = endpoint.ask(method, name, False, read=optional(read_block_header))
    if found is None and isinstance(which, int | bytes):
        raise UnknownBlock(which)
    if found is None:
        raise InvalidNodeAnswer(endpoint.url, method, "no newest block")
    header, its_hash, hashes = found
    if header.hash != its_hash or which not in (None, its_hash, header.number):
        fault = "the hash is not that of the fields that are known here"
        raise InvalidNodeAnswer(endpoint.url, method, fault)
    return header, hashes


def call_message(
    to: AddressLike | None,
    data: DataLike,
    sender: AddressLike | None,
    value: int,
    gas_limit: int | None,
) -> Document:
    """The transaction object of a call; by default from the first account."""
    message = {
        "from": format_data(as_address(sender or DEVELOPER_ACCOUNTS[0], "sender")),
        "value": format_quantity(as_int(value, "value")),
        "data": format_data(as_data(data)),
    }
    if to is not None:
        message["to"] = format_data(as_address(to, "to"))
    if gas_limit is not None:
        message["gas"] = format_quantity(as_int(gas_limit, "gas_limit"))
    return message


class NodeState:
    """The accounts after a block; each read is a request."""

    def __init__(self, endpoint: Endpoint, at: Where = None) -> None:
        self._ask = endpoint.ask
        self._block = block_parameter(endpoint.url, at)

    def get_balance(self, address: AddressLike) -> int:
        """In wei."""
        where = format_data(as_address(address))
        return self._ask("eth_getBalance", where, self._block, read=quantity)

    def get_nonce(self, address: AddressLike) -> int:
        """Transactions sent, or contracts created."""
        where = format_data(as_address(address))
        return self._ask("eth_getTransactionCount", where, self._block, read=quantity)

    def get_code(self, address: AddressLike) -> bytes:
        """The account's code, empty if it has none."""
        where = format_data(as_address(address))
        return self._ask("eth_getCode", where, self._block, read=data)

    def get_storage(self, address: AddressLike, slot: int | HashLike) -> bytes:
        """The 32 bytes of a slot."""
        where, key = format_data(as_address(address)), as_slot(slot)
        number = format_quantity(int.from_bytes(key, "big"))
        found = self._ask("eth_getStorageAt", where, number, self._block, read=data)
        return found.rjust(len(key), b"\0")
