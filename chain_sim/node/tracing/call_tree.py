"""The calls of one transaction, as a tree with logs."""

from collections.abc import Iterator

from msgspec import Struct, field

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from contractvm.errors import OutOfGas, Trap
from contractvm.hosts.evm.interface import (
    CREATE,
    SUCCESS,
    CallResult,
    CallStatus,
    Log,
    Message,
    MessageKind,
)

# The function that writes a log, by host interface.
LOG, EMIT_LOG = "log", "emit_log"
SELF_DESTRUCT = "SELFDESTRUCT"
TYPES = {
    MessageKind.CALL: "CALL",
    MessageKind.CALL_CODE: "CALLCODE",
    MessageKind.CALL_DELEGATE: "DELEGATECALL",
    MessageKind.CALL_STATIC: "STATICCALL",
    MessageKind.CREATE: "CREATE",
}


class LogMark(Struct):
    """A log of a frame: after how many of its calls, and the log, once it is known."""

    position: int
    log: Log | None = None
    index: int = 0


class CallNode(Struct):
    """One message and what it sent, or the ether of an account that is removed."""

    message: Message
    result: CallResult | None = None
    calls: list["CallNode"] = field(default_factory=list)
    logs: list[LogMark] = field(default_factory=list)
    is_precompile: bool = False
    is_self_destruct: bool = False
    deployed: bytes = b""

    @property
    def type(self) -> str:
        """The name of its kind."""
        return SELF_DESTRUCT if self.is_self_destruct else TYPES[self.message.kind]

    @property
    def succeeded(self) -> bool:
        """Whether it neither failed nor reverted."""
        return self.result is not None and self.result.status is SUCCESS

    @property
    def error(self) -> str | None:
        """Why it failed, in words; None where it did not."""
        result = self.result
        if result is None or result.status is SUCCESS:
            return None
        if result.status is CallStatus.REVERTED:
            return "execution reverted"
        if isinstance(result.error, OutOfGas):
            return "out of gas"
        if isinstance(result.error, Trap):
            return f"trap: {result.error}"
        return str(result.error)

    def walk(self) -> Iterator["CallNode"]:
        """The message and all under it, in the order of their starts."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.calls))


class FrameTracer(MessageObserver):
    """Notes what one message does."""

    def __init__(self, node: CallNode, marks: list[LogMark]) -> None:
        self._node = node
        self._marks = marks

    def code_found(self, message: Message, code: bytes) -> None:  # noqa: ARG002 (an observer's signature)
        """A creation's message has its account by now."""
        self._node.message = message

    def code_returned(self, code: bytes) -> None:
        """A creation's init code ended with it."""
        self._node.deployed = code

    def precompile_priced(self, name: str, price: object) -> None:  # noqa: ARG002 (an observer's signature)
        """It is a precompiled contract."""
        self._node.is_precompile = True

    def host_call(self, module: str, name: str, length: int) -> None:  # noqa: ARG002 (an observer's signature)
        """A log may follow."""
        if name == LOG:
            self._mark_log()

    def host_step(
        self,
        name: str,
        arguments: bytes,  # noqa: ARG002 (an observer's signature)
        results: bytes,  # noqa: ARG002 (an observer's signature)
        units: tuple[int, int],  # noqa: ARG002 (an observer's signature)
    ) -> None:
        """A log was written."""
        if name == EMIT_LOG:
            self._mark_log()

    def system_contract_run(self, log_count: int) -> None:
        """See MessageObserver."""
        for _ in range(log_count):
            self._mark_log()

    def _mark_log(self) -> None:
        mark = LogMark(len(self._node.calls))
        self._node.logs.append(mark)
        self._marks.append(mark)

    def self_destructed(self, beneficiary: bytes, balance: int) -> None:
        """See FrameObserver: geth shows it as the last message that is sent."""
        sender = self._node.message.recipient
        message = Message(
            MessageKind.CALL, sender, beneficiary, beneficiary, balance, b"", 0
        )
        ended = CallResult(SUCCESS)
        self._node.calls.append(CallNode(message, ended, is_self_destruct=True))


class CallTracer(TransactionObserver):
    """Records the tree of a transaction's calls; `root` is its message."""

    root: CallNode

    def __init__(self) -> None:
        self.settlement = None
        self._open: list[tuple[CallNode, int]] = []
        self._marks: list[LogMark] = []

    def begin(self, message: Message) -> FrameTracer:
        """See TransactionObserver."""
        node = CallNode(message)
        if self._open:
            self._open[-1][0].calls.append(node)
        else:
            self.root = node
        self._open.append((node, len(self._marks)))
        return FrameTracer(node, self._marks)

    def end(self, result: CallResult) -> None:
        """See TransactionObserver: the logs of what failed are gone."""
        node, first_mark = self._open.pop()
        node.result = result
        if result.status is not SUCCESS:
            del self._marks[first_mark:]
            for failed in node.walk():
                failed.logs.clear()

    def add_logs(self, logs: tuple[Log, ...], first_index: int = 0) -> None:
        """Give the marks their logs, those of the transaction's receipt."""
        for index, (mark, log) in enumerate(zip(self._marks, logs, strict=True)):
            mark.log = log
            mark.index = first_index + index


def is_creation(node: CallNode) -> bool:
    """Whether it makes a contract."""
    return node.message.kind is CREATE
