"""The Cosmos chain of a test session, which notes every transaction."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from chain_sim.cosmos.chain.contracts import Code, Run
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.chain.transactions import Produced, TransactionOutcome
from contract_testing.contracts.book import Book
from contract_testing.plugin.errors import SnapshotOutOfScope, WrongThread
from contractvm.runtime.module_source import (
    ModuleSource,
    is_module_text,
    module_bytes,
)

CosmosNote = Callable[[TransactionOutcome], None]


@dataclass(frozen=True, slots=True)
class CosmosMark:
    """A state of the Cosmos chain to come back to."""

    height: int
    passed_time: int
    messages: dict[str, Any]
    queries: dict[str, Any]


class SessionCosmosChain(CosmosChain):
    """A chain in memory that notes its transactions; `floor` is the oldest snapshot."""

    floor = 0

    def __init__(
        self, release: str | None, engine: str, notes: list[CosmosNote], book: Book
    ) -> None:
        super().__init__(release, engine=engine)
        self.notes = notes
        self._book = book
        self._thread = threading.get_ident()
        self.beginning = self.mark()

    def transact(
        self, run: Run, gas_limit: int | None, sent: SentMessage | None = None
    ) -> tuple[TransactionOutcome, Produced]:
        """See CosmosChain; raises WrongThread in a thread that did not make it."""
        if threading.get_ident() != self._thread:
            raise WrongThread
        return super().transact(run, gas_limit, sent)

    def store(self, code: ModuleSource, *arguments: Any, **options: Any) -> Code:
        """See CosmosChain; a debug build beside the module's file is known."""
        if isinstance(code, str | PathLike) and not is_module_text(code):
            self._book.learn_build_beside(Path(code), module_bytes(code))
        return super().store(code, *arguments, **options)

    def revert(self, height: int) -> None:
        """See CosmosChain.revert; raises SnapshotOutOfScope."""
        if height < self.floor:
            raise SnapshotOutOfScope(height)
        super().revert(height)

    def mark(self) -> CosmosMark:
        """The state as it is now."""
        handlers = self.handlers
        return CosmosMark(
            self.head.height,
            self.passed_time,
            dict(handlers.messages),
            dict(handlers.queries),
        )

    def restore(self, mark: CosmosMark) -> None:
        """Go back, also with the clock and the handlers."""
        super().revert(mark.height)
        self.pass_time(mark.passed_time)
        for handlers, marked in (
            (self.handlers.messages, mark.messages),
            (self.handlers.queries, mark.queries),
        ):
            handlers.clear()
            handlers.update(marked)

    @property
    def state(self) -> tuple[Any, ...] | None:
        """What changes with the chain; None while it is as it began."""
        mark = self.mark()
        return None if mark == self.beginning else (self.head, mark)
