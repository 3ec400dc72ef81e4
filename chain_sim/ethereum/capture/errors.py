"""Errors about cases: one class per reason, with the facts."""

from chain_sim.ethereum.primitives.errors import ChainError
from chain_sim.ethereum.primitives.text import format_data


class MalformedCase(ChainError):
    """A case file breaks a rule; `place` is the path of the offending value."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"not a case: {place}: {reason}")
        self.place = place
        self.reason = reason


class WitnessIncomplete(ChainError):
    """The run read a part of the state that the case does not have.

    Either the witness is incomplete, or the run differs from the captured one.
    """

    def __init__(self, kind: str, name: bytes | int) -> None:
        shown = str(name) if isinstance(name, int) else format_data(name)
        super().__init__(f"the case lacks the {kind} {shown}, which the run asks for")
        self.kind = kind
        self.name = name


class CaseUnbounded(ChainError):
    """Nothing in the case keeps its run from taking very long or very much memory."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the case may take very long, or very much memory: {reason}")
        self.reason = reason
