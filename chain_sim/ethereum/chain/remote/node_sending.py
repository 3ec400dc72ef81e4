"""Sender of transactions to a node, which sign here or there."""

import time
from functools import cached_property

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS, DeveloperAccount
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
from chain_sim.ethereum.chain.remote.node_control import NodeNextBlock
from chain_sim.ethereum.chain.remote.node_reads import ANOTHER, call_message
from chain_sim.ethereum.chain.signer import signed_transaction
from chain_sim.ethereum.execution.engine_choice import engine_for, init_code_of
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
from chain_sim.ethereum.primitives.text import Address, Hash32, format_data
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    decode_transaction,
    encode_transaction,
)
from contractvm.runtime.module_source import ModuleSource, module_bytes
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.arguments import as_int

SECONDS_BETWEEN_LOOKS = 0.1


class NodeSending:
    """A node's address, and what is sent there; see NodeChain."""

    next_block: NodeNextBlock

    def __init__(self, url: str, timeout: float) -> None:
        self._endpoint = Endpoint(url, timeout)
        self.ask = self._endpoint.ask
        self.url = url
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
    def engine(self) -> Pipeline:
        """What checks modules, and runs again what the chain has run, in this process.

        Raises NotServed for nodes of others.
        """
        return engine_for(self.genesis).engine

    @cached_property
    def accounts(self) -> tuple[DeveloperAccount, ...]:
        """The developer accounts among those that the node signs for."""
        return tuple(one for one in DEVELOPER_ACCOUNTS if one.address in self._signers)

    @cached_property
    def _signers(self) -> tuple[Address, ...]:
        return self.ask("eth_accounts", read=answers.list_of(answers.address))

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
        engine = self.engine
        code = init_code_of(self._genesis, engine, code, is_init_code=is_init_code)
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
