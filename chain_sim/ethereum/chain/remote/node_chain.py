"""A chain that a node has: the methods of Blockchain, each a request or a few."""

import time
from collections.abc import Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, NoReturn, Self

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
from chain_sim.ethereum.blocks.block import Block
from chain_sim.ethereum.blocks.chain_point import BlockName, Where
from chain_sim.ethereum.blocks.genesis import GenesisConfig, decode_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.remote import answers
from chain_sim.ethereum.chain.remote.endpoint import Endpoint
from chain_sim.ethereum.chain.remote.errors import (
    InvalidNodeAnswer,
    NodeRefused,
    NotServed,
    StillWaiting,
)
from chain_sim.ethereum.chain.remote.node_control import (
    NodeClock,
    NodeEdits,
    NodeNextBlock,
)
from chain_sim.ethereum.chain.remote.node_history import NodeBranches, NodeHistory
from chain_sim.ethereum.chain.remote.node_reads import (
    ANOTHER,
    NodeFailures,
    NodeState,
    block_parameter,
    call_message,
    read_block,
    read_transaction,
)
from chain_sim.ethereum.chain.signer import signed_transaction
from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.forks import Fork, find_fork
from chain_sim.ethereum.primitives.arguments import (
    AddressLike,
    DataLike,
    HashLike,
    as_address,
    as_data,
    as_hash,
)
from chain_sim.ethereum.primitives.errors import UnknownTransaction
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_data,
    format_quantity,
)
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)
from contractvm.hosts.registry import find_host
from contractvm.progress import Progress, no_progress
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm.runtime.module_source import ModuleSource, module_bytes
from gas_schedule.arguments import as_int

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_gas import NodeGas

SECONDS_BETWEEN_LOOKS = 0.1
BLOCKS_PER_REQUEST = 1_000


class NodeChain:
    """The chain of the node at `url`, by the methods of Blockchain.

    Each is one request over JSON-RPC or a few, of `timeout` seconds at most; a
    transaction waits as long again for its block. Accounts with known keys sign here,
    others there. What no request can do, or this node does not, raises NotServed.
    Making one raises InvalidText for no URL, and NodeError where no node answers.
    `chain_id` is the node's number. `genesis`, `fork` and `gas` are known of nodes of
    ours. `ask(method, *params, read=...)` makes any other request of the node.
    """

    def __init__(self, url: str, timeout: float) -> None:
        self._endpoint = Endpoint(url, timeout)
        self.ask = self._endpoint.ask
        self.url = url
        self.branches = NodeBranches(self._endpoint, self.find_block)
        self.failures = NodeFailures(self._endpoint, self.branches)
        self.history = NodeHistory(self._endpoint, self.branches)
        self.clock = NodeClock(self._endpoint)
        self.next_block = NodeNextBlock(self._endpoint)
        self.edits = NodeEdits(self._endpoint)
        self.chain_id = self.ask("eth_chainId", read=answers.quantity)
        self._genesis = self._read_genesis()

    def _read_genesis(self) -> GenesisConfig | None:
        try:
            return self.ask(
                "contractvm_genesis",
                read=lambda given: decode_genesis(answers.text(given)),
            )
        except NodeRefused:
            return None

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("_"):
            raise AttributeError(name)
        raise NotServed(self.url, name)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Nothing stays open between requests."""

    @property
    def genesis(self) -> GenesisConfig:
        """What the chain starts from; raises NotServed for nodes of others."""
        if self._genesis is None:
            raise NotServed(self.url, "genesis")
        return self._genesis

    @property
    def fork(self) -> Fork:
        """The version of Ethereum's rules; raises NotServed for nodes of others."""
        return find_fork(self.genesis.fork, self.genesis.fees)

    @cached_property
    def gas(self) -> "NodeGas":
        """Gas reports; raises NotServed for nodes of others."""
        from chain_sim.ethereum.chain.remote.node_gas import NodeGas  # noqa: PLC0415 (few need it)

        if self._genesis is None:
            raise NotServed(self.url, "gas")
        return NodeGas(self._endpoint, self.branches, self._genesis.profile)

    @cached_property
    def accounts(self) -> tuple[DeveloperAccount, ...]:
        """The developer accounts among those that the node signs for."""
        return tuple(one for one in DEVELOPER_ACCOUNTS if one.address in self._signers)

    @cached_property
    def _signers(self) -> tuple[Address, ...]:
        return self.ask("eth_accounts", read=answers.list_of(answers.address))

    # Transactions

    def deploy(
        self,
        code: ModuleSource,
        *,
        sender: DeveloperAccount | AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        is_init_code: bool = False,
    ) -> TransactionReceipt:
        """See Blockchain.deploy; a runtime module is NotServed by nodes of others."""
        code = module_bytes(code)
        if self._genesis is None:
            if not is_init_code:
                raise NotServed(self.url, "contracts without init code")
            return self._send(None, code, sender, value, gas_limit)
        interface = find_host(self._genesis.profile)
        if interface.checks_new_code or not is_init_code:
            engines = engine_for(self._genesis, DEFAULT_ENGINE, cross_check=False)
            engines.engine.prepare(code)
        if interface.init_code is not None and not is_init_code:
            code = interface.init_code(code)
        return self._send(None, code, sender, value, gas_limit)

    def send(
        self,
        to: AddressLike,
        data: DataLike = b"",
        *,
        sender: DeveloperAccount | AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
    ) -> TransactionReceipt:
        """See Blockchain.send; an account without a known key is signed for there."""
        to, data = as_address(to, "to"), as_data(data)
        return self._send(to, data, sender, value, gas_limit)

    def submit(self, transaction: Transaction | DataLike) -> TransactionReceipt:
        """Send a signed transaction, or its RLP, and wait for its block.

        Raises TransactionRefused, and StillWaiting where no block comes.
        """
        if not isinstance(transaction, Transaction):
            transaction = decode_transaction(
                as_data(transaction, "transaction"), answers.TRANSACTION_TYPES
            )
        raw = format_data(encode_transaction(transaction))
        self.ask("eth_sendRawTransaction", raw, read=answers.hash32)
        return self.receipt_soon(transaction.hash)

    def _send(
        self,
        to: Address | None,
        data: bytes,
        sender: DeveloperAccount | AddressLike | None,
        value: int,
        gas_limit: int | None,
    ) -> TransactionReceipt:
        signer = self._signer_of(sender)
        message = call_message(to, data, signer.address, value, gas_limit)
        if not signer.private_key:
            sent = self.ask("eth_sendTransaction", message, read=answers.hash32)
            return self.receipt_soon(sent)
        address = format_data(signer.address)
        tx = Transaction(
            nonce=self.ask(
                "eth_getTransactionCount", address, "pending", read=answers.quantity
            ),
            gas_price=0,
            gas_limit=self._gas_limit(gas_limit, message),
            to=to,
            value=value,
            data=data,
        )
        base_fee = self.next_block.base_fee
        return self.submit(signed_transaction(tx, signer, self.chain_id, base_fee))

    def _signer_of(
        self, sender: DeveloperAccount | AddressLike | None
    ) -> DeveloperAccount:
        """The account; its key is empty where only the node has it."""
        if isinstance(sender, DeveloperAccount):
            return sender
        if sender is None and (self.accounts or not self._signers):
            return (*self.accounts, DEVELOPER_ACCOUNTS[0])[0]
        address = self._signers[0] if sender is None else as_address(sender, "sender")
        known = (one for one in DEVELOPER_ACCOUNTS if one.address == address)
        return next(known, DeveloperAccount(-1, address, b""))

    def _gas_limit(self, given: int | None, message: answers.Document) -> int:
        if given is not None:
            return as_int(given, "gas_limit")
        if self._genesis is None:
            return self.ask("eth_estimateGas", message, read=answers.quantity)
        return self.fork.gas_limit(None, self.next_block.gas_limit)

    def receipt_soon(self, tx_hash: Hash32) -> TransactionReceipt:
        """The receipt when there is a block; raises StillWaiting where none comes."""
        deadline = time.monotonic() + self._endpoint.timeout
        while True:
            try:
                return self.receipt(tx_hash)
            except UnknownTransaction as error:
                if time.monotonic() >= deadline:
                    timeout = self._endpoint.timeout
                    raise StillWaiting(self.url, tx_hash, timeout) from error
            time.sleep(SECONDS_BETWEEN_LOOKS)

    def mine(
        self, transactions: Sequence[Transaction] = (), *, timestamp: int | None = None
    ) -> Block:
        """Make a block of what waits; with transactions given, NotServed."""
        if transactions:
            raise NotServed(self.url, "mine with transactions")
        times = () if timestamp is None else (as_int(timestamp, "timestamp"),)
        self.ask("evm_mine", *times, read=bool)
        return self.head

    def mine_blocks(
        self,
        count: int,
        *,
        interval: int | None = None,
        progress: Progress = no_progress,
    ) -> Block:
        """See Blockchain.mine_blocks; the first has what waits."""
        times = () if interval is None else (format_quantity(interval),)
        for done in range(0, count, BLOCKS_PER_REQUEST):
            now = min(BLOCKS_PER_REQUEST, count - done)
            self.ask("hardhat_mine", format_quantity(now), *times, read=bool)
            progress("blocks", done + now, count)
        return self.head

    def call(
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
        gas_limit: int | None = None,
        at: Where = None,
    ) -> TransactionResult:
        """See Blockchain.call.

        On a node of others it is a call of eth_simulateV1, and `units_left` is 0.
        """
        message = call_message(to, data, sender, value, gas_limit)
        block = block_parameter(self.url, self.branches.place(at))
        if self._genesis is not None:
            return self.ask("contractvm_call", message, block, read=answers.result)
        calls = {"blockStateCalls": [{"calls": [message]}]}
        return self.ask("eth_simulateV1", calls, block, read=answers.simulated_result)

    def estimate(
        self,
        to: AddressLike | None,
        data: DataLike = b"",
        *,
        sender: AddressLike | None = None,
        value: int = 0,
    ) -> int:
        """The smallest gas limit with which a message succeeds; raises NodeRefused."""
        message = call_message(to, data, sender, value, None)
        return self.ask("eth_estimateGas", message, read=answers.quantity)

    # Reading

    @property
    def head(self) -> Block:
        """The newest block."""
        return self.find_block()

    def block(self, which: int | HashLike) -> Block:
        """A block by number or hash; raises UnknownBlock."""
        return self.find_block(as_hash(which) if isinstance(which, str) else which)

    def find_block(self, which: BlockName = None) -> Block:
        """As `block`; the newest for None, or that of a branch, or UnknownBranch."""
        if isinstance(which, str):
            which = self.branches.place(which).block
        return read_block(self._endpoint, which)

    def transaction(self, tx_hash: HashLike) -> Transaction:
        """The transaction of a block; raises UnknownTransaction."""
        return read_transaction(self._endpoint, as_hash(tx_hash))

    def receipt(self, tx_hash: HashLike) -> TransactionReceipt:
        """The receipt; raises UnknownTransaction for none, also where it waits.

        A node of others does not say what a contract returned, or why it failed.
        """
        wanted = as_hash(tx_hash)
        method = "contractvm_receipt"
        if self._genesis is None:
            method = "eth_getTransactionReceipt"
        read = answers.optional(answers.receipt)
        found = self.ask(method, format_data(wanted), read=read)
        if found is None:
            raise UnknownTransaction(wanted)
        if found.transaction_hash != wanted:
            raise InvalidNodeAnswer(self.url, method, ANOTHER)
        return found

    def state_at(self, which: Where = None) -> NodeState:
        """The accounts after a block, by default the newest."""
        return NodeState(self._endpoint, self.branches.place(which))

    def balance(self, address: AddressLike) -> int:
        """In wei, at the head."""
        return self.state_at().get_balance(address)

    def nonce(self, address: AddressLike) -> int:
        """Transactions sent, or contracts created, at the head."""
        return self.state_at().get_nonce(address)

    def code(self, address: AddressLike) -> bytes:
        """The account's code at the head, empty if it has none."""
        return self.state_at().get_code(address)

    def storage(self, address: AddressLike, slot: int | HashLike) -> bytes:
        """The 32 bytes of a storage slot at the head."""
        return self.state_at().get_storage(address, slot)

    # Going back

    def snapshot(self) -> int:
        """See NodeBranches.snapshot."""
        return self.branches.snapshot()

    def revert(self, snapshot: int) -> Block:
        """See NodeBranches.revert."""
        return self.branches.revert(snapshot)
