"""Errors that guests' API raises, and the refusals that host functions raise in it."""

from contractvm.errors import ContractVmError, ExecutionStopped

GREATEST_CODE = 2**31 - 1


class UnknownImports(ContractVmError):
    """A module imports what neither its ABI nor the given host functions provide."""

    def __init__(self, names: tuple[tuple[str, str], ...]) -> None:
        listed = ", ".join(f"{module}.{name}" for module, name in names)
        super().__init__(f"nothing provides the imports {listed}")
        self.names = names


class NoSuchExport(ContractVmError):
    """A guest exports no func of this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        listed = ", ".join(known) or "none"
        super().__init__(f"no exported func {name!r}: there are {listed}")
        self.name = name
        self.known = known


class GuestError(Exception):
    """A host function's refusal, which the guest sees as the result `-code`.

    `code` is 1 to 2^31 - 1. The function must have an integer, bytes, text or JSON as
    its result.
    """

    def __init__(self, code: int) -> None:
        if not 1 <= code <= GREATEST_CODE:
            raise ValueError(f"the code is {code}, not 1 to 2^31 - 1")
        super().__init__(f"refused with code {code}")
        self.code = code


class InstanceEnded(ContractVmError):
    """An instance whose last call did not succeed was called again."""

    def __init__(self) -> None:
        super().__init__("the instance has ended: its last call did not succeed")


class InstanceBusy(ContractVmError):
    """An instance was called by two threads at once."""

    def __init__(self) -> None:
        super().__init__("the instance is in a call")


class HostRaised(ExecutionStopped):
    """A host function raised an exception: the run ends, the guest sees nothing."""

    def __init__(self, name: str, exception: Exception) -> None:
        text = f"{type(exception).__name__}: {exception}"
        self.text = str(exception) if isinstance(exception, RecordedFailure) else text
        super().__init__(f"{name} raised {self.text}")
        self.name = name
        self.exception = exception


class RecordedFailure(Exception):
    """What a host function raised when the run was recorded, as text."""
