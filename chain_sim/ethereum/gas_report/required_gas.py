"""Search for the smallest gas limit with which a transaction succeeds.

It can be more than the gas used: refunds come at the end, and a caller must keep a 64th
of its gas at every sub-call (EIP-150).
"""

from collections.abc import Callable
from dataclasses import dataclass

PROBES = 8

Succeeds = Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class RequiredGas:
    """The gas limit found, or None and a note that says why."""

    gas_limit: int | None
    notes: tuple[str, ...] = ()


def search_required(
    succeeds: Succeeds, *, lowest: int, gas_limit: int, greatest: int
) -> RequiredGas:
    """The gas limit that succeeds while one less fails.

    It is at least `lowest`, the gas used; `gas_limit` is tried first, then `greatest`.
    A contract can read its gas, and succeed with less but fail with more: a few limits
    below the result are tried too, and a note says if one succeeds.
    """
    upper = gas_limit
    if not succeeds(upper):
        upper = greatest
        if upper <= gas_limit or not succeeds(upper):
            tried = max(gas_limit, greatest)
            return RequiredGas(None, (f"it fails with {tried:,} gas too",))
    found = lowest_success(succeeds, lowest - 1, upper)
    lower = _succeeding_below(succeeds, lowest, found)
    if lower is None:
        return RequiredGas(found)
    note = (
        f"success does not only depend on having enough gas: it succeeds with "
        f"{lower:,}, fails with {found - 1:,} and succeeds with {found:,}"
    )
    return RequiredGas(found, (note,))


def lowest_success(succeeds: Succeeds, failing: int, succeeding: int) -> int:
    """The limit that succeeds while one less fails, by bisection between the two."""
    while succeeding - failing > 1:
        middle = (failing + succeeding) // 2
        if succeeds(middle):
            succeeding = middle
        else:
            failing = middle
    return succeeding


def _succeeding_below(succeeds: Succeeds, lowest: int, found: int) -> int | None:
    """A limit from `lowest` to two below `found` that succeeds, if one is found."""
    span = found - 1 - lowest
    for step in range(PROBES):
        limit = lowest + span * step // PROBES
        if limit < found - 1 and succeeds(limit):
            return limit
    return None
