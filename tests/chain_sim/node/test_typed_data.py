"""EIP-712 hashes, compared with eth-account's."""

from typing import Any

import pytest
from eth_account.messages import _hash_eip191_message, encode_typed_data

from chain_sim.node.parameters import InvalidValue
from chain_sim.node.typed_data import typed_data_hash

DOMAIN_TYPE = [
    {"name": "name", "type": "string"},
    {"name": "chainId", "type": "uint256"},
    {"name": "verifyingContract", "type": "address"},
]
DOMAIN = {"name": "t", "chainId": 1, "verifyingContract": "0x" + "cc" * 20}
PERSON = [{"name": "wallets", "type": "address[]"}, {"name": "name", "type": "string"}]
MAIL = [
    {"name": "from", "type": "Person"},
    {"name": "to", "type": "Person[2]"},
    {"name": "salt", "type": "bytes32"},
    {"name": "raw", "type": "bytes"},
    {"name": "amount", "type": "int64"},
    {"name": "good", "type": "bool"},
]
BOB = {"wallets": ["0x" + "11" * 20, "0x" + "22" * 20], "name": "Bob"}
MESSAGE: dict[str, Any] = {
    "from": BOB,
    "to": [BOB, {"wallets": [], "name": ""}],
    "salt": "0x" + "ab" * 32,
    "raw": "0x010203",
    "amount": -5,
    "good": True,
}


def document(**changed: Any) -> dict[str, Any]:
    return {
        "types": {"EIP712Domain": DOMAIN_TYPE, "Person": PERSON, "Mail": MAIL},
        "primaryType": "Mail",
        "domain": DOMAIN,
        "message": {**MESSAGE, **changed},
    }


def test_hash_is_that_of_eth_account() -> None:
    data = document()
    expected = _hash_eip191_message(encode_typed_data(full_message=data))
    assert typed_data_hash(data) == expected


def test_numbers_may_be_text() -> None:
    assert typed_data_hash(document(amount="-5")) == typed_data_hash(document())


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": 1 << 63},
        {"amount": "x"},
        {"salt": "0x" + "ab" * 33},
        {"to": [BOB]},
        {"good": 1},
        {"from": None},
    ],
)
def test_wrong_values_are_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue):
        typed_data_hash(document(**changed))


def test_structs_that_hold_themselves_are_refused_at_a_depth() -> None:
    value: dict[str, Any] = {}
    value["next"] = value
    data = {
        "types": {"EIP712Domain": [], "A": [{"name": "next", "type": "A"}]},
        "primaryType": "A",
        "domain": {},
        "message": value,
    }
    with pytest.raises(InvalidValue, match="more than 32"):
        typed_data_hash(data)
