"""Calls, events and errors by name, where an ABI is known.

Most runs know none, and import nothing for it.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import (
    Document,
    failure_text,
    log_documents,
    log_lines,
    receipt_document,
    receipt_facts,
)
from chain_sim.ethereum.primitives.text import Address
from contractvm.hosts.evm.interface import Log
from contractvm_cli.address_book import book_path, read_book

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain
    from contractvm_cli.known_abis import KnownAbis

abi_option = click.option(
    "--abi",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The contract's ABI, instead of the one that is known.",
)


def may_know_abis() -> bool:
    """Whether the book or the database may have an ABI of a contract."""
    database = click.get_current_context().params.get("db")
    is_registry = database is not None and database.joinpath("abis").is_dir()
    return is_registry or any(
        entry.abi is not None
        for entries in read_book(book_path()).chains.values()
        for found in entries.values()
        for entry in found
    )


def known_abis(
    chain: "Blockchain | NodeChain", address: Address | None, path: Path | None
) -> "KnownAbis | None":
    """The ABIs of a chain's contracts, with that of a file for `address`.

    None where none is known. Raises CommandFailed and OSError for the file.
    """
    if path is None and not may_know_abis():
        return None
    from contractvm_cli.known_abis import (  # noqa: PLC0415 (most runs know none)
        KnownAbis,
    )

    found = KnownAbis(chain)
    found.give(address, path)
    return found


class Naming:
    """Documents and text of a result, with the names that are known.

    It is made while the chain is open, for a contract and the logs, and used after.
    """

    def __init__(
        self,
        abis: "KnownAbis | None" = None,
        address: bytes | None = None,
        logs: Sequence[Log] = (),
    ) -> None:
        self._abis = abis
        if abis is not None:
            abis.learn(address, *(log.address for log in logs))

    def failure(self, address: bytes | None, error: str | None, output: bytes) -> str:
        """Why a contract failed."""
        if self._abis is None:
            return failure_text(error, output)
        return self._abis.failure(_address(address), error, output)

    def log_lines(self, logs: Sequence[Log]) -> list[str]:
        """Lines for logs; an event that is known has one."""
        if self._abis is None:
            return log_lines(logs)
        return log_lines(logs, self._abis.event_text)

    def log_documents(self, logs: Sequence[Log]) -> list[Document]:
        """Logs as documents; an event that is known is under `event`."""
        documents = log_documents(logs)
        if self._abis is None:
            return documents
        events = map(self._abis.event_document, logs)
        pairs = zip(documents, events, strict=True)
        return [{**document, **event} for document, event in pairs]

    def error_document(self, address: bytes | None, output: bytes) -> Document:
        """`decodedError`, for a failure with an error of the contract's own."""
        if self._abis is None:
            return {}
        return self._abis.error_document(_address(address), output)

    def call_document(self, address: bytes | None, data: bytes) -> Document:
        """`decodedInput`, for a transaction whose function is known."""
        if self._abis is None:
            return {}
        return self._abis.call_document(_address(address), data)

    def call_text(self, address: bytes | None, data: bytes) -> str | None:
        """`transfer(to=0x..., amount=5)`; None where it is not known."""
        if self._abis is None:
            return None
        return self._abis.call_text(_address(address), data)

    def receipt_document(self, receipt: TransactionReceipt) -> Document:
        """A transaction's result."""
        document = receipt_document(receipt)
        document["logs"] = self.log_documents(receipt.logs)
        if not receipt.succeeded:
            document |= self.error_document(receipt.to, receipt.output)
        return document

    def receipt_facts(self, receipt: TransactionReceipt) -> Document:
        """A transaction's result as text."""
        facts: dict[str, Any] = receipt_facts(receipt)
        facts["logs"] = self.log_lines(receipt.logs)
        if not receipt.succeeded:
            why = self.failure(receipt.to, receipt.error, receipt.output)
            facts["status"] = f"failed: {why}"
        return facts


UNNAMED = Naming()


def _address(address: bytes | None) -> Address | None:
    return None if address is None else Address(address)
