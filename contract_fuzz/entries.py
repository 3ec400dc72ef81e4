"""The entries of a corpus: sequences worth going on from, and which of them suffice."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract_fuzz.sequences import Transactions, sequence_name, sequence_size

LOADED = -1


@dataclass(frozen=True, slots=True)
class Entry:
    """A sequence whose last transaction has features that were new.

    `features` are those of that transaction's run, `case` is the case that found it,
    LOADED for one that was there before the campaign. `name` is the same for the same
    transactions.
    """

    name: str
    transactions: Transactions
    features: tuple[int, ...]
    case: int = LOADED


def make_entry(
    transactions: Transactions, features: tuple[int, ...], case: int = LOADED
) -> Entry:
    """The entry under its name."""
    return Entry(sequence_name(transactions), transactions, features, case)


def minimised(entries: Sequence[Entry]) -> list[Entry]:
    """Entries that together have all features of all; small ones and few, in order.

    Greedy: the features that the fewest entries have come first, each taken with the
    smallest entry that has it, which brings all its others.
    """
    holders: dict[int, list[int]] = {}
    order = sorted(
        range(len(entries)), key=lambda place: sequence_size(entries[place].transactions)
    )
    for place in order:
        for feature in entries[place].features:
            holders.setdefault(feature, []).append(place)
    chosen: set[int] = set()
    covered: set[int] = set()
    for feature in sorted(holders, key=lambda feature: (len(holders[feature]), feature)):
        if feature not in covered:
            place = holders[feature][0]
            chosen.add(place)
            covered.update(entries[place].features)
    return [entry for place, entry in enumerate(entries) if place in chosen]


def weights(entries: Iterable[Entry], hits: Sequence[int], cases: int) -> list[int]:
    """How often each entry is to be chosen, in proportion.

    An edge that one case in 2^k takes carries k bits of surprise; an entry's weight is
    the sum over its edges, and one.
    """
    bits = cases.bit_length()
    surprise = [max(bits - count.bit_length(), 0) for count in hits]
    known = len(surprise)
    return [
        1
        + sum(
            surprise[feature >> 3] if feature >> 3 < known else bits
            for feature in entry.features
        )
        for entry in entries
    ]
