"""The end of `deploy` and `send`: the receipt, and the contract's failure."""

import json
from collections.abc import Sequence
from typing import Any

import click

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.documents.documents import Document, failure_text, receipt_facts
from contractvm_cli.failures import EXIT_FAILED, say_error
from contractvm_cli.output import print_facts, print_json


def finish_with_receipt(
    receipt: TransactionReceipt, document: Document, as_json: bool
) -> None:
    """Print what became of a transaction; exit with 1 where the contract failed.

    A key `decoded` of the document holds what the function returned.
    """
    if as_json:
        print_json(document)
    else:
        facts = receipt_facts(receipt)
        decoded = document.get("decoded")
        facts["result"] = shown_values(decoded) if decoded is not None else None
        print_facts(facts)
    if not receipt.succeeded:
        reason = failure_text(receipt.error, receipt.output)
        say_error(f"transaction failed, its gas is paid: {reason}")
        raise click.exceptions.Exit(EXIT_FAILED)


def shown_values(values: Sequence[Any]) -> list[str]:
    """Decoded values for people: text as it is, the rest as JSON."""
    return [value if isinstance(value, str) else json.dumps(value) for value in values]
