"""The result of `deploy` and `send`: the receipt, and the contract's failure."""

import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import click

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.documents.documents import Document
from chain_sim.ethereum.primitives.text import format_data
from contractvm_cli.decoding import UNNAMED, Naming
from contractvm_cli.failures import EXIT_FAILED, record_done, say_error, say_warning
from contractvm_cli.output import print_facts, print_json

NO_PLACE: Mapping[str, object] = MappingProxyType({})


def finish_with_receipt(
    receipt: TransactionReceipt,
    document: Document,
    as_json: bool,
    hint: str | None = None,
    place: Mapping[str, object] = NO_PLACE,
    naming: Naming = UNNAMED,
) -> None:
    """Print a transaction's result; exit with 1 if the contract failed.

    The document's key `decoded` holds what the function returned. `hint` says what to
    do about the result, `place` where it failed, `naming` what is known of contracts.
    """
    record_receipt(receipt)
    if as_json:
        print_json(document)
    else:
        facts = naming.receipt_facts(receipt)
        if not receipt.succeeded:
            facts["status"] = "failed"  # the error says why
        decoded = document.get("decoded")
        facts["result"] = shown_values(decoded) if decoded is not None else None
        print_facts({**facts, **place})
    if not receipt.succeeded:
        reason = naming.failure(receipt.to, receipt.error, receipt.output)
        told = "" if hint is None else f"; {hint}"
        say_error(f"transaction failed, its gas is paid: {reason}{told}")
        raise click.exceptions.Exit(EXIT_FAILED)
    if hint is not None:
        say_warning(hint)


def record_receipt(receipt: TransactionReceipt) -> None:
    """Remember that the transaction is in a block, where the command fails later."""
    record_done(
        f"transaction {format_data(receipt.transaction_hash)} is in block"
        f" {receipt.block_number} {format_data(receipt.block_hash)}"
    )


def shown_values(values: Sequence[Any]) -> list[str]:
    """Decoded values as text: strings as they are, the rest as JSON."""
    return [value if isinstance(value, str) else json.dumps(value) for value in values]
