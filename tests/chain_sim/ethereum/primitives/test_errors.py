"""Each error says one clear line and keeps its facts."""

import pytest

from chain_sim.ethereum.primitives import errors
from chain_sim.ethereum.primitives.errors import ChainError, InvalidTransaction
from contractvm.errors import ContractVmError
from contractvm.hosts.evm.unsupported import UnsupportedCode

MESSAGES = [
    (errors.MalformedRlp("nonce is a list"), "malformed RLP: nonce is a list"),
    (
        errors.MalformedTransaction("to is a list"),
        "malformed transaction: to is a list",
    ),
    (
        errors.UnsupportedTransactionType(2),
        "transaction type 2 is not supported: send a legacy transaction",
    ),
    (
        errors.UnsupportedTransactionType(3, (0, 1, 2)),
        "transaction type 3 is not supported: send one of type 0, 1, 2",
    ),
    (errors.FieldNegative("gas_limit", -1), "gas_limit -1 is negative"),
    (errors.FieldTooLarge("nonce", 10, 11), "nonce 11 exceeds the maximum of 10"),
    (
        errors.GasCostTooLarge(2, 2**255),
        f"gas limit 2 times gas price {2**255} exceeds 256 bits",
    ),
    (errors.InvalidSignature("v is 29"), "invalid signature: v is 29"),
    (
        errors.WrongChainId(31337, 1),
        "signed for chain id 1, this chain takes chain id 31337",
    ),
    (
        errors.WrongChainId(None, 1),
        "signed for chain id 1, this chain takes no chain id",
    ),
    (errors.NonceTooLow(5, 4), "nonce 4 is too low: the next one is 5"),
    (errors.NonceTooHigh(5, 6), "nonce 6 is too high: the next one is 5"),
    (errors.InsufficientBalance(9, 8), "9 wei are needed, the sender has 8"),
    (
        errors.GasLimitTooLarge(11, 10),
        "gas limit 11 is more than this chain can count: 10",
    ),
    (
        errors.IntrinsicGasTooLow(21000, 20999),
        "gas limit 20999 is below the intrinsic gas 21000",
    ),
    (
        errors.BlockGasLimitExceeded(100, 99),
        "gas limit 100 exceeds the block's remaining 99 gas",
    ),
    (
        errors.InvalidBlock("gas_used", 21000, 0),
        "invalid block: gas_used is 0, not 21000",
    ),
    (
        errors.InvalidBlock("state_root", b"\x01", b"\x02"),
        "invalid block: state_root is 0x02, not 0x01",
    ),
    (
        errors.InvalidGenesis("accounts.0x", "not data"),
        "invalid genesis: accounts.0x: not data",
    ),
    (
        errors.InvalidPrivateKey(),
        "a private key is 32 bytes, neither zero nor above the curve's order",
    ),
    (
        errors.PrecompileFailure("bn128_add", "a point is not on the curve"),
        "bn128_add: a point is not on the curve",
    ),
    (errors.BlockNotKept(7), "block number 7 is no longer kept: it was pruned"),
    (errors.UnknownBlock(7), "the chain has no block with number 7"),
    (errors.UnknownBlock(b"\xab"), "the chain has no block with hash 0xab"),
    (errors.UnknownTransaction(b"\xab"), "the chain has no transaction 0xab"),
    (errors.UnknownSnapshot(3), "the chain has no snapshot 3"),
    (
        errors.GenesisMismatch("chain_id", 1, 2),
        "the database's chain has chain_id 1, not 2",
    ),
    (
        errors.ScheduleChanged("mine.toml", b"\x01", b"\x02"),
        "gas schedule mine.toml has content hash 02, the chain was made with 01",
    ),
    (
        errors.InstrumentationChanged(1, 2),
        "the chain was made with instrumentation version 1, this program has version 2",
    ),
    (
        errors.UnknownFork("osaka", ("byzantium",)),
        "no fork named 'osaka'; known: byzantium",
    ),
    (
        errors.UnknownFeeMarket("eip4844", ("eip1559",)),
        "no fee market named 'eip4844'; known: eip1559",
    ),
    (
        errors.NoFeeMarket(),
        "the chain has no fee market, so no block has a base fee",
    ),
    (errors.EditOutOfRange("nonce", 5, 6), "nonce 6 is not from 0 to 5"),
    (
        errors.PriorityFeeTooHigh(9, 8),
        "max priority fee per gas 9 is higher than max fee per gas 8",
    ),
    (
        errors.MaxFeeTooLow(7, 8),
        "max fee per gas 7 is less than the block's base fee 8",
    ),
    (
        errors.AccessListNotPriced(),
        "the chain's gas schedule has no prices for access lists: leave it empty",
    ),
    (
        errors.NotRunnable(UnsupportedCode("EVM code", b"\x12" * 20)),
        f"EVM code at 0x{'12' * 20}, not supported",
    ),
    (
        errors.ForkNeeded("stylus", "arbitrum", "byzantium"),
        "stylus code needs the rules of arbitrum, the chain has those of byzantium",
    ),
    (
        errors.CodeNotAllowed(b"\xef\x00\x01"),
        "code that begins with 0xef0001 is not allowed",
    ),
    (
        errors.ReplayDiffers("gas used", 21_000, 21_001),
        "run again, the gas used is 21001; the chain has 21000: "
        "other rules made this block",
    ),
]


@pytest.mark.parametrize(
    ("error", "message"), MESSAGES, ids=[type(error).__name__ for error, _ in MESSAGES]
)
def test_message_is_one_line_with_the_facts(error: ChainError, message: str) -> None:
    assert str(error) == message


def test_every_class_that_carries_facts_has_its_message_here() -> None:
    classes = {
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, ChainError)
    }
    assert classes - {type(error) for error, _ in MESSAGES} == {
        ChainError,
        InvalidTransaction,
    }


def test_chain_errors_hang_on_the_one_tree() -> None:
    assert issubclass(ChainError, ContractVmError)


def test_facts_are_kept() -> None:
    error = errors.NonceTooLow(5, 4)
    assert (error.expected, error.actual) == (5, 4)
    block_error = errors.InvalidBlock("number", 1, 2)
    assert (block_error.field, block_error.expected, block_error.actual) == (
        "number",
        1,
        2,
    )
