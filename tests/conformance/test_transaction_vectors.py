"""Ethereum's TransactionTests, column Byzantium: hash, sender, gas, errors."""

import json
from collections.abc import Iterator
from dataclasses import fields

import pytest

from chain_sim.ethereum.primitives.errors import (
    FieldTooLarge,
    GasCostTooLarge,
    IntrinsicGasTooLow,
    InvalidSignature,
    InvalidTransaction,
    MalformedTransaction,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.primitives.transactions import (
    Transaction,
    check_intrinsic_gas,
    decode_transaction,
    encode_transaction,
    intrinsic_gas,
    recover_sender,
)
from contractvm.hosts.evm.costs import TransactionCosts
from tests.helpers.vectors import vectors_folder

FOLDERS = {
    "ttAddress": 4,
    "ttData": 7,
    "ttEIP1559": 9,
    "ttEIP2028": 2,
    "ttEIP2930": 7,
    "ttEIP3860": 4,
    "ttGasLimit": 10,
    "ttGasPrice": 4,
    "ttNonce": 10,
    "ttRSValue": 29,
    "ttSignature": 34,
    "ttVValue": 28,
    "ttValue": 3,
    "ttWrongRLP": 59,
}
CHAIN_ID = 1
OTHER_COSTS = [field.name for field in fields(TransactionCosts)][4:]
# The rest does not matter here.
COSTS = TransactionCosts(
    base=21_000,
    create=32_000,
    data_zero_byte=4,
    data_nonzero_byte=68,
    **dict.fromkeys(OTHER_COSTS, 0),
)

# The vectors' names of errors, and those of our reasons that mean the same. A number
# with leading zeros, or of more than 32 bytes, is refused as malformed before its value
# is checked; some v that belong to no chain are not a chain id to us.
REASONS: dict[str, tuple[type[InvalidTransaction], ...]] = {
    "ADDRESS_TOO_LONG": (MalformedTransaction,),
    "ADDRESS_TOO_SHORT": (MalformedTransaction,),
    "EC_RECOVERY_FAIL": (InvalidSignature,),
    "GASLIMIT_OVERFLOW": (FieldTooLarge, MalformedTransaction),
    "GASLIMIT_PRICE_PRODUCT_OVERFLOW": (GasCostTooLarge,),
    "GASPRICE_OVERFLOW": (MalformedTransaction,),
    "INTRINSIC_GAS_TOO_LOW": (IntrinsicGasTooLow,),
    "INVALID_CHAINID": (WrongChainId, InvalidSignature),
    "INVALID_SIGNATURE_VRS": (InvalidSignature, MalformedTransaction),
    "NONCE_OVERFLOW": (FieldTooLarge, MalformedTransaction),
    "NONCE_TOO_BIG": (FieldTooLarge,),
    "TYPE_NOT_SUPPORTED": (UnsupportedTransactionType, MalformedTransaction),
    "VALUE_OVERFLOW": (MalformedTransaction,),
}
RLP_REASONS = (MalformedTransaction, UnsupportedTransactionType)


def cases(folder: str) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Name, raw transaction and Byzantium's result of each test in the folder."""
    root = vectors_folder("ethereum").joinpath("TransactionTests", folder)
    for path in sorted(root.glob("*.json")):
        for name, case in json.loads(path.read_text()).items():
            raw = bytes.fromhex(case["txbytes"].removeprefix("0x"))
            yield f"{path.stem}/{name}", raw, case["result"]["Byzantium"]


def accept(raw: bytes) -> tuple[Transaction, Address]:
    """All that can be checked without a state."""
    tx = decode_transaction(raw)
    sender = recover_sender(tx, CHAIN_ID)
    check_intrinsic_gas(tx, COSTS)
    return tx, sender


@pytest.mark.parametrize("folder", FOLDERS)
def test_transactions_give_what_byzantium_gives(folder: str) -> None:
    count = 0
    for name, raw, expected in cases(folder):
        count += 1
        if "exception" in expected:
            reason = expected["exception"].removeprefix("TransactionException.")
            wanted = RLP_REASONS if reason.startswith("RLP_") else REASONS[reason]
            with pytest.raises(wanted):
                accept(raw)
        else:
            tx, sender = accept(raw)
            assert "0x" + tx.hash.hex() == expected["hash"], name
            assert "0x" + sender.hex() == expected["sender"], name
            assert intrinsic_gas(tx, COSTS) == int(expected["intrinsicGas"], 16), name
            assert encode_transaction(tx) == raw, name
    assert count == FOLDERS[folder]


def test_no_folder_is_left_out() -> None:
    root = vectors_folder("ethereum").joinpath("TransactionTests")
    assert {path.name for path in root.iterdir()} == set(FOLDERS)
