"""Errors of a CosmWasm virtual machine, in its own words."""

from contractvm.errors import ContractVmError


class VmError(ContractVmError):
    """A call failed; `kind` is the name that cosmwasm-vm gives it.

    `prefix` is what an error of the kind begins with, or all that it says.
    """

    kind = "GenericErr"
    prefix = ""

    def __init__(self, detail: str = "") -> None:
        super().__init__(self.prefix + detail)
        self.detail = detail


class StaticValidationErr(VmError):
    """A module breaks a rule for modules that are stored."""

    kind = "StaticValidationErr"
    prefix = "Error during static Wasm validation: "


class CompileErr(VmError):
    """A module has an operator that contracts must not have."""

    kind = "CompileErr"
    prefix = "Error compiling Wasm: "


class InstantiationErr(VmError):
    """No instance can be made of a module."""

    kind = "InstantiationErr"
    prefix = "Error instantiating a Wasm module: "


class ResolveErr(VmError):
    """A contract lacks an export."""

    kind = "ResolveErr"
    prefix = "Error resolving Wasm function: "


class FunctionArityMismatch(VmError):
    """An export takes another number of arguments than the call has."""

    kind = "FunctionArityMismatch"
    prefix = "Function arity mismatch: "


class CommunicationErr(VmError):
    """A region, pointer or number from the contract makes no sense."""

    kind = "CommunicationErr"
    prefix = "Error in guest/host communication: "


class RegionLengthTooBig(CommunicationErr):
    """A region has `length` bytes, more than the `limit` of the function."""

    def __init__(self, length: int, limit: int) -> None:
        super().__init__(f"Region length too big. Got {length}, limit {limit}")
        self.length = length
        self.limit = limit


class RuntimeErr(VmError):
    """A trap, or an error of a host function, stopped the contract."""

    kind = "RuntimeErr"
    prefix = "Error executing Wasm: "


class Aborted(VmError):
    """The contract gave up, for a reason that it states."""

    kind = "Aborted"
    prefix = "Aborted: "


class GenericErr(VmError):
    """A limit that has no error of its own."""

    prefix = "Generic error: "


class ParseErr(VmError):
    """The contract answered with something else than the JSON that was expected."""

    kind = "ParseErr"
    prefix = "Error parsing JSON: "


class WriteAccessDenied(VmError):
    """A query tried to write."""

    kind = "WriteAccessDenied"
    prefix = "Must not call a writing storage function in this context."


class MaxCallDepthExceeded(VmError):
    """Calls between contract and host are nested too deep."""

    kind = "MaxCallDepthExceeded"
    prefix = "Maximum call depth exceeded."


class GasDepletion(VmError):
    """The contract used up its gas."""

    kind = "GasDepletion"
    prefix = "Ran out of gas during contract execution"


class BackendErr(VmError):
    """What the chain supplies to a contract failed."""

    kind = "BackendErr"
    prefix = "Error calling into the VM's backend: "


class BackendOutOfGas(BackendErr):
    """The chain ran out of its own gas while it served a contract."""

    def __init__(self) -> None:
        super().__init__("Ran out of gas during call into backend")


class MissingCryptography(ContractVmError):
    """A contract calls cryptography whose libraries are not installed.

    It says nothing about the contract.
    """

    def __init__(self, library: str) -> None:
        super().__init__(
            f"the library {library} is missing: pip install 'contractvm-wasm[cosmwasm]'"
        )
        self.library = library
