"""The next block of a chain that a node has, and edits of its state."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from chain_sim.ethereum.chain.clock import SECONDS, require_interval
from chain_sim.ethereum.chain.edits import require_in_range
from chain_sim.ethereum.chain.next_block_settings import (
    require_base_fee,
    require_gas_limit,
)
from chain_sim.ethereum.chain.remote import answers
from chain_sim.ethereum.chain.remote.node_part import NodePart
from chain_sim.ethereum.execution.block_building import require_time
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_address,
    as_data,
    as_hash,
    as_slot,
)
from chain_sim.ethereum.primitives.errors import NoFeeMarket
from chain_sim.ethereum.primitives.rlp_fields import encode_item
from chain_sim.ethereum.primitives.text import Address, format_data, format_quantity
from chain_sim.ethereum.state.edits import AccountEdit, edit_fields
from gas_schedule.arguments import as_int, as_list

T = TypeVar("T")


class NodeNextBlock(NodePart):
    """What the next block is to have: see NextBlockSettings."""

    part = "next_block"

    @property
    def base_fee(self) -> int | None:
        """In wei; None without a fee market."""
        return self._pending(answers.base_fee)

    @property
    def gas_limit(self) -> int:
        """In gas."""
        return self._pending(lambda block: answers.quantity(block["gasLimit"]))

    @property
    def coinbase(self) -> Address:
        """The account that gets the fees."""
        return self._pending(lambda block: answers.address(block["miner"]))

    @property
    def timestamp(self) -> int:
        """In seconds."""
        return self._pending(lambda block: answers.quantity(block["timestamp"]))

    def _pending(self, read: Callable[[Any], T]) -> T:
        """What is read of the block as it would be now."""
        return self._ask("eth_getBlockByNumber", "pending", False, read=read)

    def set_base_fee(self, base_fee: int) -> None:
        """In wei; raises NoFeeMarket and EditOutOfRange."""
        if self.base_fee is None:
            raise NoFeeMarket
        number = format_quantity(require_base_fee(base_fee))
        self._ask("hardhat_setNextBlockBaseFeePerGas", number, read=bool)

    def set_gas_limit(self, gas_limit: int) -> None:
        """For the next block and those after it; raises EditOutOfRange."""
        number = format_quantity(require_gas_limit(gas_limit))
        self._ask("evm_setBlockGasLimit", number, read=bool)

    def set_coinbase(self, coinbase: AddressLike) -> None:
        """For the next block and those after it."""
        self._ask("hardhat_setCoinbase", format_data(as_address(coinbase)), read=bool)


class NodeClock(NodePart):
    """The time of the next block: see Clock."""

    part = "clock"

    @property
    def next_time(self) -> int:
        """In seconds."""
        return NodeNextBlock(self._endpoint, self._mirror).timestamp

    def set(self, timestamp: int) -> None:
        """Give the next block this time; raises TimeNotAfterHead and TimeTooLate."""
        seconds = as_int(timestamp, "timestamp", SECONDS)
        read = answers.header
        newest = self._ask("eth_getBlockByNumber", "latest", False, read=read)
        require_time(newest[0], seconds)
        self._ask("evm_setNextBlockTimestamp", seconds, read=bool)

    def advance(self, seconds: int) -> int:
        """Make the next block this much later; return its timestamp."""
        timestamp = self.next_time + as_int(seconds, "seconds")
        self.set(timestamp)
        return timestamp

    def set_interval(self, seconds: int | None) -> None:
        """Put this many seconds between blocks; None for the node's own."""
        if seconds is None:
            self._ask("anvil_removeBlockTimestampInterval", read=bool)
            return
        number = require_interval(seconds)
        self._ask("anvil_setBlockTimestampInterval", number, read=bool)


class NodeEdits(NodePart):
    """Changes the state that the next block starts from: see ChainEdits."""

    part = "edits"

    def set_balance(self, address: AddressLike, balance: int) -> None:
        """In wei; raises EditOutOfRange."""
        account = as_address(address)
        as_int(balance, "balance", "an int, in wei")
        require_in_range(AccountEdit(account, balance=balance))
        self._set("hardhat_setBalance", account, format_quantity(balance))

    def add_balance(self, address: AddressLike, amount: int) -> None:
        """In wei; raises EditOutOfRange where the sum does not fit."""
        account = as_address(address)
        name = format_data(account)
        before = self._ask("eth_getBalance", name, "latest", read=answers.quantity)
        self.set_balance(account, before + as_int(amount, "amount", "an int, in wei"))

    def set_nonce(self, address: AddressLike, nonce: int) -> None:
        """Higher or lower than it was; raises EditOutOfRange."""
        account = as_address(address)
        require_in_range(AccountEdit(account, nonce=as_int(nonce, "nonce")))
        self._set("hardhat_setNonce", account, format_quantity(nonce))

    def set_code(self, address: AddressLike, code: DataLike) -> None:
        """Any bytes; what is no contract is refused when it is called."""
        content = format_data(as_data(code, "code"))
        self._set("hardhat_setCode", as_address(address), content)

    def set_storage(
        self, address: AddressLike, slot: int | HashLike, value: HashLike
    ) -> None:
        """Write the 32 bytes of a slot."""
        key = format_quantity(int.from_bytes(as_slot(slot), "big"))
        word = format_data(as_hash(value, "value"))
        self._set("hardhat_setStorageAt", as_address(address), key, word)

    def apply(self, edits: Iterable[AccountEdit]) -> None:
        """Several edits as one change; raises EditOutOfRange and then does none."""
        new = as_list(list(edits), "edits", AccountEdit)
        for edit in new:
            require_in_range(edit)
        text = format_data(encode_item([edit_fields(edit) for edit in new]))
        self._ask_own("apply", "contractvm_applyEdits", text, read=bool)

    def _set(self, method: str, address: Address, *values: str) -> None:
        self._ask(method, format_data(address), *values, read=bool)
