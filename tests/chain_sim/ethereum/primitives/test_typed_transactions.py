"""Transactions of types 1 and 2: the vectors, strict decoding, prices, access lists."""

import json
from typing import Any

import pytest
from msgspec import structs

from chain_sim.ethereum.blocks.accounts import DEVELOPER_ACCOUNTS
from chain_sim.ethereum.primitives.access_list import AccessList
from chain_sim.ethereum.primitives.errors import (
    AccessListNotPriced,
    GasCostTooLarge,
    InvalidSignature,
    InvalidTransaction,
    MalformedTransaction,
    PriorityFeeTooHigh,
    UnsupportedTransactionType,
    WrongChainId,
)
from chain_sim.ethereum.primitives.text import Address, Hash32, parse_address
from chain_sim.ethereum.primitives.transactions import (
    KNOWN_TYPES,
    AccessListTransaction,
    FeeMarketTransaction,
    Transaction,
    check_intrinsic_gas,
    check_priority_fee,
    decode_transaction,
    encode_transaction,
    impersonate,
    intrinsic_gas,
    recover_sender,
    sender_in_block,
    sign_transaction,
)
from contractvm.hosts.evm.costs import TransactionCosts
from gas_schedule.loader import load_schedule
from tests.helpers.vectors import vectors_folder

CHAIN_ID = 31337
KEY = DEVELOPER_ACCOUNTS[1].private_key
SENDER = DEVELOPER_ACCOUNTS[1].address
TO = Address(bytes(19) + b"\x07")
KEYS = (Hash32(bytes(31) + b"\x01"), Hash32(bytes(31) + b"\x02"))
LIST: AccessList = ((TO, KEYS), (SENDER, ()))
PRICED = load_schedule("contractvm-3").section(TransactionCosts)
UNPRICED = load_schedule("contractvm-2").section(TransactionCosts)
TYPE_1 = AccessListTransaction(
    nonce=3,
    gas_price=9,
    gas_limit=50_000,
    to=TO,
    value=5,
    data=b"\x00\x01",
    chain_id=CHAIN_ID,
    access_list=LIST,
)
TYPE_2 = FeeMarketTransaction(
    nonce=3,
    gas_price=9,
    gas_limit=50_000,
    to=None,
    value=5,
    data=b"\x00\x01",
    chain_id=CHAIN_ID,
    access_list=LIST,
    max_priority_fee_per_gas=2,
)


def vectors(name: str) -> Any:
    return json.loads(vectors_folder("node").joinpath(f"{name}.json").read_text())


def hexadecimal(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def made_from(fields: dict[str, Any]) -> Transaction:
    """The unsigned transaction that a vector describes."""
    message = {
        "nonce": fields["nonce"],
        "gas_limit": fields["gas"],
        "to": parse_address(fields["to"]) if fields["to"] else None,
        "value": fields["value"],
        "data": hexadecimal(fields["data"]),
    }
    entries = tuple(
        (parse_address(entry["address"]), tuple(map(hexadecimal, entry["storageKeys"])))
        for entry in fields.get("accessList", ())
    )
    match fields.get("type", 0):
        case 0:
            return Transaction(gas_price=fields["gasPrice"], **message)
        case 1:
            return AccessListTransaction(
                gas_price=fields["gasPrice"],
                chain_id=fields["chainId"],
                access_list=entries,
                **message,
            )
    return FeeMarketTransaction(
        gas_price=fields["maxFeePerGas"],
        max_priority_fee_per_gas=fields["maxPriorityFeePerGas"],
        chain_id=fields["chainId"],
        access_list=entries,
        **message,
    )


def test_signed_transactions_of_every_type_are_the_vectors() -> None:
    cases = vectors("typed-transactions")
    key = hexadecimal(cases["key"])
    for name, case in cases["valid"].items():
        raw, fields = hexadecimal(case["raw"]), case["fields"]
        signed = sign_transaction(made_from(fields), key, fields.get("chainId"))
        assert encode_transaction(signed) == raw, name
        decoded = decode_transaction(raw, KNOWN_TYPES)
        assert decoded == signed, name
        assert decoded.hash.hex() == case["hash"][2:], name
        assert decoded.type == case["type"], name
        assert (decoded.v, decoded.r, decoded.s) == (
            case["v"],
            int(case["r"], 16),
            int(case["s"], 16),
        ), name
        assert recover_sender(decoded, CHAIN_ID) == parse_address(case["sender"]), name
    assert len(cases["valid"]) == 8


def test_every_invalid_transaction_of_the_vectors_is_refused() -> None:
    invalid = vectors("typed-transactions")["invalid"]
    for name, case in invalid.items():
        assert is_refused(hexadecimal(case["raw"]), KNOWN_TYPES, CHAIN_ID), name
    assert len(invalid) == 15


def test_the_columns_berlin_and_london_of_the_published_tests_hold() -> None:
    counts = {"Berlin": [0, 0], "London": [0, 0]}
    types = {"Berlin": (0, 1), "London": KNOWN_TYPES}
    for name, case in vectors("transaction-tests")["tests"].items():
        raw = hexadecimal(case["raw"])
        for fork, count in counts.items():
            expected = case["result"][fork]
            if "exception" in expected:
                count[0] += 1
                assert is_refused(raw, types[fork], 1), f"{fork} {name}"
                continue
            count[1] += 1
            tx, sender = accept(raw, types[fork], 1)
            assert tx.hash == hexadecimal(expected["hash"]), name
            assert sender == hexadecimal(expected["sender"]), name
            assert encode_transaction(tx) == raw, name
    assert counts == {"Berlin": [15, 3], "London": [14, 4]}


def accept(
    raw: bytes, types: tuple[int, ...], chain_id: int
) -> tuple[Transaction, Address]:
    """All that can be checked without a state."""
    tx = decode_transaction(raw, types)
    sender = recover_sender(tx, chain_id)
    check_intrinsic_gas(tx, PRICED)
    check_priority_fee(tx)
    return tx, sender


def is_refused(raw: bytes, types: tuple[int, ...], chain_id: int) -> bool:
    try:
        accept(raw, types, chain_id)
    except InvalidTransaction:
        return True
    return False


@pytest.mark.parametrize("tx", [TYPE_1, TYPE_2])
def test_a_typed_transaction_is_read_back(tx: Transaction) -> None:
    signed = sign_transaction(tx, KEY, CHAIN_ID)
    raw = encode_transaction(signed)
    assert raw[0] == tx.type
    assert decode_transaction(raw, KNOWN_TYPES) == signed
    assert recover_sender(signed, CHAIN_ID) == SENDER
    with pytest.raises(WrongChainId):
        recover_sender(signed, 1)
    with pytest.raises(WrongChainId):
        sign_transaction(tx, KEY, 1)


@pytest.mark.parametrize(
    ("raw", "types", "refused"),
    [
        (b"\x02\xc0", (0, 1), 2),
        (b"\x01\xc0", (0,), 1),
        (b"\x03\xc0", KNOWN_TYPES, 3),
        (b"\x7f", KNOWN_TYPES, 127),
        (b"\x00\xc0", KNOWN_TYPES, 0),
    ],
)
def test_a_type_that_the_fork_lacks_is_refused_by_its_number(
    raw: bytes, types: tuple[int, ...], refused: int
) -> None:
    with pytest.raises(UnsupportedTransactionType) as caught:
        decode_transaction(raw, types)
    assert (caught.value.type_byte, caught.value.supported) == (refused, types)


@pytest.mark.parametrize("tx", [TYPE_1, TYPE_2])
@pytest.mark.parametrize("size", [19, 21])
def test_an_access_list_holds_addresses_of_20_bytes_and_keys_of_32(
    tx: AccessListTransaction, size: int
) -> None:
    for entries, reason in (
        (((bytes(size), ()),), f"access_list address has {size} bytes, not 20"),
        (((TO, (bytes(size),)),), f"access_list key has {size} bytes, not 32"),
    ):
        raw = encode_transaction(structs.replace(tx, access_list=entries))
        with pytest.raises(MalformedTransaction) as caught:
            decode_transaction(raw, KNOWN_TYPES)
        assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("base_fee", "legacy", "type_1", "type_2"),
    [(0, 9, 9, 2), (6, 9, 9, 8), (7, 9, 9, 9), (8, 9, 9, 9), (9, 9, 9, 9)],
)
def test_the_effective_price_is_that_of_the_eip(
    base_fee: int, legacy: int, type_1: int, type_2: int
) -> None:
    plain = Transaction(0, 9, 21_000, TO, 0, b"")
    assert [tx.effective_gas_price(base_fee) for tx in (plain, TYPE_1, TYPE_2)] == [
        legacy,
        type_1,
        type_2,
    ]


def test_an_access_list_costs_2400_an_address_and_1900_a_key() -> None:
    plain = structs.replace(TYPE_1, access_list=())
    base = intrinsic_gas(plain, PRICED)
    assert base == 21_000 + 4 + 68
    assert intrinsic_gas(TYPE_1, PRICED) == base + 2 * 2_400 + 2 * 1_900
    repeated = structs.replace(TYPE_1, access_list=(LIST[0], LIST[0]))
    assert intrinsic_gas(repeated, PRICED) == base + 2 * 2_400 + 4 * 1_900


def test_a_schedule_without_the_prices_refuses_all_but_empty_lists() -> None:
    assert intrinsic_gas(structs.replace(TYPE_1, access_list=()), UNPRICED) == 21_072
    for priced in ("access_list_address", "access_list_key"):
        half = TransactionCosts(
            *(getattr(UNPRICED, name) for name in list(UNPRICED.__slots__)[:10]),
            **{priced: 1},
        )
        for costs in (UNPRICED, half):
            with pytest.raises(AccessListNotPriced):
                intrinsic_gas(TYPE_1, costs)


@pytest.mark.parametrize(("tip", "is_refused"), [(9, False), (10, True)])
def test_the_priority_fee_is_at_most_the_maximum_fee(
    tip: int, is_refused: bool
) -> None:
    tx = structs.replace(TYPE_2, max_priority_fee_per_gas=tip)
    if not is_refused:
        check_priority_fee(tx)
        return
    with pytest.raises(PriorityFeeTooHigh) as caught:
        check_priority_fee(tx)
    assert (caught.value.priority_fee, caught.value.max_fee) == (10, 9)


def test_the_greatest_cost_fits_in_256_bits() -> None:
    limit = 2**56
    fits = structs.replace(TYPE_2, gas_limit=limit, gas_price=2**200 - 1)
    assert sign_transaction(fits, KEY, CHAIN_ID).gas_limit == limit
    with pytest.raises(GasCostTooLarge):
        sign_transaction(structs.replace(fits, gas_price=2**200), KEY, CHAIN_ID)


@pytest.mark.parametrize(
    "tx", [Transaction(0, 9, 21_000, TO, 0, b""), TYPE_1, TYPE_2], ids=["0", "1", "2"]
)
def test_an_impersonated_transaction_names_its_sender_and_recovers_to_nobody(
    tx: Transaction,
) -> None:
    made = impersonate(tx, TO, CHAIN_ID)
    raw = encode_transaction(made)
    assert (made.v, made.r, made.s) == (
        0 if tx.type else 2 * CHAIN_ID + 35,
        int.from_bytes(TO, "big"),
        0,
    )
    assert made.hash != impersonate(tx, SENDER, CHAIN_ID).hash
    assert sender_in_block(made, CHAIN_ID) == TO
    with pytest.raises(InvalidSignature):
        recover_sender(decode_transaction(raw, KNOWN_TYPES), CHAIN_ID)
    with pytest.raises(WrongChainId):
        sender_in_block(made, 1)
    with pytest.raises(InvalidSignature):
        sender_in_block(structs.replace(made, v=made.v + 1), CHAIN_ID)
    signed = sign_transaction(tx, KEY, CHAIN_ID)
    assert sender_in_block(signed, CHAIN_ID) == SENDER
