"""Errors as JSON-RPC has them: a code, a message, and the data of a revert."""

from chain_sim.ethereum.blocks.history_errors import TimeNotAfterHead, TimeTooLate
from chain_sim.ethereum.dumps.errors import MalformedDump, WrongStateRoot
from chain_sim.ethereum.pool.errors import PoolRefusal
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    BlockNotKept,
    ChainError,
    EditOutOfRange,
    FieldNegative,
    FieldTooLarge,
    GasCostTooLarge,
    GasLimitTooLarge,
    InsufficientBalance,
    IntrinsicGasTooLow,
    InvalidGenesis,
    InvalidSignature,
    InvalidTransaction,
    MalformedRlp,
    MalformedTransaction,
    MaxFeeTooLow,
    NoFeeMarket,
    NonceTooHigh,
    NonceTooLow,
    PriorityFeeTooHigh,
    ReplayDiffers,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.text import InvalidText
from contractvm.errors import ContractVmError, InternalError, Stopped

PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
SERVER_ERROR = -32000
RESOURCE_NOT_FOUND = -32001
TRANSACTION_REJECTED = -32003
LIMIT_EXCEEDED = -32005
EXECUTION_REVERTED = 3
NO_RECEIPT_YET = 4

NO_SIGNER = "No Signer available"


class RpcError(ContractVmError):
    """What a request is answered with; `data`, `0x` text, is that of a revert."""

    def __init__(self, code: int, message: str, data: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.data = data

    def document(self) -> dict[str, object]:
        """The member `error` of the answer."""
        found: dict[str, object] = {"code": self.code, "message": self.message}
        if self.data is not None:
            found["data"] = self.data
        return found


def invalid_params(reason: str) -> RpcError:
    """The parameters break a rule, which `reason` names."""
    return RpcError(INVALID_PARAMS, f"invalid params: {reason}")


# The words at the start of each message are those that client libraries look for.
REFUSALS: tuple[tuple[type[ContractVmError], int, str], ...] = (
    (NonceTooLow, TRANSACTION_REJECTED, "nonce too low"),
    (NonceTooHigh, TRANSACTION_REJECTED, "nonce too high"),
    (
        InsufficientBalance,
        TRANSACTION_REJECTED,
        "insufficient funds for gas * price + value",
    ),
    (WrongChainId, TRANSACTION_REJECTED, "invalid chain id for signer"),
    (InvalidSignature, TRANSACTION_REJECTED, "invalid sender"),
    (
        MaxFeeTooLow,
        TRANSACTION_REJECTED,
        "max fee per gas less than block base fee",
    ),
    (
        PriorityFeeTooHigh,
        TRANSACTION_REJECTED,
        "max priority fee per gas higher than max fee per gas",
    ),
    (IntrinsicGasTooLow, SERVER_ERROR, "intrinsic gas too low"),
    (BlockGasLimitExceeded, SERVER_ERROR, "exceeds block gas limit"),
    (GasLimitTooLarge, SERVER_ERROR, "exceeds block gas limit"),
    (MalformedTransaction, INVALID_PARAMS, "Failed to decode transaction"),
    (MalformedRlp, INVALID_PARAMS, "invalid params"),
    (UnsupportedTransactionType, INVALID_PARAMS, "Failed to decode transaction"),
    (FieldNegative, INVALID_PARAMS, "invalid params"),
    (FieldTooLarge, INVALID_PARAMS, "invalid params"),
    (GasCostTooLarge, INVALID_PARAMS, "invalid params"),
    (TimeNotAfterHead, INVALID_PARAMS, "invalid params"),
    (TimeTooLate, INVALID_PARAMS, "invalid params"),
    (InvalidText, INVALID_PARAMS, "invalid params"),
    (BlockNotKept, RESOURCE_NOT_FOUND, "Resource not found"),
    (ReplayDiffers, INTERNAL_ERROR, "the block cannot be run again"),
    (EditOutOfRange, INVALID_PARAMS, "invalid params"),
    (NoFeeMarket, INVALID_PARAMS, "invalid params"),
    (MalformedDump, INVALID_PARAMS, "invalid params"),
    (WrongStateRoot, INVALID_PARAMS, "invalid params"),
    (InvalidGenesis, INVALID_PARAMS, "invalid params"),
    (InvalidTransaction, TRANSACTION_REJECTED, "invalid transaction"),
    (ChainError, SERVER_ERROR, "refused"),
)


def rpc_error_of(error: ContractVmError) -> RpcError:
    """The answer to a request that failed so; raises InternalError again."""
    if isinstance(error, InternalError):
        raise error
    if isinstance(error, RpcError):
        return error
    if isinstance(error, PoolRefusal):
        return RpcError(TRANSACTION_REJECTED, str(error))
    for kind, code, words in REFUSALS:
        if isinstance(error, kind):
            return RpcError(code, f"{words}: {error}")
    if isinstance(error, Stopped):
        return RpcError(SERVER_ERROR, error.reason)
    # A module that is no contract, or that the host refuses.
    return RpcError(TRANSACTION_REJECTED, str(error))
