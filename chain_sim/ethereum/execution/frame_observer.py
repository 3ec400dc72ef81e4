"""What the chain tells whoever watches a transaction; nobody does unless it is wished.

Telling changes nothing of what a contract can see.
"""

from collections.abc import Callable, Mapping
from typing import Protocol

from chain_sim.ethereum.execution.settlement import Settlement
from contractvm.hosts.evm.interface import CallResult, Message
from contractvm.hosts.evm.observer import FrameRecorder


class MessageRecorder(FrameRecorder, Protocol):
    """Watches one message call, creation or precompile."""

    def code_found(self, message: Message, code: bytes) -> None:
        """There is code to run; a creation's message knows its account by now."""

    def precompile_priced(
        self, name: str, price: Callable[[Mapping[str, int]], int]
    ) -> None:
        """It is a precompiled contract."""

    def code_returned(self, code: bytes) -> None:
        """A creation's init code succeeded and returned this."""

    def deposit_charged(self) -> None:
        """The returned code is good, and is charged for next."""


class TransactionRecorder(Protocol):
    """Watches the messages of one transaction."""

    settlement: Settlement | None

    def begin(self, message: Message) -> MessageRecorder:
        """A message is about to run, sent by the one that began last and runs."""

    def end(self, result: CallResult) -> None:
        """The message that began last, of those that run, came to `result`."""
