"""Errors of contract objects: what was asked for cannot be done, and why."""

from collections.abc import Sequence

from contractvm.errors import ContractVmError


class InvalidUse(ContractVmError):
    """Something was asked of a contract object that it cannot do; nothing was sent."""


class ArgumentsMismatch(InvalidUse):
    """The arguments fit no function of the name; a line for each overload says why."""

    def __init__(self, call: str, reasons: Sequence[str]) -> None:
        lines = reasons
        if len(reasons) > 1:
            lines = (f"{call} fits none of:", *(f"  {reason}" for reason in reasons))
        super().__init__("\n".join(lines))
        self.call = call
        self.reasons = tuple(reasons)


class AmbiguousCall(InvalidUse):
    """The arguments fit several functions of the name; which is never guessed."""

    def __init__(self, name: str, arguments: str, signatures: Sequence[str]) -> None:
        super().__init__(
            f"{name}{arguments} fits {' and '.join(signatures)};"
            f' write contract["{signatures[0]}"]{arguments}'
        )
        self.signatures = tuple(signatures)


class UnfitValue(InvalidUse):
    """A value that a parameter of this type cannot take."""

    def __init__(self, place: str, reason: str) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.place = place
        self.reason = reason


class NotPayable(InvalidUse):
    """Ether for a function that takes none."""

    def __init__(self, signature: str, value: int) -> None:
        super().__init__(f"{signature} takes no ether, value is {value} wei")
        self.signature = signature
        self.value = value


class NoContract(InvalidUse):
    """There is no code at the address."""

    def __init__(self, address: str) -> None:
        super().__init__(f"no contract at {address}; check=False makes the object")
        self.address = address


class NoConstructor(InvalidUse):
    """Arguments for a contract whose ABI has no constructor that takes any."""

    def __init__(self, given: int) -> None:
        super().__init__(f"{given} arguments, and the ABI has no constructor with any")


class UnsupportedConstructor(InvalidUse):
    """A Stylus program with a constructor, which an EVM contract would run."""

    def __init__(self, signature: str) -> None:
        super().__init__(
            f"{signature}: constructors of Stylus programs are called by"
            " StylusDeployer, an EVM contract, which is not simulated;"
            " is_init_code=False deploys without it"
        )
        self.signature = signature


class NotActivated(InvalidUse):
    """A Stylus program was deployed, and its activation failed."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"{address} is deployed, but not activated: {reason}")
        self.address = address
        self.reason = reason


class DeployedWrongCode(InvalidUse):
    """What is at the new address is no contract, or is the constructor itself."""

    def __init__(self, address: str, reason: str, hint: str) -> None:
        super().__init__(f"{address} {reason}; try {hint}")
        self.address = address


class UndecodableOutput(InvalidUse):
    """The output is no value of the types that the ABI promises."""

    def __init__(self, signature: str, data: bytes) -> None:
        shown = data[:64].hex() + ("..." if len(data) > 64 else "")
        super().__init__(
            f"{signature} returned {len(data)} bytes that do not decode: 0x{shown}"
        )
        self.signature = signature
        self.data = data


class NotAvailable(InvalidUse):
    """The chain behind the object cannot tell or do this."""
