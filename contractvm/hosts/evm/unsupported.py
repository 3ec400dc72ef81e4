"""The refusal of code that only an Ethereum Virtual Machine could run."""

from contractvm.errors import ContractVmError


class UnsupportedCode(ContractVmError):
    """Code `what` of the account is met, which nothing here runs.

    It says nothing about the code: no result of the transaction would be true.
    """

    def __init__(self, what: str, address: bytes) -> None:
        super().__init__(f"{what} at 0x{address.hex()}, not supported")
        self.what = what
        self.address = address
