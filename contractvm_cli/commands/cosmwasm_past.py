"""`contractvm cosmwasm gas` and `trace`, next to the group's other verbs."""

from pathlib import Path
from typing import Any

import click
from msgspec import to_builtins

from chain_sim.cosmos.chain.past_transactions import PastTransaction
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm_cli.commands.cosmwasm import chain_option, handlers_option
from contractvm_cli.commands.cosmwasm_files import cosmwasm_command
from contractvm_cli.cosmos_chains import opened
from contractvm_cli.options import example, gathered, json_option
from contractvm_cli.output import print_facts, print_json

__all__ = ["cosmwasm_command"]


def find_past(height: int | None, db: Path, handlers: Path | None) -> PastTransaction:
    """The transaction of a block, by default the newest, run again."""
    with opened(db, DEFAULT_ENGINE, handlers=handlers) as chain:
        found = chain.transaction(chain.head.height if height is None else height)
        found.outcome.ledger()
    return found


gathered_past = gathered(
    find_past,
    "past",
    click.argument(
        "height", metavar="[HEIGHT]", required=False, type=click.IntRange(0)
    ),
    chain_option,
    handlers_option,
)


@cosmwasm_command.command(
    "gas",
    epilog=example("contractvm cosmwasm gas 7", "contractvm cosmwasm gas --json"),
)
@gathered_past
@json_option
def gas_command(past: PastTransaction, as_json: bool) -> None:
    """Show where the gas of a past message went.

    HEIGHT is its block, by default the newest. The message is run again, traced, on
    the state that it met.
    """
    from contractvm_cli.gas.cosmos_ledger import (  # noqa: PLC0415 (it is slow)
        print_ledger,
    )

    if as_json:
        ledger = past.outcome.ledger().document()
        print_json({**sent_document(past), "ledger": ledger})
        return
    print_facts(sent_facts(past))
    print_ledger(past.outcome.ledger())


@cosmwasm_command.command(
    "trace",
    epilog=example("contractvm cosmwasm trace 7", "contractvm cosmwasm trace --json"),
)
@gathered_past
@json_option
def trace_command(past: PastTransaction, as_json: bool) -> None:
    """Show what a past message did: its calls, messages, queries, replies and events.

    HEIGHT is its block, by default the newest. The message is run again, traced, on
    the state that it met. `contractvm cosmwasm gas` shows more of the gas.
    """
    from contractvm_cli.gas.cosmos_ledger import (  # noqa: PLC0415 (it is slow)
        print_calls,
    )

    outcome = past.outcome
    if as_json:
        answers = [
            None if call.output is None else call.output.decode(errors="replace")
            for call in outcome.calls
        ]
        document = {**sent_document(past), **outcome.document(), "answers": answers}
        print_json({**document, "ledger": outcome.ledger().document()})
        return
    print_facts(sent_facts(past))
    print_calls(outcome)


def sent_document(past: PastTransaction) -> dict[str, Any]:
    """The message for `--json`."""
    return {"sent": to_builtins(past.sent), "seconds": past.seconds}


def sent_facts(past: PastTransaction) -> dict[str, object]:
    """The message for people."""
    sent, outcome = past.sent, past.outcome
    return {
        "height": outcome.height,
        "entry": sent.entry,
        "contract": sent.contract or None,
        "code": sent.code_id or None,
        "sender": sent.sender or None,
        "funds": sent.funds or None,
        "message": sent.message,
        "gas limit": sent.gas_limit,
        "gas used": outcome.gas_used,
        "data": outcome.data.hex() or None,
    }
