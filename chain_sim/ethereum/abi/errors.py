"""Why an ABI cannot be used."""

from contractvm.errors import ContractVmError


class InvalidAbi(ContractVmError):
    """An ABI file, a type or a signature in it that cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a contract's ABI: {reason}")
        self.reason = reason
