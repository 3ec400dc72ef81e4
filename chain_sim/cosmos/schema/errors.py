"""Errors of schemas, and of values that do not fit one."""

from contractvm.errors import ContractVmError


class InvalidSchema(ContractVmError):
    """A schema cannot be read, or says something impossible; `reason` says where."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class SchemaMismatch(ContractVmError):
    """A value does not fit the schema; `path` is its JSONPath: `$.mint.amount`."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class UnfitMessage(SchemaMismatch):
    """A message that the contract does not take; nothing was sent."""


class UnfitAnswer(SchemaMismatch):
    """A contract's answer is not what its schema promises."""
