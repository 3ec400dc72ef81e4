"""Receipts of transactions as contract objects give them."""

from functools import cached_property
from typing import Any

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.remote.errors import NotServed
from chain_sim.ethereum.primitives.text import format_data
from contract_testing.contracts.connection import Connection
from contract_testing.contracts.descriptions import Function
from contract_testing.contracts.errors import UndecodableOutput
from contract_testing.contracts.events import Events, read_log
from contract_testing.contracts.html import receipt_table
from contract_testing.contracts.shapes import results_of
from contract_testing.contracts.traces import Trace
from contractvm.ledger.report import Figures
from contractvm.ledger.where import Where

MAX_REPR = 2_000


class Receipt:
    """A transaction's receipt, with what the contract's ABI says of it.

    All attributes of a TransactionReceipt are there too. `contract` is the object that
    sent it.
    """

    def __init__(
        self,
        receipt: TransactionReceipt,
        connection: Connection,
        contract: Any = None,
        function: Function | None = None,
    ) -> None:
        self.receipt = receipt
        self.contract = contract
        self._connection = connection
        self._function = function

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.receipt, name)

    @cached_property
    def return_value(self) -> Any:
        """What the function returned; None for one without results.

        Raises UndecodableOutput where the output is something else.
        """
        function = self._function
        if function is None or not self.receipt.succeeded:
            return None
        is_decoded, value = results_of(function.outputs, self.receipt.output)
        if not is_decoded:
            raise UndecodableOutput(function.signature, self.receipt.output)
        return value

    @cached_property
    def events(self) -> Events:
        """The events, in order; logs of unknown contracts are RawLog."""
        book = self._connection.book
        return Events(
            read_log(log, index, book.abi_at(log.address), book.name_of)
            for index, log in enumerate(self.receipt.logs)
        )

    @cached_property
    def gas(self) -> Figures:
        """Gas by its mode: `tx`, `call` and `net`; the transaction is run again."""
        return self._connection.gas_of(self.receipt.transaction_hash)

    @cached_property
    def ink(self) -> int | None:
        """The ink that a Stylus program and all that it called used; None elsewhere.

        The transaction is run again.
        """
        return self._connection.ink_of(self.receipt.transaction_hash)

    @cached_property
    def where(self) -> Where | None:
        """Where the contract failed; None if it did not."""
        if self.receipt.succeeded:
            return None
        return self._connection.where(self.receipt.transaction_hash)

    def trace(self) -> Trace:
        """What the transaction did, step by step; it is run again."""
        return self._connection.trace(self.receipt.transaction_hash)

    def __repr__(self) -> str:
        receipt = self.receipt
        text = format_data(receipt.transaction_hash)
        status = "success" if receipt.succeeded else "failed"
        line = (
            f"<Receipt {text[:6]}...{text[-2:]} block {receipt.block_number}"
            f" {status}, gas {receipt.gas_used:,}{self._returned()}"
        )
        shown = "\n".join([line, *(f"  {event!r}" for event in self.events)]) + ">"
        return shown if len(shown) <= MAX_REPR else f"{shown[:MAX_REPR]}... cut>"

    def _repr_html_(self) -> str:
        """A table with the trace folded, for notebooks."""
        receipt = self.receipt
        facts = [
            ("block", str(receipt.block_number)),
            ("status", "success" if receipt.succeeded else "failed"),
            ("gas", f"{receipt.gas_used:,}{self._returned()}"),
            *(("event", repr(event)) for event in self.events),
        ]
        try:
            trace = str(self.trace())
        except NotServed as error:
            trace = str(error)
        return receipt_table(format_data(receipt.transaction_hash), facts, trace)

    def _returned(self) -> str:
        try:
            value = self.return_value
        except UndecodableOutput:
            return ", returned what does not decode"
        return "" if value is None else f", returned {value!r}"
