"""The table of all methods: what is served, documented and tested."""

from collections.abc import Mapping
from types import MappingProxyType

from chain_sim.node.methods import (
    blocks,
    calls,
    clock,
    connection,
    control,
    edits,
    explorer,
    fees,
    identity,
    logs,
    mining,
    parts,
    pool,
    sending,
    signing,
    state,
    subscribing,
    traces,
    views,
)
from chain_sim.node.parameters import Method

METHODS_BY_SUBJECT: Mapping[str, tuple[Method, ...]] = MappingProxyType(
    {
        "The node": identity.METHODS,
        "Accounts": state.METHODS,
        "Blocks, transactions and receipts": blocks.METHODS,
        "Fees": fees.METHODS,
        "Calls": calls.METHODS,
        "Sending": sending.METHODS,
        "Signing": signing.METHODS,
        "Logs and filters": logs.METHODS,
        "Subscriptions": subscribing.METHODS,
        "The explorer": explorer.METHODS,
        "Mining": mining.METHODS,
        "Waiting transactions": pool.METHODS,
        "The clock": clock.METHODS,
        "Edits": edits.METHODS,
        "Control": control.METHODS,
        "Connected chains": (*connection.METHODS, *parts.METHODS),
        "Traces": traces.METHODS,
        "Views of explorers": views.METHODS,
    }
)
METHODS: Mapping[str, Method] = MappingProxyType(
    {row.name: row for rows in METHODS_BY_SUBJECT.values() for row in rows}
)
