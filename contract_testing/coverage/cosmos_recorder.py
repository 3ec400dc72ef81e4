"""Recording of coverage on Cosmos chains: each transaction is run again, counted."""

from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.transactions import TransactionOutcome
from chain_sim.cosmos.gas_ledger import GasNode
from contract_testing.contracts.book import Book
from contract_testing.coverage.counts import AllCounts
from contract_testing.coverage.recorder import count_module


class CosmosRecorder:
    """Counts what runs on Cosmos chains; `counts` are by hash of the code section.

    `book` has the debug builds. `counts` may be those of another recorder.
    """

    def __init__(
        self, book: Book | None = None, counts: AllCounts | None = None
    ) -> None:
        self.counts: AllCounts = {} if counts is None else counts
        self._book = Book() if book is None else book

    def cover(self, chain: CosmosChain) -> None:
        """Count every transaction of a chain from now on: each is run again."""
        chain.notes.append(self.transaction)

    def transaction(self, outcome: TransactionOutcome) -> None:
        """Count a transaction, with its queries and submessages."""
        self.take(outcome.ledger())

    def take(self, ledger: GasNode) -> None:
        """Count a transaction that was recorded."""
        for node, _ in ledger.each():
            if node.ran is not None:
                code = node.ran.module
                builds = code, self._book.build_of(code)
                count_module(self.counts, builds, node.ran.counts, node.ran.sites)
