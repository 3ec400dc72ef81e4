"""Amounts: what a host interface charges that is no quantity of a schedule.

A quantity can be priced by any schedule. An amount is in units of the one that ran: it
explains a run, and cannot be priced again.
"""

from typing import NamedTuple


class Amount(NamedTuple):
    """Units that were taken, for what `group` and `name` say in a gas report.

    `function` is the host function that took them, empty outside of one. `key` is the
    slot or the key of the state that they were paid for; empty for none. They were
    taken in `times` parts.
    """

    group: str
    name: str
    units: int
    function: str = ""
    key: bytes = b""
    times: int = 1


class StartPrices(NamedTuple):
    """What the start of a program cost, and what it costs otherwise, in units.

    `paid` is the name of the price that was paid: `first`, `repeated` or `cached`. The
    pages that the program begins with are not in the prices.
    """

    paid: str
    first: int
    repeated: int
    cached: int
