"""Errors of a test session's chains."""

from contractvm.errors import ContractVmError


class SnapshotOutOfScope(ContractVmError):
    """A snapshot from before the test; going back to it would undo its fixtures."""

    def __init__(self, snapshot: int) -> None:
        super().__init__(f"snapshot {snapshot} is older than the test that runs")
        self.snapshot = snapshot


class WrongThread(ContractVmError):
    """The session's chain is used by a thread that the test started."""

    def __init__(self) -> None:
        super().__init__("the chain of the tests is for the thread that runs them")
