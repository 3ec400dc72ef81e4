"""Errors as answers: which code and which words each has."""

import pytest

from chain_sim.ethereum.pool.errors import PoolRefusal
from chain_sim.ethereum.primitives.errors import (
    BlockGasLimitExceeded,
    BlockNotKept,
    ChainError,
    InvalidTransaction,
    NoFeeMarket,
    NonceTooHigh,
    NonceTooLow,
    UnknownBlock,
    WrongChainId,
)
from chain_sim.ethereum.primitives.text import InvalidText
from chain_sim.node import errors
from chain_sim.node.errors import REFUSALS, RpcError, invalid_params, rpc_error_of
from contractvm.errors import ContractVmError, InternalError, LinkError, Stopped

LINK = LinkError("env", "f", "is not there")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (NonceTooLow(0, 1), -32003, "nonce too low: "),
        (NonceTooHigh(1, 0), -32003, "nonce too high: "),
        (WrongChainId(1, 2), -32003, "invalid chain id for signer: "),
        (BlockGasLimitExceeded(2, 1), -32000, "exceeds block gas limit: "),
        (InvalidText("data", "x", "odd"), -32602, "invalid params: "),
        (BlockNotKept(3), -32001, "Resource not found: "),
        (NoFeeMarket(), -32602, "invalid params: "),
        (InvalidTransaction("bad"), -32003, "invalid transaction: "),
        (UnknownBlock(3), -32000, "refused: "),
        (ChainError("bad"), -32000, "refused: "),
        (PoolRefusal("full"), -32003, ""),
        (LINK, -32003, ""),
    ],
    ids=lambda one: type(one).__name__ if isinstance(one, Exception) else None,
)
def test_a_refusal_has_its_code_and_words(
    error: ContractVmError, code: int, words: str
) -> None:
    found = rpc_error_of(error)
    assert (found.code, found.message) == (code, f"{words}{error}")
    assert str(found) == found.message
    assert found.document() == {"code": code, "message": found.message}


def test_a_stop_is_told_by_its_reason_alone() -> None:
    found = rpc_error_of(Stopped("node is stopping"))
    assert (found.code, found.message) == (-32000, "node is stopping")


def test_an_answer_stays_and_a_fault_of_ours_is_raised() -> None:
    answer = RpcError(3, "execution reverted", "0x01")
    assert rpc_error_of(answer) is answer
    assert answer.document() == {
        "code": 3,
        "message": "execution reverted",
        "data": "0x01",
    }
    fault = InternalError("broken")
    with pytest.raises(InternalError) as caught:
        rpc_error_of(fault)
    assert caught.value is fault


def test_wrong_parameters_are_named_after_the_words_for_them() -> None:
    found = invalid_params("too many")
    assert (found.code, found.message) == (-32602, "invalid params: too many")


def test_numbers_of_errors_are_those_of_the_protocol_and_of_ethereum() -> None:
    assert (errors.PARSE_ERROR, errors.INVALID_REQUEST) == (-32700, -32600)
    assert (errors.METHOD_NOT_FOUND, errors.INVALID_PARAMS) == (-32601, -32602)
    assert (errors.INTERNAL_ERROR, errors.SERVER_ERROR) == (-32603, -32000)
    assert errors.RESOURCE_NOT_FOUND == -32001
    assert (errors.TRANSACTION_REJECTED, errors.LIMIT_EXCEEDED) == (-32003, -32005)
    assert (errors.EXECUTION_REVERTED, errors.NO_RECEIPT_YET) == (3, 4)
    assert errors.NO_SIGNER == "No Signer available"


def test_each_kind_of_refusal_has_its_words() -> None:
    assert {kind.__name__: (code, words) for kind, code, words in REFUSALS} == {
        "NonceTooLow": (-32003, "nonce too low"),
        "NonceTooHigh": (-32003, "nonce too high"),
        "InsufficientBalance": (-32003, "insufficient funds for gas * price + value"),
        "WrongChainId": (-32003, "invalid chain id for signer"),
        "InvalidSignature": (-32003, "invalid sender"),
        "MaxFeeTooLow": (-32003, "max fee per gas less than block base fee"),
        "PriorityFeeTooHigh": (
            -32003,
            "max priority fee per gas higher than max fee per gas",
        ),
        "IntrinsicGasTooLow": (-32000, "intrinsic gas too low"),
        "BlockGasLimitExceeded": (-32000, "exceeds block gas limit"),
        "GasLimitTooLarge": (-32000, "exceeds block gas limit"),
        "MalformedTransaction": (-32602, "Failed to decode transaction"),
        "MalformedRlp": (-32602, "invalid params"),
        "UnsupportedTransactionType": (-32602, "Failed to decode transaction"),
        "FieldNegative": (-32602, "invalid params"),
        "FieldTooLarge": (-32602, "invalid params"),
        "GasCostTooLarge": (-32602, "invalid params"),
        "TimeNotAfterHead": (-32602, "invalid params"),
        "TimeTooLate": (-32602, "invalid params"),
        "InvalidText": (-32602, "invalid params"),
        "BlockNotKept": (-32001, "Resource not found"),
        "ReplayDiffers": (-32603, "the block cannot be run again"),
        "EditOutOfRange": (-32602, "invalid params"),
        "NoFeeMarket": (-32602, "invalid params"),
        "MalformedDump": (-32602, "invalid params"),
        "WrongStateRoot": (-32602, "invalid params"),
        "InvalidGenesis": (-32602, "invalid params"),
        "InvalidTransaction": (-32003, "invalid transaction"),
        "ChainError": (-32000, "refused"),
    }
    for kind, code, words in REFUSALS:
        found = rpc_error_of(kind.__new__(kind))
        assert (found.code, found.message.partition(":")[0]) == (code, words)
