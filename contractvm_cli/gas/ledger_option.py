"""`--ledger` of commands that send a transaction to a Cosmos chain."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from chain_sim.cosmos.chain.transactions import TransactionOutcome
from contractvm_cli.output import print_json

F = TypeVar("F", bound=Callable[..., Any])


def ledger_option(command: F) -> F:
    """`--ledger` for a command that sends a transaction."""
    option = click.option(
        "--ledger",
        "with_ledger",
        is_flag=True,
        help="Show where the gas went, whether it fails or not.",
    )
    return option(command)


def show_ledger(outcome: TransactionOutcome, *, as_json: bool) -> None:
    """Print where the gas of a transaction went."""
    from contractvm_cli.gas.cosmos_ledger import (  # noqa: PLC0415 (it is slow)
        print_ledger,
    )

    root = outcome.ledger()
    if as_json:
        print_json({"ledger": root.document()})
    else:
        print_ledger(root)
