"""Transactions of cases in the chain's own form, to run again and explain."""

from chain_sim.database.interface import KeyValueStore
from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.execution.placed_transaction import (
    RepeatableTransaction,
    S,
)
from contract_fuzz.cases.case import CaseTransaction, Position, StartState
from contract_fuzz.cases.positions import OpenPosition, OpenPositions


class CaseReplays:
    """Places transactions on positions of one start state, on the interpreter."""

    def __init__(self, start: StartState) -> None:
        self._start = start
        self.engine = engine_for(start.genesis).engine
        self._positions = OpenPositions(start, start.database(), self.engine)
        self.begin = self._positions.begin

    @property
    def database(self) -> KeyValueStore:
        """The states of all opened positions."""
        return self._positions.database

    def open(self, position: Position) -> OpenPosition:
        """The position with its state; raises PositionDiffers."""
        return self._positions.open(position)

    def after(self, position: Position, transaction: CaseTransaction) -> Position:
        """The position after the transaction's block; raises InvalidTransaction."""
        opened, _ = self._positions.after(self.open(position), transaction)
        self._positions.keep(opened)
        return opened.position

    def place(
        self, position: Position, transaction: CaseTransaction
    ) -> RepeatableTransaction:
        """The transaction in its block; raises PositionDiffers."""
        opened = self.open(position)
        sender = self._start.senders[transaction.sender].address
        placed = opened.place(transaction, sender)

        def open_state(kind: type[S], /) -> S:
            return self._positions.open_state(position.root, kind)

        return RepeatableTransaction(
            placed.tx, sender, placed.context, open_state=open_state
        )
