"""The chain as a contract sees it, and the values that cross the boundary.

Addresses are 20 bytes, storage keys and values 32. Gas inside messages and results is
in units of the schedule (`units_per_gas`); amounts of a cost table are in gas.
"""

from enum import Enum
from typing import Protocol

from msgspec import Struct

from contractvm.errors import ContractVmError


class CallStatus(Enum):
    """How a call ended; the host interface defines the numbers that code sees."""

    SUCCESS = "success"
    FAILURE = "failure"
    REVERTED = "reverted"

    __hash__ = object.__hash__  # Enum has one in Python; members are found by it


class Log(Struct, frozen=True):
    """A log entry: up to four topics of 32 bytes, and data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


class MessageKind(Enum):
    """The ways to run code from code."""

    CALL = "call"
    CALL_CODE = "callCode"
    CALL_DELEGATE = "callDelegate"
    CALL_STATIC = "callStatic"
    CREATE = "create"


# Members by name: through its class one takes longer than a call (Python 3.11).
CALL, CREATE = MessageKind.CALL, MessageKind.CREATE
SUCCESS, FAILURE, REVERTED = CallStatus.SUCCESS, CallStatus.FAILURE, CallStatus.REVERTED


class Message(Struct, frozen=True):
    """One message call or contract creation.

    `recipient` is the account whose storage the code sees (empty for CREATE: the chain
    derives it, from `salt` if there is one), `code_address` the one whose code runs.
    `data` is the call data, or the init code. `value` is what getCallValue answers;
    only `moves_value` moves it.
    """

    kind: MessageKind
    sender: bytes
    recipient: bytes
    code_address: bytes
    value: int
    data: bytes
    gas: int
    depth: int = 0
    is_static: bool = False
    salt: bytes | None = None

    @property
    def moves_value(self) -> bool:
        """Only CALL and CREATE move ether; the others run in the caller's account."""
        return self.kind is CALL or self.kind is CREATE


class CallResult(Struct, frozen=True):
    """The result of a message; a contract's failure is data.

    `gas_left` is in units, 0 after the failure of code that ran. `error` says why it
    failed, or is None; it is for people and never hashed. `created` is the new account
    of a successful CREATE.
    """

    status: CallStatus
    output: bytes = b""
    gas_left: int = 0
    error: ContractVmError | None = None
    created: bytes | None = None

    @property
    def succeeded(self) -> bool:
        """True for SUCCESS only."""
        return self.status is SUCCESS


class BlockEnvironment(Struct, frozen=True):
    """The chain block that a contract runs in; `timestamp` in seconds, fee in wei."""

    coinbase: bytes
    number: int
    timestamp: int
    difficulty: int
    gas_limit: int
    base_fee: int = 0


class TransactionEnvironment(Struct, frozen=True):
    """The transaction that a contract runs in; `gas_price` in wei."""

    origin: bytes
    gas_price: int


class Call(Protocol):
    """Code at work on one message."""

    def advance(self, outcome: "CallResult | None" = None) -> "CallResult | Message":
        """Run until the call ends (its result) or sends a message, which runs first.

        `outcome` is the result of the message sent last, None the first time.
        """


class Host(Protocol):
    """The chain, as seen by one contract's host functions.

    Reads of accounts that don't exist give zeros. The chain undoes a frame's writes
    when the frame fails.
    """

    @property
    def block(self) -> BlockEnvironment:
        """The block that is being built."""

    @property
    def transaction(self) -> TransactionEnvironment:
        """The transaction that is running."""

    def balance(self, address: bytes) -> int:
        """In wei."""

    def code(self, address: bytes) -> bytes:
        """The account's code, empty if it has none."""

    def is_empty(self, address: bytes) -> bool:
        """Whether the account has no nonce, balance or code (EIP-161)."""

    def load_storage(self, address: bytes, key: bytes) -> bytes:
        """The slot's 32 bytes, zeros if it was never written."""

    def store_storage(self, address: bytes, key: bytes, value: bytes) -> None:
        """Write the slot's 32 bytes."""

    def emit_log(self, log: Log) -> None:
        """Append to the transaction's logs."""

    def add_refund(self, gas: int) -> None:
        """Promise gas back at the end of the transaction, if the frame succeeds."""

    def self_destruct(self, address: bytes, beneficiary: bytes) -> int:
        """Move the whole balance, and remove the account at the transaction's end.

        The result is the balance, in wei. Traps if the beneficiary's would exceed 256
        bits.
        """

    def block_hash(self, number: int) -> bytes | None:
        """The hash of an earlier chain block, None if it is out of reach."""
