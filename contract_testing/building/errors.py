"""Errors of builds: each names the contract or the file, and what to do."""

from contractvm.errors import ContractVmError


class BuildFailed(ContractVmError):
    """A contract cannot be built; `output` is what the compiler said, maybe empty."""

    def __init__(self, reason: str, output: str = "") -> None:
        super().__init__(reason)
        self.output = output


class MissingTool(BuildFailed):
    """A compiler is not installed; the message has the command that installs it."""


class UnfitSources(ContractVmError):
    """The sources of a project, or its settings for them, cannot be used."""
