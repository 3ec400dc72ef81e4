"""A gas report as one JSON document: amounts exact, in whole units of the schedule."""

from typing import Any

from msgspec import to_builtins

from chain_sim.ethereum.documents.documents import address_text
from chain_sim.ethereum.gas_report.report_totals import (
    group_totals,
    used_units,
)
from chain_sim.ethereum.primitives.text import format_data
from contractvm.ledger.report import CallReport, GasReport

Document = dict[str, Any]


def report_document(report: GasReport) -> Document:
    """All of a report.

    `groups` are sums over the transaction and all its calls and add up to
    `gasUsedUnits`. `calls` is flat, as many readers refuse deep nesting: each
    call comes after its caller, whose number is `parent`.
    """
    return {
        "title": report.title,
        "schedule": report.schedule,
        "scheduleHash": format_data(report.schedule_hash),
        "unitsPerGas": report.units_per_gas,
        "gasLimit": report.gas_limit,
        "gasUsed": report.gas_used,
        "gasUsedUnits": used_units(report),
        "modes": to_builtins(report.figures),
        "remainder": report.remainder,
        "groups": [
            {
                "group": total.group,
                "units": total.units,
                "parts": to_builtins(total.parts),
            }
            for total in group_totals(report)
        ],
        "transactionParts": to_builtins(report.parts),
        "calls": call_documents(report),
        "notes": list(report.notes),
    }


def call_documents(report: GasReport) -> list[Document]:
    """Every call, in the order of their starts, with its caller's place in the list."""
    documents: list[Document] = []
    waiting: list[tuple[CallReport, int | None, tuple[str, ...]]]
    waiting = [(report.call, None, ())]
    while waiting:
        call, parent, at = waiting.pop()
        number = len(documents)
        documents.append(call_document(call, parent, at))
        below = zip(call.calls, call.calls_at, strict=True)
        waiting.extend(reversed([(sub_call, number, at) for sub_call, at in below]))
    return documents


def call_document(
    call: CallReport, parent: int | None, called_at: tuple[str, ...]
) -> Document:
    """One call by itself, and where it was made."""
    return {
        "parent": parent,
        "calledAt": list(called_at),
        "kind": call.kind,
        "from": address_text(call.sender or None),
        "to": address_text(call.recipient or None),
        "codeAddress": address_text(call.code_address or None),
        "value": call.value,
        "status": call.status.name.lower(),
        "error": call.error,
        "givenUnits": call.given_units,
        "stipendUnits": call.stipend_units,
        "usedUnits": call.used_units,
        "remainder": call.remainder,
        "parts": to_builtins(call.parts),
        "functions": [
            {
                "funcIndex": function.func_index,
                "name": function.name,
                "calls": function.calls,
                "ownUnits": function.own_units,
                "inclusiveUnits": function.inclusive_units,
            }
            for function in call.functions
        ],
        "lines": to_builtins(call.lines),
        "hasLines": call.has_lines,
        "debugFault": call.debug_fault,
        "keys": [
            {**to_builtins(cost), "key": format_data(cost.key)} for cost in call.keys
        ],
        "startPrices": (
            None if call.start_prices is None else call.start_prices._asdict()
        ),
        "stacks": to_builtins(call.stacks),
        "notes": list(call.notes),
    }
