"""Errors about ABIs: unusable files, unknown functions, values of other types."""

from reprlib import repr as short_repr

from contractvm.errors import ContractVmError


class InvalidAbi(ContractVmError):
    """An ABI file, a type or a signature in it that cannot be used."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a contract's ABI: {reason}")
        self.reason = reason


class UnencodableValue(ContractVmError):
    """A value that the ABI's type does not have."""

    def __init__(self, type_text: str, value: object) -> None:
        super().__init__(f"{short_repr(value)} is not of the type {type_text}")
        self.type_text = type_text
        self.value = value


class UnknownFunction(ContractVmError):
    """The requested function is not in the ABI."""

    def __init__(self, wanted: str, known: tuple[str, ...]) -> None:
        super().__init__(
            f"no function {wanted} in the ABI: it has {', '.join(known) or 'none'}"
        )
        self.wanted = wanted
        self.known = known


class AmbiguousFunction(ContractVmError):
    """A name that several functions of the ABI have; the signature tells them apart."""

    def __init__(self, name: str, signatures: tuple[str, ...]) -> None:
        super().__init__(
            f"{name} is one of {', '.join(signatures)}: give the signature"
        )
        self.name = name
        self.signatures = signatures
