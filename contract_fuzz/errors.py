"""Reasons why a campaign cannot start or continue: one class per reason."""

from typing import Any

from contractvm.errors import ContractVmError, InternalError


class FuzzError(ContractVmError):
    """The base class of the fuzzer's errors."""


class InvalidEntry(FuzzError):
    """A file of a corpus that is damaged, or not an entry."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"not a corpus entry: {reason}")
        self.reason = reason


class ChunkFailed(FuzzError):
    """The workers that ran these cases died repeatedly."""

    def __init__(self, first: int, count: int, attempts: int, reason: str) -> None:
        super().__init__(
            f"the worker of cases {first} to {first + count - 1} ended"
            f" {attempts} times: {reason}"
        )
        self.first = first
        self.count = count
        self.attempts = attempts
        self.reason = reason


class WorkerFailed(FuzzError):
    """A worker had an internal error; `details` is its traceback."""

    def __init__(self, message: str, details: str) -> None:
        super().__init__(f"a worker failed: {message}")
        self.details = details


class NoSizeParameter(FuzzError):
    """A size parameter that the function does not have."""

    def __init__(self, path: str, function: str) -> None:
        super().__init__(
            f"{path} is no number and no bytes, string or array of free length among"
            f" the parameters of {function}"
        )
        self.path = path
        self.function = function


class InvariantFails(FuzzError):
    """An invariant whose call fails before any transaction: it can tell nothing."""

    def __init__(self, signature: str, reason: str) -> None:
        super().__init__(
            f"the invariant {signature} cannot be checked: before any transaction,"
            f" {reason}; does the contract have this function, and does it need a state"
            " that --setup has to make?"
        )
        self.signature = signature
        self.reason = reason


class ClusterFailed(FuzzError):
    """A cluster that does not answer, or disappeared."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(f"the cluster at {address}: {reason}")
        self.address = address
        self.reason = reason


class SetupFailed(FuzzError):
    """A setup script that cannot be run, or failed."""

    def __init__(self, script: str, reason: str) -> None:
        super().__init__(f"{script}: {reason}")
        self.script = script
        self.reason = reason


class UnknownOracle(FuzzError):
    """No oracle has this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no oracle {name!r}: there are {', '.join(known)}")
        self.name = name
        self.known = known


class ShrinkerMissing(FuzzError):
    """The program that shrinks modules is missing."""

    def __init__(self) -> None:
        super().__init__(
            "wasm-tools is not installed; it makes modules smaller:"
            " pip install 'contractvm-wasm[shrink]'"
        )


class PositionDiffers(InternalError):
    """A position's transactions led elsewhere: another start state, or a difference."""

    def __init__(self, position: Any, found: Any) -> None:
        super().__init__(
            f"the {len(position.transactions)} transactions of position"
            f" 0x{position.block_hash.hex()} led to 0x{found.block_hash.hex()}"
        )
        self.position = position
        self.found = found
