"""Entries of a corpus: sequences worth extending, and a sufficient subset of them."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from contract_fuzz.cases.sequences import (
    Transactions,
    sequence_name,
    sequence_size,
)

LOADED = -1


@dataclass(frozen=True, slots=True)
class Entry:
    """A sequence whose last transaction had new features.

    `features` are those of that transaction's run, `case` is the case that found it,
    LOADED for one that was there before the campaign. `name` is the same for the same
    transactions. `budget` is the gas that calls like the last one may need to complete.
    """

    name: str
    transactions: Transactions
    features: tuple[int, ...]
    case: int = LOADED
    budget: int = 0


def make_entry(
    transactions: Transactions,
    features: tuple[int, ...],
    case: int = LOADED,
    budget: int = 0,
) -> Entry:
    """The entry under its name."""
    return Entry(sequence_name(transactions), transactions, features, case, budget)


def minimised(entries: Sequence[Entry]) -> list[Entry]:
    """A small set of small entries that together have all features, in order.

    Greedy: the features that the fewest entries have come first, each taken with the
    smallest entry that has it, which brings all its others. Then those go, the largest
    first, whose every feature others have as well: of the rest none can be left out.
    """
    holders: dict[int, list[int]] = {}
    order = sorted(
        range(len(entries)),
        key=lambda place: sequence_size(entries[place].transactions),
    )
    for place in order:
        for feature in entries[place].features:
            holders.setdefault(feature, []).append(place)
    chosen: set[int] = set()
    covered: set[int] = set()
    for feature in sorted(
        holders, key=lambda feature: (len(holders[feature]), feature)
    ):
        if feature not in covered:
            place = holders[feature][0]
            chosen.add(place)
            covered.update(entries[place].features)
    counts = Counter(feature for place in chosen for feature in entries[place].features)
    for place in reversed(order):
        if place in chosen and all(
            counts[each] > 1 for each in entries[place].features
        ):
            chosen.remove(place)
            counts.subtract(entries[place].features)
    return [entry for place, entry in enumerate(entries) if place in chosen]


def weights(
    entries: Iterable[Entry], hits: Iterable[tuple[int, int]], cases: int
) -> list[int]:
    """How often each entry is to be chosen, in proportion.

    `hits` are edges with the number of cases that took them, of `cases` in all. An edge
    that one case in 2^k takes carries k bits of surprise; an entry's weight is the sum
    over its edges, and one.
    """
    bits = cases.bit_length()
    surprise = {edge: bits - min(count.bit_length(), bits) for edge, count in hits}
    return [
        1 + sum(surprise.get(feature >> 3, bits) for feature in entry.features)
        for entry in entries
    ]
