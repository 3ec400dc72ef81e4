"""Errors of a Cosmos chain: a codespace, a code, and a text."""

from dataclasses import dataclass
from pathlib import Path

from contractvm.errors import ContractVmError
from contractvm.wasm.engines.code_stack import StoppedAt

SDK, WASM = "sdk", "wasm"
UNAUTHORIZED = (SDK, 4, "unauthorized")
INSUFFICIENT_FUNDS = (SDK, 5, "insufficient funds")
INVALID_ADDRESS = (SDK, 7, "invalid address")
INVALID_COINS = (SDK, 10, "invalid coins")
OUT_OF_GAS = (SDK, 11, "out of gas")
INVALID_REQUEST = (SDK, 18, "invalid request")
NOT_FOUND = (SDK, 38, "not found")
CREATE_FAILED = (WASM, 2, "create wasm contract failed")
ACCOUNT_EXISTS = (WASM, 3, "contract account already exists")
INSTANTIATE_FAILED = (WASM, 4, "instantiate wasm contract failed")
EXECUTE_FAILED = (WASM, 5, "execute wasm contract failed")
QUERY_FAILED = (WASM, 9, "query wasm contract failed")
INVALID_MSG = (WASM, 10, "invalid CosmosMsg from the contract")
MIGRATE_FAILED = (WASM, 11, "migrate wasm contract failed")
EMPTY = (WASM, 12, "empty")
LIMIT = (WASM, 13, "exceeds limit")
INVALID = (WASM, 14, "invalid")
DUPLICATE = (WASM, 15, "duplicate")
UNKNOWN_MESSAGE = (WASM, 20, "unknown message from the contract")
INVALID_EVENT = (WASM, 21, "invalid event")
NO_SUCH_CONTRACT = (WASM, 22, "no such contract")
QUERY_STACK = (WASM, 27, "max query stack size exceeded")
NO_SUCH_CODE = (WASM, 28, "no such code")
VM_ERROR = (WASM, 29, "wasmvm error")
CALL_DEPTH = (WASM, 30, "max call depth exceeded")

Reason = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the code of a contract at `address` stopped, and why.

    `kind` is the WebAssembly specification's text of a trap, or the virtual machine's
    name of another error.
    """

    code: bytes
    address: bytes
    kind: str
    detail: str
    stopped_at: StoppedAt | None


class CosmosError(ContractVmError):
    """A message or query failed; `text` is the chain's, without the code.

    `is_of_contract` says that `detail` is the contract's own: a reply shows it whole,
    others as codespace and code. `stop` is None unless the virtual machine failed.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        is_of_contract: bool = False,
        stop: Stop | None = None,
    ) -> None:
        self.codespace, self.code, words = reason
        self.text = f"{detail}: {words}" if detail else words
        self.detail = detail
        self.is_of_contract = is_of_contract
        self.stop = stop
        super().__init__(f"{self.text} (codespace {self.codespace} code {self.code})")

    def wrapped(self, prefix: str) -> "CosmosError":
        """The same error, met while doing what `prefix` says; a reply redacts it."""
        words = f"{prefix}: {self.text}"
        return CosmosError((self.codespace, self.code, words), stop=self.stop)

    @property
    def redacted(self) -> str:
        """What a reply sees."""
        if self.is_of_contract:
            return self.text
        return f"codespace: {self.codespace}, code: {self.code}"


class SdkOutOfGas(ContractVmError):
    """A gas meter is full; `descriptor` says what did not fit.

    `stop` is where a contract's code stopped for it, None if none ran.
    """

    def __init__(self, descriptor: str, stop: Stop | None = None) -> None:
        super().__init__(f"out of gas in location: {descriptor}")
        self.descriptor = descriptor
        self.stop = stop

    @property
    def error(self) -> CosmosError:
        """The error of the transaction."""
        codespace, code, _ = OUT_OF_GAS
        return CosmosError((codespace, code, str(self)), stop=self.stop)


class NotSimulated(ContractVmError):
    """The chain has no `what`, and nobody registered a handler for it."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is not simulated; register a handler")
        self.what = what


class HandlerFailed(ContractVmError):
    """A handler of the user's failed, or returned what no chain can use."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"the handler of {name}: {reason}")
        self.name = name
        self.reason = reason


class ScriptFailed(ContractVmError):
    """A script of the user's cannot be run, or lacks what it must define."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


class InvalidChainArgument(ContractVmError):
    """A value given to a chain is not one that it can have."""
