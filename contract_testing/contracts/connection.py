"""What contract objects need of a chain, and a Blockchain in this process as one."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.program_activation import (
    activate_program,
    activation_fee,
    fee_to_send,
    needs_activation,
)
from chain_sim.ethereum.chain.signer import DEFAULT_GAS_PRICE
from chain_sim.ethereum.documents.documents import failure_text
from chain_sim.ethereum.gas_report.chain_reports import ReportOptions
from chain_sim.ethereum.primitives.text import Address, format_address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    impersonate,
    sign_transaction,
)
from contract_testing.contracts.book import Book, book_of
from contract_testing.contracts.errors import NotActivated, NotAvailable
from contract_testing.contracts.trace_documents import trace_facts
from contract_testing.contracts.traces import Trace
from contract_testing.contracts.values import address_of
from contractvm.hosts.evm.interface import Log
from contractvm.hosts.registry import find_host
from contractvm.ledger.debug_info import FindDebugInfo
from contractvm.ledger.report import Figures, GasReport
from contractvm.ledger.where import Where


@dataclass(frozen=True, slots=True)
class Options:
    """How a message is sent; amounts in wei, gas in gas.

    None stands for the default: the account that pranks, or the first; the block's gas
    limit; the chain's gas price; the account's nonce; the head.
    """

    sender: Any = None
    value: int = 0
    gas_limit: int | None = None
    gas_price: int | None = None
    nonce: int | None = None
    at: Any = None


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """The result of a call; `error` is None for a success and for a revert."""

    succeeded: bool
    output: bytes
    error: str | None
    gas_used: int
    gas_limit: int
    find_where: Callable[[], Where | None]


class Connection(Protocol):
    """A chain that contract objects can use."""

    book: Book

    @property
    def chain_id(self) -> int:
        """The number of the chain."""

    @property
    def accounts(self) -> Sequence[DeveloperAccount]:
        """The accounts with keys."""

    def call(self, to: bytes, data: bytes, options: Options) -> CallOutcome:
        """The result of a message, which changes nothing."""

    def send(self, to: bytes, data: bytes, options: Options) -> TransactionReceipt:
        """Send a transaction; its failure is in the receipt."""

    def deploy(
        self, code: bytes, options: Options, is_init_code: bool
    ) -> TransactionReceipt:
        """Create a contract."""

    def estimate(self, to: bytes, data: bytes, options: Options) -> int | None:
        """The smallest gas limit with which a message succeeds; None for none."""

    def explain(self, to: bytes, data: bytes, options: Options) -> GasReport:
        """Where the gas of a call goes."""

    def gas_of(self, transaction_hash: bytes) -> Figures:
        """The gas of a transaction by its mode."""

    def ink_of(self, transaction_hash: bytes) -> int | None:
        """The ink that a Stylus program used; None on other chains."""

    def where(self, transaction_hash: bytes) -> Where | None:
        """Where a transaction failed."""

    def trace(self, transaction_hash: bytes) -> Trace:
        """What a transaction did, step by step."""

    def logs(self, from_block: int, to_block: int | None) -> Iterator[tuple[int, Log]]:
        """The logs of these blocks with their index in the block."""

    def code(self, address: bytes) -> bytes:
        """The code of an account."""

    def balance(self, address: bytes) -> int:
        """The ether of an account, in wei."""

    def storage(self, address: bytes, slot: Any) -> bytes:
        """The 32 bytes of a slot."""

    def is_code(self, code: bytes) -> bool:
        """Whether this is a contract of the chain's kind."""

    def is_constructor(self, address: bytes) -> bool:
        """Whether the contract there returns a contract, as a constructor does."""

    @property
    def runs_constructors(self) -> bool:
        """Whether a new contract's constructor can run here."""


class ChainConnection:
    """A Blockchain of this process."""

    def __init__(self, chain: Blockchain) -> None:
        self.chain = chain
        self.book = book_of(chain)
        self._find_info: FindDebugInfo = self.book.debug_info

    @property
    def chain_id(self) -> int:
        """See Connection."""
        return self.chain.genesis.chain_id

    @property
    def accounts(self) -> Sequence[DeveloperAccount]:
        """See Connection."""
        return self.chain.accounts

    def call(self, to: bytes, data: bytes, options: Options) -> CallOutcome:
        """See Connection."""
        call = self._call_options(options)
        result = self.chain.call(to, data, **call)
        return CallOutcome(
            result.succeeded,
            result.output,
            result.error,
            result.gas_used,
            options.gas_limit or self.chain.head.header.gas_limit,
            partial(
                self.chain.failures.of_call,
                to,
                data,
                **call,
                find_info=self._find_info,
            ),
        )

    def send(self, to: bytes, data: bytes, options: Options) -> TransactionReceipt:
        """See Connection."""
        signer = self._signer(options.sender)
        if isinstance(signer, DeveloperAccount):
            if options.gas_price is None and options.nonce is None:
                return self.chain.send(
                    to,
                    data,
                    sender=signer,
                    value=options.value,
                    gas_limit=options.gas_limit,
                )
            tx = self._transaction(signer.address, to, data, options, DEFAULT_GAS_PRICE)
            signed = sign_transaction(tx, signer.private_key, self.chain_id)
            return self.chain.submit(signed)
        # Whoever pranks need not have ether for gas.
        tx = self._transaction(
            signer, to, data, options, self.chain.next_block.base_fee or 0
        )
        return self._send_unsigned(tx, signer)

    def _send_unsigned(self, tx: Transaction, sender: Address) -> TransactionReceipt:
        made = impersonate(tx, sender, self.chain_id)
        return self.chain.mining.mine_sent(made, sender).transaction_receipts()[0]

    def _transaction(
        self,
        sender: Address,
        to: bytes | None,
        data: bytes,
        options: Options,
        gas_price: int,
    ) -> Transaction:
        return Transaction(
            nonce=self.chain.nonce(sender) if options.nonce is None else options.nonce,
            gas_price=gas_price if options.gas_price is None else options.gas_price,
            gas_limit=options.gas_limit or self.chain.next_block.gas_limit,
            to=None if to is None else self._address(to),
            value=options.value,
            data=data,
        )

    def deploy(
        self, code: bytes, options: Options, is_init_code: bool
    ) -> TransactionReceipt:
        """See Connection; a Stylus program is activated too, or NotActivated raised."""
        sender = self._keyed(options.sender)
        receipt = self.chain.deploy(
            code,
            sender=sender,
            value=options.value,
            gas_limit=options.gas_limit,
            is_init_code=is_init_code,
        )
        address = receipt.contract_address
        if address is not None and needs_activation(self.chain, address):
            fee = fee_to_send(activation_fee(self.chain, address, sender))
            made = activate_program(self.chain, address, sender, value=fee)
            if not made.succeeded:
                reason = failure_text(made.error, made.output)
                raise NotActivated(format_address(address), reason)
        return receipt

    def estimate(self, to: bytes, data: bytes, options: Options) -> int | None:
        """See Connection."""
        report = self.chain.gas.explain_call(
            to,
            data,
            **self._call_options(options),
            options=ReportOptions(find_required=True),
        )
        return report.figures.required

    def explain(self, to: bytes, data: bytes, options: Options) -> GasReport:
        """See Connection."""
        return self.chain.gas.explain_call(to, data, **self._call_options(options))

    def gas_of(self, transaction_hash: bytes) -> Figures:
        """See Connection."""
        return self.chain.gas.explain_transaction(transaction_hash).figures

    def ink_of(self, transaction_hash: bytes) -> int | None:
        """See Connection."""
        if self.chain.fork.stylus is None:
            return None
        return self.chain.gas.explain_transaction(transaction_hash).call.used_units

    def where(self, transaction_hash: bytes) -> Where | None:
        """See Connection."""
        return self.chain.failures.of_transaction(transaction_hash, self._find_info)

    def trace(self, transaction_hash: bytes) -> Trace:
        """See Connection."""
        result, trace = self.chain.failures.trace_transaction(transaction_hash)
        schedule = self.chain.engine.schedule
        facts = trace_facts(schedule, transaction_hash, result)
        explain = partial(self.chain.gas.explain_transaction, transaction_hash)
        return Trace(trace, self.book, facts, schedule.units_per_gas, explain)

    def logs(self, from_block: int, to_block: int | None) -> Iterator[tuple[int, Log]]:
        """See Connection."""
        head = self.chain.head.header.number
        last = head if to_block is None else min(to_block, head)
        for number in range(from_block, last + 1):
            index = 0
            block = self.chain.block(number)
            for transaction in block.transactions:
                for log in self.chain.receipt(transaction.hash).logs:
                    yield index, log
                    index += 1

    def code(self, address: bytes) -> bytes:
        """See Connection."""
        return self.chain.code(address)

    def balance(self, address: bytes) -> int:
        """See Connection."""
        return self.chain.balance(address)

    def storage(self, address: bytes, slot: Any) -> bytes:
        """See Connection."""
        return self.chain.storage(address, slot)

    def is_code(self, code: bytes) -> bool:
        """See Connection."""
        return find_host(self.chain.genesis.profile).is_code(code)

    def is_constructor(self, address: bytes) -> bool:
        """See Connection."""
        # Not as a call that a session counts: nobody asked for it.
        called = Blockchain.call(self.chain, address)
        return called.succeeded and self.is_code(called.output)

    @property
    def runs_constructors(self) -> bool:
        """See Connection."""
        return self.chain.fork.stylus is None

    def _call_options(self, options: Options) -> dict[str, Any]:
        return {
            "sender": self._address(self._sender(options.sender)),
            "value": options.value,
            "gas_limit": options.gas_limit,
            "at": self._place() if options.at is None else options.at,
        }

    def _place(self) -> Any:
        """The head: by hash, as it may be another when a call is run again."""
        head = self.chain.reader.head
        return None if head.next_block.edited else head.block.hash

    def _sender(self, given: Any) -> Any:
        if given is not None:
            return given
        return self.book.senders[-1] if self.book.senders else self.accounts[0]

    def _address(self, given: Any) -> Address:
        return Address(address_of(given, self.book.names.get, "sender"))

    def _signer(self, given: Any) -> DeveloperAccount | Address:
        """The account that signs; an address without a key may only prank."""
        sender = self._sender(given)
        if isinstance(sender, DeveloperAccount):
            return sender
        address = self._address(sender)
        account = self.book.accounts.get(bytes(address))
        if account is None and given is None:
            return address
        return self._keyed(sender)

    def _keyed(self, given: Any) -> DeveloperAccount:
        """The account with a key; NotAvailable for any other."""
        sender = self._sender(given)
        if isinstance(sender, DeveloperAccount):
            return sender
        address = self._address(sender)
        account = self.book.accounts.get(bytes(address))
        if account is None:
            raise NotAvailable(
                f"no key for {self.book.name_of(address)}, which cannot send"
            )
        return account
