"""Failures of a property: one class per reason, all of them AssertionErrors."""

from contractvm.errors import ContractVmError


class PropertyFailed(ContractVmError, AssertionError):
    """Something that must hold does not; Hypothesis shrinks what led to it."""


class UnexpectedRevert(PropertyFailed):
    """A transaction reverted although it had to succeed; `reason` is the contract's."""

    def __init__(self, call: str, reason: str | None) -> None:
        why = "without a reason" if reason is None else f"with {reason!r}"
        super().__init__(f"{call} reverted {why}")
        self.call = call
        self.reason = reason


class UnexpectedFailure(PropertyFailed):
    """A transaction trapped, ran out of gas or was stopped by the host."""

    def __init__(self, call: str, error: str) -> None:
        super().__init__(f"{call} failed: {error}")
        self.call = call
        self.error = error


class UnexpectedSuccess(PropertyFailed):
    """A transaction succeeded although it had to revert."""

    def __init__(self, call: str) -> None:
        super().__init__(f"{call} succeeded, and was to revert")
        self.call = call


class CallFailed(PropertyFailed):
    """A call gave no answer although it had to."""

    def __init__(self, call: str, reason: str) -> None:
        super().__init__(f"{call} gives no answer: {reason}")
        self.call = call
        self.reason = reason


class GasBoundExceeded(PropertyFailed):
    """Something used more gas than allowed."""

    def __init__(self, what: str, gas_used: int, bound: int) -> None:
        super().__init__(f"{what} takes {gas_used} gas, {bound} allowed")
        self.what = what
        self.gas_used = gas_used
        self.bound = bound


class UnusableArguments(ContractVmError):
    """Arguments that do not fit a function's types."""

    def __init__(self, signature: str, reason: str) -> None:
        super().__init__(f"{signature}: {reason}")
        self.signature = signature
        self.reason = reason


class DeploymentFailed(ContractVmError):
    """The contract under test cannot be deployed."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name} cannot be deployed: {reason}")
        self.name = name
        self.reason = reason


class NoContract(ContractVmError):
    """A machine that does not name its contract."""

    def __init__(self, machine: str) -> None:
        super().__init__(f"{machine}.contract is not set: name a .wasm or .wat file")
        self.machine = machine
