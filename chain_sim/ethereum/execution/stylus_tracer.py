"""A tracer of host functions, in the form of Nitro's `stylusTracer`."""

from dataclasses import dataclass, field

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from contractvm.hosts.evm.interface import CallResult, Message

CALLS = frozenset({"call_contract", "delegate_call_contract", "static_call_contract"})
RUNS = CALLS | {"create1", "create2"}
MAX_STEPS = 100_000
MAX_BYTES = 32 * 1024 * 1024
# Documents are written by recursive encoders.
MAX_DEPTH = 200


@dataclass(slots=True)
class HostStep:
    """One host function's call: bytes in and out, ink before and after.

    A call also has the callee's address and its steps.
    """

    name: str
    arguments: bytes
    results: bytes
    start_ink: int
    end_ink: int
    address: bytes | None = None
    steps: "list[HostStep] | None" = None

    def document(self, prefix: str = "") -> dict[str, object]:
        """The step as JSON values, bytes in hexadecimal after the prefix."""
        content: dict[str, object] = {
            "name": self.name,
            "args": prefix + self.arguments.hex(),
            "outs": prefix + self.results.hex(),
            "startInk": self.start_ink,
            "endInk": self.end_ink,
        }
        if self.address is not None and self.steps is not None:
            content["address"] = prefix + self.address.hex()
            content["steps"] = [step.document(prefix) for step in self.steps]
        return content


@dataclass(slots=True)
class Budget:
    """How many steps, and bytes of theirs, are still kept; the others are counted."""

    steps: int = MAX_STEPS
    size: int = MAX_BYTES
    left_out: int = 0

    def take(self, size: int, depth: int) -> bool:
        """Whether a step of so many bytes, so deep in calls, is kept."""
        if not self.steps or self.size < size or depth > MAX_DEPTH:
            self.left_out += 1
            return False
        self.steps -= 1
        self.size -= size
        return True


@dataclass(slots=True)
class StepList(MessageObserver):
    """The steps of one message's code; `callee` is what it called last."""

    address: bytes
    budget: Budget
    depth: int
    steps: list[HostStep] = field(default_factory=list)
    callee: "StepList | None" = None

    def host_step(
        self, name: str, arguments: bytes, results: bytes, units: tuple[int, int]
    ) -> None:
        """Add a step, with the callee's if it was a call."""
        if not self.budget.take(len(arguments) + len(results), self.depth):
            return
        step = HostStep(name, arguments, results, *units)
        if name in RUNS:
            if self.callee is not None:
                step.address, step.steps = self.callee.address, self.callee.steps
            self.callee = None
        self.steps.append(step)


class StylusTracer(TransactionObserver):
    """The steps of a transaction's outermost message in `steps`, others inside them.

    Beyond MAX_STEPS, MAX_BYTES and MAX_DEPTH there are none; then the last one is
    called `truncated`.
    """

    def __init__(self) -> None:
        self._budget = Budget()
        self._open: list[StepList] = []
        self._first: StepList | None = None

    @property
    def steps(self) -> list[HostStep]:
        """The steps so far."""
        steps = [] if self._first is None else [*self._first.steps]
        if self._budget.left_out:
            steps.append(HostStep("truncated", b"", b"", 0, 0))
        return steps

    def begin(self, message: Message) -> MessageObserver:
        """Trace a message."""
        depth = len(self._open) + 1
        traced = StepList(message.code_address, self._budget, depth)
        if self._open:
            self._open[-1].callee = traced
        else:
            self._first = traced
        self._open.append(traced)
        return traced

    def end(self, result: CallResult) -> None:  # noqa: ARG002 (steps have it)
        """The newest message has ended."""
        self._open.pop()
