"""The engine's errors: one class per reason, carrying the facts.

Six kinds, in the order in which a module meets them: malformed, invalid, refused,
not linkable, stopped while running; and our own bugs, apart from all of these.
"""

from enum import Enum
from typing import Any


class ContractVmError(Exception):
    """The root of every error that this project raises on purpose."""


class MalformedModule(ContractVmError):
    """The bytes are not a Wasm module; `offset` counts from the module's first byte."""

    def __init__(self, reason: str, offset: int) -> None:
        super().__init__(f"{reason} at byte {offset}")
        self.reason = reason
        self.offset = offset


class InvalidModule(ContractVmError):
    """The module breaks a rule of validation (spec chapter 3).

    `func_index` is None if the fault is not in a function; `offset` is the byte of the
    offending instruction in the module, None if there is none.
    """

    def __init__(
        self, reason: str, func_index: int | None = None, offset: int | None = None
    ) -> None:
        place = "" if func_index is None else f" in func {func_index}"
        place += "" if offset is None else f" at byte {offset}"
        super().__init__(reason + place)
        self.reason = reason
        self.func_index = func_index
        self.offset = offset


class RefusedModule(InvalidModule):
    """Valid Wasm, but outside the profile or not priced by the gas schedule."""


class MissingProposal(ContractVmError):
    """The module needs a proposal of WebAssembly that this engine does not have.

    `construct` is what needs it. The error is an UnreadableProposal, which is a
    MalformedModule, or a ForbiddenProposal, which is an InvalidModule.
    """

    def __init__(self, proposal: str, construct: str, offset: int | None) -> None:
        place = "" if offset is None else f" at byte {offset}"
        needed = f"needs {proposal} ({construct}{place})"
        ContractVmError.__init__(self, f"{needed}, which contractvm does not have")
        self.proposal = proposal
        self.construct = construct


class UnreadableProposal(MissingProposal, MalformedModule):
    """The proposal has an encoding of its own, malformed without it for a `reason`."""

    def __init__(self, fault: MalformedModule, proposal: str, construct: str) -> None:
        super().__init__(proposal, construct, fault.offset)
        self.reason = fault.reason
        self.offset: int = fault.offset


class ForbiddenProposal(MissingProposal, InvalidModule):
    """The proposal allows what is invalid without it for a `reason`."""

    def __init__(
        self, reason: str, proposal: str, construct: str, offset: int | None = None
    ) -> None:
        super().__init__(proposal, construct, offset)
        self.reason = reason
        self.func_index = None
        self.offset = offset


class LinkError(ContractVmError):
    """An import is missing or has another type than the module asks for."""

    def __init__(self, module_name: str, name: str, reason: str) -> None:
        super().__init__(f"import {module_name}.{name}: {reason}")
        self.module_name = module_name
        self.name = name
        self.reason = reason


class TrapCode(Enum):
    """Why execution trapped; the values are the official test suite's texts."""

    UNREACHABLE = "unreachable"
    INTEGER_DIVIDE_BY_ZERO = "integer divide by zero"
    INTEGER_OVERFLOW = "integer overflow"
    INVALID_CONVERSION_TO_INTEGER = "invalid conversion to integer"
    OUT_OF_BOUNDS_MEMORY_ACCESS = "out of bounds memory access"
    OUT_OF_BOUNDS_TABLE_ACCESS = "out of bounds table access"
    UNDEFINED_ELEMENT = "undefined element"
    UNINITIALIZED_ELEMENT = "uninitialized element"
    INDIRECT_CALL_TYPE_MISMATCH = "indirect call type mismatch"
    CALL_STACK_EXHAUSTED = "call stack exhausted"
    HOST_REFUSED = "refused by the host"


class ExecutionStopped(ContractVmError):
    """The execution ended early; the host interface decides what that costs."""


class Trap(ExecutionStopped):
    """A rule of the spec, or of a host function, stopped the contract.

    `detail` names the host function and the broken rule if the host refused; it is
    for people and never hashed. `place` is where the instruction is, as the engine
    knows it (`CodePlace`); None where no instruction of the code trapped.
    """

    place: Any = None

    def __init__(self, code: TrapCode, detail: str = "") -> None:
        super().__init__(f"{code.value}: {detail}" if detail else code.value)
        self.code = code
        self.detail = detail


class OutOfGas(ExecutionStopped):
    """A charge exceeded the gas that was left, by `shortfall` units of the schedule.

    Every engine knows the shortfall: an injected charge leaves the counter that far
    below zero. The message has it in gas, rounded up: a limit is in whole gas.
    """

    def __init__(self, shortfall: int, units_per_gas: int) -> None:
        super().__init__(f"out of gas: {-(-shortfall // units_per_gas):,} gas short")
        self.shortfall = shortfall


class Stopped(ExecutionStopped):
    """The caller ended the run, for `reason`; when that happens depends on the machine.

    What the run used until then is exact.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(f"stopped: {reason}")
        self.reason = reason


class LimitExceeded(ExecutionStopped):
    """A run needed more than `limit` of what `which` bounds, a name such as host_calls.

    Nothing of the host call that needed it has happened, its charge apart.
    """

    def __init__(self, which: str, limit: int) -> None:
        super().__init__(f"more than {limit} {which.replace('_', ' ')}")
        self.which = which
        self.limit = limit


class EndedByContract(ExecutionStopped):
    """The contract ended its own call with output, from inside a host function."""

    @property
    def data(self) -> bytes:
        """The output."""
        data: bytes = self.args[0]
        return data


class Revert(EndedByContract):
    """The contract asked to undo its changes; it keeps unused gas."""

    def __str__(self) -> str:
        return f"reverted with {len(self.data)} bytes"


class Finish(EndedByContract):
    """The contract ended successfully."""

    def __str__(self) -> str:
        return f"finished with {len(self.data)} bytes"


class InternalError(ContractVmError):
    """Our machine failed (memory, a missing node): never a contract's fault."""


class CompilationLimit(InternalError):
    """Compiling a module exceeded a limit of this machine.

    `what` is the limit. This says nothing about the module: another engine, or a
    greater limit, may run it.
    """

    def __init__(self, engine: str, what: str, module_bytes: int) -> None:
        super().__init__(
            f"{engine} needs more than {what} to compile a module of"
            f" {module_bytes} bytes"
        )
        self.engine = engine
        self.what = what
        self.module_bytes = module_bytes
