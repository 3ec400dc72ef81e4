"""`contractvm send`."""

from typing import TYPE_CHECKING

import click

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.documents.documents import receipt_document
from chain_sim.ethereum.primitives.text import Address, InvalidText
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import reached_for_writing, require_contract, signing_account
from contractvm_cli.failures import say
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import example, verb_command
from contractvm_cli.parameters import ADDRESS, DATA
from contractvm_cli.receipts import finish_with_receipt
from contractvm_cli.transaction_options import (
    ChainPlace,
    MessageOptions,
    signed_options,
    writable_db,
)
from contractvm_cli.where import (
    PlaceFinder,
    place_of,
    place_options,
    where_document,
)

if TYPE_CHECKING:
    from contractvm.ledger.where import Where

UNSAID_OPTIONS = MessageOptions(sender=None, value=0, gas_limit=None)


@verb_command(
    "send",
    epilog=example(
        "contractvm send ADDRESS 'transfer(address,uint256)(bool)' 0x7099... 1ether",
        "contractvm send ADDRESS --value 1.5ether --from 2",
        "contractvm send --raw 0xf86c...",
    ),
)
@click.argument("address", type=ADDRESS, required=False)
@call_input
@signed_options
@click.option("--raw", type=DATA, help="A signed transaction's RLP, and nothing else.")
@writable_db
@rpc_url_option
@place_options
def send_command(
    address: Address | None,
    call_input: CallInput,
    message: MessageOptions,
    raw: bytes | None,
    place: ChainPlace,
    places: PlaceFinder,
) -> None:
    """Send a transaction to ADDRESS: a call of a contract, or ether.

    SIGNATURE names the function and its types, ARGS are its arguments: arrays as
    [1,2], tuples as (1,true). Types in a second pair of brackets say what it returns.
    The transaction makes a block at once; exit code 1 if the contract failed, with the
    place where it did.
    """
    if raw is not None:
        require_alone(address, call_input, message)
        with reached_for_writing(place) as chain:
            receipt = chain.submit(raw)
            where = place_of(chain, receipt, places)
    else:
        receipt, where = send(address, call_input, message, place, places)
    document = receipt_document(receipt)
    document["where"] = where_document(where)
    document["decoded"] = None
    if receipt.succeeded:
        try:
            document["decoded"] = call_input.decode(receipt.output)
        except InvalidText as error:
            say(f"warning: the output is {error}")
    finish_with_receipt(receipt, document, places.as_json, place=places.facts(where))


def send(
    address: Address | None,
    call_input: CallInput,
    message: MessageOptions,
    place: ChainPlace,
    places: PlaceFinder,
) -> "tuple[TransactionReceipt, Where | None]":
    """Sign and send a transaction; if it failed, find out where."""
    if address is None:
        raise click.UsageError(
            "Missing argument 'ADDRESS'.", click.get_current_context()
        )
    account = signing_account(message)
    # Without a chain there is no contract to call, so only ether can create one.
    with reached_for_writing(place, may_begin=not call_input.data) as chain:
        if call_input.data:
            require_contract(chain, address)
        receipt = chain.send(
            address,
            call_input.data,
            sender=account,
            value=message.value,
            gas_limit=message.gas_limit,
        )
        return receipt, place_of(chain, receipt, places)


def require_alone(
    address: Address | None, call_input: CallInput, message: MessageOptions
) -> None:
    """Wrong usage if `--raw` is given with what it already holds."""
    if address is not None or call_input.data or message != UNSAID_OPTIONS:
        raise click.UsageError(
            "--raw is a whole transaction: give no other part of one with it.",
            click.get_current_context(),
        )
