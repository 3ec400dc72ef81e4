"""A tracer of host functions, in the form of Nitro's `stylusTracer`."""

from dataclasses import dataclass, field

from chain_sim.ethereum.execution.frame_observer import (
    MessageObserver,
    TransactionObserver,
)
from contractvm.hosts.evm.interface import CallResult, Message

CALLS = frozenset({"call_contract", "delegate_call_contract", "static_call_contract"})
RUNS = CALLS | {"create1", "create2"}


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
class StepList(MessageObserver):
    """The steps of one message's code; `callee` is what it called last."""

    address: bytes
    steps: list[HostStep] = field(default_factory=list)
    callee: "StepList | None" = None

    def host_step(
        self, name: str, arguments: bytes, results: bytes, units: tuple[int, int]
    ) -> None:
        """Add a step, with the callee's if it was a call."""
        step = HostStep(name, arguments, results, *units)
        if name in RUNS:
            if self.callee is not None:
                step.address, step.steps = self.callee.address, self.callee.steps
            self.callee = None
        self.steps.append(step)


class StylusTracer(TransactionObserver):
    """The steps of a transaction's outermost message in `steps`, others inside them."""

    def __init__(self) -> None:
        self._open: list[StepList] = []
        self._first: StepList | None = None

    @property
    def steps(self) -> list[HostStep]:
        """The steps so far."""
        return [] if self._first is None else self._first.steps

    def begin(self, message: Message) -> MessageObserver:
        """Trace a message."""
        traced = StepList(message.code_address)
        if self._open:
            self._open[-1].callee = traced
        else:
            self._first = traced
        self._open.append(traced)
        return traced

    def end(self, result: CallResult) -> None:  # noqa: ARG002 (steps have it)
        """The newest message has ended."""
        self._open.pop()
