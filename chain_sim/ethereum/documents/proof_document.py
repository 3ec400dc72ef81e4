"""A proof as the JSON of `eth_getProof`, written and read."""

from collections.abc import Callable
from typing import Any, TypeVar

from chain_sim.ethereum.primitives.text import (
    Hash32,
    InvalidText,
    format_address,
    format_data,
    format_quantity,
    parse_address,
    parse_data,
    parse_quantity,
)
from chain_sim.ethereum.state.account import WORD_BYTES, Account
from chain_sim.ethereum.state.account_proof import AccountProof, SlotProof
from chain_sim.ethereum.trie.proof_errors import MalformedProof
from chain_sim.ethereum.trie.proofs import Proof

WORD_LIMIT = 1 << 8 * WORD_BYTES

T = TypeVar("T")


def proof_document(proof: AccountProof) -> dict[str, Any]:
    """The result of `eth_getProof`: numbers are `0x` quantities here, too."""
    return {
        "address": format_address(proof.address),
        "accountProof": [format_data(node) for node in proof.proof],
        "balance": format_quantity(proof.account.balance),
        "codeHash": format_data(proof.account.code_hash),
        "nonce": format_quantity(proof.account.nonce),
        "storageHash": format_data(proof.account.storage_root),
        "storageProof": [
            {
                "key": format_data(slot.key),
                "value": format_quantity(int.from_bytes(slot.value, "big")),
                "proof": [format_data(node) for node in slot.proof],
            }
            for slot in proof.slots
        ],
    }


def parse_proof(document: object) -> AccountProof:
    """Inverse of proof_document; raises MalformedProof. Keys may be quantities."""
    fields = _object(document, "the document")
    account = Account(
        nonce=_field(fields, "nonce", _number),
        balance=_field(fields, "balance", _number),
        storage_root=_field(fields, "storageHash", _hash),
        code_hash=_field(fields, "codeHash", _hash),
    )
    return AccountProof(
        _field(fields, "address", parse_address),
        account,
        _nodes(fields, "accountProof", ""),
        tuple(
            _slot(slot, f"storageProof[{index}]")
            for index, slot in enumerate(_list(fields, "storageProof", ""))
        ),
    )


def _slot(value: object, place: str) -> SlotProof:
    fields = _object(value, place)
    place += "."
    return SlotProof(
        _field(fields, "key", _word, place),
        _field(fields, "value", _word, place),
        _nodes(fields, "proof", place),
    )


def _object(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise MalformedProof(place, "is not an object")
    return value


def _list(fields: dict[str, Any], name: str, place: str) -> list[Any]:
    value = fields.get(name)
    if not isinstance(value, list):
        reason = "is not a list" if name in fields else "is missing"
        raise MalformedProof(place + name, reason)
    return value


def _nodes(fields: dict[str, Any], name: str, place: str) -> Proof:
    return tuple(
        _parsed(text, f"{place}{name}[{index}]", parse_data)
        for index, text in enumerate(_list(fields, name, place))
    )


def _field(
    fields: dict[str, Any], name: str, parse: Callable[[str], T], place: str = ""
) -> T:
    if name not in fields:
        raise MalformedProof(place + name, "is missing")
    return _parsed(fields[name], place + name, parse)


def _parsed(text: object, place: str, parse: Callable[[str], T]) -> T:
    if not isinstance(text, str):
        raise MalformedProof(place, "is not text")
    try:
        return parse(text)
    except InvalidText as error:
        raise MalformedProof(place, str(error)) from error


def _number(text: str) -> int:
    number = parse_quantity(text)
    if number >= WORD_LIMIT:
        raise InvalidText("a quantity", text, "more than 256 bits")
    return number


def _word(text: str) -> bytes:
    """Thirty-two bytes, from as many or from a quantity."""
    if len(text) == 2 + 2 * WORD_BYTES:
        return parse_data(text)
    return _number(text).to_bytes(WORD_BYTES, "big")


def _hash(text: str) -> Hash32:
    data = parse_data(text)
    if len(data) != WORD_BYTES:
        raise InvalidText("a hash", text, f"{len(data)} bytes, not {WORD_BYTES}")
    return Hash32(data)
