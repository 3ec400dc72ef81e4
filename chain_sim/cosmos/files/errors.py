"""Reasons why a file of a Cosmos chain cannot be used: one class per reason."""

from contractvm.errors import ContractVmError


class MalformedChainFile(ContractVmError):
    """A file is not what it should be, for a `reason` at a `place` in it."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}")
        self.place = place
        self.reason = reason


class StateIncomplete(ContractVmError):
    """A run needs state that its file does not have; `key` is where that begins."""

    def __init__(self, key: bytes) -> None:
        super().__init__(f"the file lacks the state at key 0x{key.hex()}")
        self.key = key


class CaseUnbounded(ContractVmError):
    """Nothing bounds the time that a case takes, or not enough."""

    def __init__(self, gas: int, most: int) -> None:
        super().__init__(
            f"its gas limits are {gas} together, more than {most}; --trust runs it"
        )
        self.gas = gas
