"""Outcomes of messages in words that campaigns compare, and where tokens appear."""

import re
from collections import Counter
from collections.abc import Mapping

from chain_sim.cosmos.accounts.bank import BALANCE_KEY, SUPPLY_KEY
from chain_sim.cosmos.accounts.coins import parse_coins
from chain_sim.cosmos.chain.transactions import TransactionOutcome
from chain_sim.cosmos.context import Event
from chain_sim.cosmos.errors import OUT_OF_GAS, VM_ERROR, CosmosError, NotSimulated
from chain_sim.cosmos.state.stores import BANK
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos.cases import CosmosOutcome
from contractvm.errors import TrapCode

OUT_OF_GAS_KIND = "out of gas"
ABORTED = "aborted"
VM_FAULT = "fault of the machine"
NO_GAS_LEFT = "Ran out of gas during contract execution"
# "any", for one: words of a trap's code, the longest first.
TRAP_WORDS = sorted((code.value for code in TrapCode), key=len, reverse=True)
TRAPPED = re.compile("RuntimeError: (" + "|".join(map(re.escape, TRAP_WORDS)) + ")")
BALANCES, SUPPLIES = BANK + BALANCE_KEY, BANK + SUPPLY_KEY
Changes = Mapping[bytes, tuple[bytes | None, bytes | None]]


def outcome_of(outcome: TransactionOutcome, changes: Changes) -> CosmosOutcome:
    """The outcome of a message that made these changes."""
    error = outcome.error
    status, kind = CaseStatus.SUCCESS, ""
    if error is not None:
        kind = kind_of(error)
        status = CaseStatus.FAILURE if kind else CaseStatus.REVERTED
    return CosmosOutcome(
        status=status,
        error_kind=kind,
        error=None if error is None else str(error),
        data=outcome.data,
        events=tuple((event.kind, tuple(event.attributes)) for event in outcome.events),
        gas_used=outcome.gas_used,
        gas=tuple(sorted(outcome.gas.items())),
        calls=tuple(
            (call.entry, call.contract, call.gas_internal, call.gas_external)
            for call in outcome.calls
        ),
        token_fault=token_fault(outcome.events, changes) if error is None else "",
    )


def refused(reason: NotSimulated) -> CosmosOutcome:
    """The outcome of a message that asks for what the chain does not simulate."""
    return CosmosOutcome(
        CaseStatus.REFUSED, "not simulated", str(reason), b"", (), 0, (), ()
    )


def kind_of(error: CosmosError) -> str:
    """What kind of failure it is; "" for an error of the contract's own."""
    if error.is_of_contract:
        return ""
    if (error.codespace, error.code) == OUT_OF_GAS[:2] or NO_GAS_LEFT in error.text:
        return OUT_OF_GAS_KIND
    if (error.codespace, error.code) != VM_ERROR[:2]:
        return f"{error.codespace} {error.code}"
    if "Aborted: " in error.text:
        return ABORTED
    trapped = TRAPPED.search(error.text)
    return VM_FAULT if trapped is None else trapped[1]


def token_fault(events: tuple[Event, ...], changes: Changes) -> str:
    """Which tokens came from nowhere, or went there; "" if none did.

    The supply falls by what was burned, and balances change by as much as the supply.
    """
    owned: Counter[bytes] = Counter()
    supplied: Counter[bytes] = Counter()
    burned: Counter[bytes] = Counter()
    for key, (before, after) in changes.items():
        if key.startswith(BALANCES):
            owned[key[3 + key[2] :]] += int(after or b"0") - int(before or b"0")
        elif key.startswith(SUPPLIES):
            supplied[key[2:]] += int(after or b"0") - int(before or b"0")
    for event in events:
        if event.kind == "burn":
            for name, amount in parse_coins(dict(event.attributes)["amount"]):
                burned[name.encode()] += amount
    for coin in sorted({*owned, *supplied, *burned}):
        if not owned[coin] == supplied[coin] == -burned[coin]:
            return (
                f"{coin.decode()}: balances {owned[coin]:+}, supply"
                f" {supplied[coin]:+}, burned {burned[coin]}"
            )
    return ""
