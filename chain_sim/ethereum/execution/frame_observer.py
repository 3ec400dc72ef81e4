"""Callbacks for observers of a transaction; an observer changes nothing."""

from collections.abc import Callable

from chain_sim.ethereum.execution.settlement import Settlement
from contractvm.hosts.evm.costs import PrecompileCosts
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.hosts.evm.observer import FrameObserver
from contractvm.hosts.interface import HostInterface


class MessageObserver(FrameObserver):
    """An observer of one message call, creation or precompile."""

    def code_found(self, message: Message, code: bytes) -> None:
        """There is code to run; a creation's message has its account by now."""

    def precompile_priced(
        self, name: str, price: Callable[[PrecompileCosts], int]
    ) -> None:
        """It is a precompiled contract; `price` gives its gas."""

    def system_contract_run(self, log_count: int) -> None:
        """It was a contract of the chain itself, which wrote so many logs."""

    def code_returned(self, code: bytes) -> None:
        """A creation's init code succeeded and returned this."""

    def deposit_charged(self) -> None:
        """The returned code is good; storing it is charged next."""


class TransactionObserver:
    """An observer of one transaction's messages; its end sets `settlement`."""

    settlement: Settlement | None = None

    def begin(self, message: Message) -> MessageObserver | None:  # noqa: ARG002
        """A message is about to run, sent by the one that began last and still runs.

        The result observes that message; None where it is of no interest.
        """
        return None

    def observed(self, interface: HostInterface) -> HostInterface:
        """The interface that runs instead of this one, with the same results."""
        return interface

    def end(self, result: CallResult) -> None:
        """The message that began last, of those that still run, has this result."""
