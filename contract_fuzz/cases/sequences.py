"""Sequences of transactions as JSON: the content of corpus entries and findings."""

import json
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any

from chain_sim.ethereum.primitives.text import (
    InvalidText,
    parse_address,
    parse_data,
)
from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.errors import InvalidEntry

NAME_DIGITS = 16
MAX_TRANSACTIONS = 1_024
BOUNDS = {
    "sender": 1 << 16,
    "value": 1 << 256,
    "gasLimit": 1 << 63,
    "seconds": 1 << 63,
}
KEYS = {"to", "data", *BOUNDS}

# Those of one host: campaigns do not look into them.
Transactions = tuple[Any, ...]
ReadTransaction = Callable[[Any, int], Any]


def sequence_documents(transactions: Sequence[Any]) -> list[dict[str, Any]]:
    """A sequence for JSON; numbers are exact, addresses and data are text."""
    return [transaction.document() for transaction in transactions]


def sequence_name(transactions: Sequence[Any]) -> str:
    """The name of the sequence: the first digits of its hash."""
    content = json.dumps(sequence_documents(transactions), sort_keys=True)
    return sha256(content.encode()).hexdigest()[:NAME_DIGITS]


def sequence_size(transactions: Sequence[Any]) -> tuple[int, int, str]:
    """The order of sequences, the smallest first; no two are equal."""
    data_bytes = sum(transaction.size_bytes for transaction in transactions)
    return len(transactions), data_bytes, sequence_name(transactions)


def read_sequence(
    documents: Any, read_transaction: ReadTransaction | None = None
) -> Transactions:
    """The sequence in JSON; raises InvalidEntry.

    `read_transaction` reads the document at a place, by default that of a call.
    """
    if not isinstance(documents, list) or not documents:
        raise InvalidEntry("no list of transactions")
    if len(documents) > MAX_TRANSACTIONS:
        raise InvalidEntry(f"more than {MAX_TRANSACTIONS} transactions")
    read = read_transaction or read_call
    return tuple(read(document, place) for place, document in enumerate(documents))


def read_call(document: Any, place: int) -> CaseTransaction:
    """A call in JSON, the one at this place; raises InvalidEntry."""
    if not isinstance(document, dict) or set(document) - {"call"} != KEYS:
        wanted = ", ".join(sorted(KEYS))
        raise InvalidEntry(f"transaction {place} needs the keys {wanted}")
    for key, bound in BOUNDS.items():
        if type(document[key]) is not int or not 0 <= document[key] < bound:
            raise InvalidEntry(f"transaction {place}: {key} is out of range")
    if document["seconds"] < 1:
        raise InvalidEntry(f"transaction {place}: seconds are at least 1")
    try:
        to, data = parse_address(document["to"]), parse_data(document["data"])
    except (InvalidText, TypeError, AttributeError) as error:
        raise InvalidEntry(f"transaction {place}: {error}") from error
    return CaseTransaction(
        to=to,
        data=data,
        sender=document["sender"],
        value=document["value"],
        gas_limit=document["gasLimit"],
        seconds=document["seconds"],
    )
