"""Reduction of a finding's sequence, as long as it shows the same."""

from collections.abc import Callable, Iterator
from typing import Any

from msgspec import structs

from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.cases.sequences import Transactions

MAX_TRIALS = 512

Shows = Callable[[Transactions], bool]
Simpler = Callable[[Any], Iterator[Any]]


def simpler_calls(transaction: CaseTransaction) -> Iterator[CaseTransaction]:
    """Steps that make a call simpler: value, time, sender, then its data."""
    if transaction.value:
        yield structs.replace(transaction, value=0)
        yield structs.replace(transaction, value=transaction.value // 2)
    if transaction.seconds > 1:
        yield structs.replace(transaction, seconds=1)
    if transaction.sender:
        yield structs.replace(transaction, sender=0)
    for data in _simpler_data(transaction.data):
        yield structs.replace(transaction, data=data)


def shorten(
    transactions: Transactions, shows: Shows, simpler_ones: Simpler = simpler_calls
) -> Transactions:
    """A simpler sequence for which `shows` holds, as it does for `transactions`.

    Removes whole transactions before it simplifies the others by the steps of
    `simpler_ones`, until no single step helps or MAX_TRIALS steps were tried.
    """
    trials = 0
    current = transactions
    is_done = False
    while not is_done:
        is_done = True
        for simpler in (*_without(current), *_simpler(current, simpler_ones)):
            trials += 1
            if trials > MAX_TRIALS:
                return current
            if shows(simpler):
                current, is_done = simpler, False
                break
    return current


def _without(transactions: Transactions) -> Iterator[Transactions]:
    """Only the last one; then without each of the others, and the last."""
    if len(transactions) > 2:
        yield transactions[-1:]
        yield transactions[len(transactions) // 2 :]
    for place in range(len(transactions)):
        if len(transactions) > 1:
            yield transactions[:place] + transactions[place + 1 :]


def _simpler(
    transactions: Transactions, simpler_ones: Simpler
) -> Iterator[Transactions]:
    for place, transaction in enumerate(transactions):
        for simpler in simpler_ones(transaction):
            yield (*transactions[:place], simpler, *transactions[place + 1 :])


def _simpler_data(data: bytes) -> Iterator[bytes]:
    """Less at the end, first much of it; then zeros in the place of words and bytes."""
    length = len(data)
    while length > 1:
        yield data[: len(data) - length // 2]
        length //= 2
    if data:
        yield data[:-1]
    for start in range(4, len(data), 32):
        word = data[start : start + 32]
        if any(word):
            yield data[:start] + bytes(len(word)) + data[start + 32 :]
            if any(word[:-1]):
                kept = bytes(len(word) - 1) + word[-1:]
                yield data[:start] + kept + data[start + 32 :]
