"""Steps that make a message simpler."""

import re
from collections.abc import Iterator
from itertools import islice
from typing import Any

from msgspec import structs

from contract_fuzz.cosmos.cases import CosmosTransaction
from contractvm.hosts.cosmwasm.json_text import (
    MalformedJson,
    compact_json,
    parse_json,
)

MAX_STEPS = 48
MAX_DEPTH = 12
NUMBER = re.compile("[0-9]{1,80}")


def simpler_messages(transaction: CosmosTransaction) -> Iterator[CosmosTransaction]:
    """Steps that make a message simpler: coins, time, sender, then its content."""
    if transaction.funds:
        yield structs.replace(transaction, funds="")
    if transaction.seconds:
        yield structs.replace(transaction, seconds=0)
    if transaction.sender:
        yield structs.replace(transaction, sender=0)
    if transaction.contract:
        yield structs.replace(transaction, contract=0)
    try:
        content = parse_json(transaction.message)
    except MalformedJson:
        return
    for simpler in islice(simpler_values(content), MAX_STEPS):
        yield structs.replace(transaction, message=compact_json(simpler))


def simpler_values(value: Any, depth: int = 0) -> Iterator[Any]:
    """Simpler JSON: fewer fields and items, and smaller numbers."""
    if isinstance(value, dict) and depth < MAX_DEPTH:
        yield from simpler_fields(value, depth + 1)
    elif isinstance(value, list) and depth < MAX_DEPTH:
        yield from simpler_items(value, depth + 1)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from smaller_numbers(value)
    elif isinstance(value, str) and NUMBER.fullmatch(value):
        yield from map(str, smaller_numbers(int(value)))


def simpler_fields(value: dict[str, Any], depth: int) -> Iterator[dict[str, Any]]:
    """Without each of several fields, and with a simpler one; the outermost stay."""
    for key, item in value.items():
        if depth > 1 and len(value) > 1:
            yield {name: value[name] for name in value if name != key}
        for simpler in simpler_values(item, depth):
            yield {**value, key: simpler}


def simpler_items(value: list[Any], depth: int) -> Iterator[list[Any]]:
    """Without each of the items, and with a simpler one."""
    for place, item in enumerate(value):
        yield value[:place] + value[place + 1 :]
        for simpler in simpler_values(item, depth):
            yield [*value[:place], simpler, *value[place + 1 :]]


def smaller_numbers(number: int) -> Iterator[int]:
    """Zero, one, and half; nothing for zero."""
    for smaller in dict.fromkeys((0, 1, number // 2)):
        if abs(smaller) < abs(number):
            yield smaller
