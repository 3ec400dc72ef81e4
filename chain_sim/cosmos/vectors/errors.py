"""Why a row of a vector file has no value."""

from contractvm.errors import ContractVmError


class MissingContract(ContractVmError):
    """The folder has no file for the contract that a row names."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the folder has no contract {name}")
        self.name = name


class UnknownStep(ContractVmError):
    """Nothing computes the step that a row names."""

    def __init__(self, step: str) -> None:
        super().__init__(f"no rule for the step {step!r}")
        self.step = step


class MalformedVectors(ContractVmError):
    """A vector file is not of the form that is run here."""
