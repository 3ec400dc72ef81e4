"""What is known of a trace's steps: functions, errors, events, and source lines."""

from typing import Any

from chain_sim.ethereum.chain.call_trace import CallStep, CallTrace, HostStep
from contract_testing.contracts.abi import AbiContent
from contract_testing.contracts.book import Book
from contract_testing.contracts.descriptions import SELECTOR_BYTES, Function
from contract_testing.contracts.events import Event, RawLog, read_log
from contract_testing.contracts.failures import Reverted, reverted
from contract_testing.contracts.shapes import decode
from contractvm.errors import ContractVmError
from contractvm.hosts.evm.interface import Log
from contractvm.ledger.source_lines import SourceLines

WORD_BYTES = 32
LOGS = ("log", "emit_log")

Decoded = tuple[Function, tuple[Any, ...]]


class TraceReading:
    """Decodes steps by the ABIs and the debug builds of a book."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._lines: dict[bytes, SourceLines | None] = {}
        self._senders: dict[int, CallStep] = {}

    def learn(self, trace: CallTrace) -> None:
        """Learn which message sent which."""
        for message in trace.messages():
            for step in message.steps:
                if isinstance(step, CallStep):
                    self._senders[id(step)] = message

    def abi(self, call: CallStep) -> AbiContent | None:
        """The ABI of the code that a message runs."""
        return self.book.abi_at(call.message.code_address or call.recipient)

    def call(self, call: CallStep) -> Decoded | None:
        """The function that a message calls, and its arguments."""
        abi, data = self.abi(call), call.message.data
        for function in () if abi is None else abi.functions:
            if data[:SELECTOR_BYTES] == function.abi.selector:
                values = decode(function.inputs, data[SELECTOR_BYTES:])
                if values is not None:
                    return function, values
        return None

    def error(self, call: CallStep, output: bytes) -> Reverted:
        """What a message reverted with."""
        abi = self.abi(call)
        own = () if abi is None else abi.errors
        return reverted(output, own, self.book.errors())

    def event(self, call: CallStep, step: HostStep) -> Event | RawLog:
        """The event that a host call emitted."""
        return read_log(log_of(call, step), 0, self.abi(call), self.book.name_of)

    def line(self, call: CallStep, step: HostStep | None) -> tuple[str, int] | None:
        """The source line of a host call of a message."""
        if step is None or step.offset is None:
            return None
        if call.module not in self._lines:
            try:
                self._lines[call.module] = self.book.debug_info(call.module).lines
            except ContractVmError:
                self._lines[call.module] = None
        lines = self._lines[call.module]
        return None if lines is None else lines.line_at(step.offset)

    def sent_at(self, call: CallStep) -> tuple[str, int] | None:
        """The source line at which another message sent this one."""
        sender = self._senders.get(id(call))
        return None if sender is None else self.line(sender, call.sent_by)

    def stopped_at(self, call: CallStep) -> tuple[str, int] | None:
        """The source line of the host call that a failed message ended in."""
        last = call.steps[-1] if call.steps else None
        if not isinstance(last, HostStep) or last.end is not None:
            return None
        return self.line(call, last)


def log_of(call: CallStep, step: HostStep) -> Log:
    """The log that a host call made."""
    data, *topics = step.read
    if step.name == "emit_log":
        start = WORD_BYTES * step.arguments[2]
        words = (
            data.content[at : at + WORD_BYTES] for at in range(0, start, WORD_BYTES)
        )
        return Log(bytes(call.recipient), tuple(words), data.content[start:])
    count = min(step.arguments[2], len(topics))
    return Log(
        bytes(call.recipient),
        tuple(each.content for each in topics[:count]),
        data.content,
    )
