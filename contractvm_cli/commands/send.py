"""`contractvm send`."""

from typing import TYPE_CHECKING

import click
from msgspec import Struct

from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.primitives.text import Address, InvalidText
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import reached_for_writing, require_contract, signing_account
from contractvm_cli.decoding import UNNAMED, Naming, known_abis
from contractvm_cli.failures import say
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import example, verb_command
from contractvm_cli.parameters import CONTRACT, DATA
from contractvm_cli.receipts import finish_with_receipt
from contractvm_cli.traces import (
    ShownTrace,
    print_trace,
    traced,
    verbosity_option,
)
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
    from chain_sim.ethereum.chain.blockchain import Blockchain
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain
    from contractvm.ledger.where import Where


class Sent(Struct, frozen=True):
    """A transaction that is in a block, where it failed, and what is known of it."""

    receipt: TransactionReceipt
    where: "Where | None"
    trace: ShownTrace | None
    call_input: CallInput = CallInput()
    naming: Naming = UNNAMED


UNSAID_OPTIONS = MessageOptions(sender=None, value=0, gas_limit=None)


@verb_command(
    "send",
    epilog=example(
        "contractvm send ADDRESS 'transfer(address,uint256)(bool)' 0x7099... 1ether",
        "contractvm send ADDRESS --value 1.5ether --from 2",
        "contractvm send --raw 0xf86c...",
    ),
)
@click.argument("address", type=CONTRACT, required=False)
@call_input
@signed_options
@click.option("--raw", type=DATA, help="A signed transaction's RLP, and nothing else.")
@writable_db
@rpc_url_option
@verbosity_option
@place_options
def send_command(  # noqa: PLR0913, PLR0917 (one for each group of options)
    address: Address | Name | None,
    call_input: CallInput,
    message: MessageOptions,
    raw: bytes | None,
    place: ChainPlace,
    verbosity: int,
    places: PlaceFinder,
) -> None:
    """Send a transaction to ADDRESS: a call of a contract, or ether.

    SIGNATURE names the function and its types, ARGS are its arguments: arrays as
    [1,2], tuples as (1,true). Types in a second pair of brackets say what it returns.
    The transaction makes a block at once; exit code 1 if the contract failed, with the
    place where it did. With -v it is run again, and shown step by step.
    """
    if raw is not None:
        require_alone(address, call_input, message)
        with reached_for_writing(place) as chain:
            receipt = chain.submit(raw)
            trace = trace_of(chain, receipt, verbosity, call_input, places)
            sent = Sent(receipt, place_of(chain, receipt, places), trace)
    else:
        sent = send(address, call_input, message, place, (verbosity, places))
    receipt, naming = sent.receipt, sent.naming
    document = naming.receipt_document(receipt)
    document["where"] = where_document(sent.where)
    document["decoded"] = None
    if sent.trace is not None:
        document["trace"] = sent.trace.document
    if not places.as_json:
        print_trace(sent.trace)
    if receipt.succeeded:
        try:
            document["decoded"] = sent.call_input.decode(receipt.output)
        except InvalidText as error:
            say(f"warning: the output is {error}")
    facts = places.facts(sent.where)
    finish_with_receipt(receipt, document, places.as_json, place=facts, naming=naming)


def send(
    given: Address | Name | None,
    call_input: CallInput,
    message: MessageOptions,
    place: ChainPlace,
    shown: tuple[int, PlaceFinder],
) -> Sent:
    """Sign and send a transaction; if it failed, find out where.

    `shown` is how much of it, and what finds its places.
    """
    verbosity, places = shown
    if given is None:
        raise click.UsageError(
            "Missing argument 'ADDRESS'.", click.get_current_context()
        )
    account = signing_account(message)
    # Without a chain there is no contract to call, so only ether can create one.
    with reached_for_writing(place, may_begin=not call_input.is_call) as chain:
        address = account_of(chain, given)
        if call_input.is_call:
            require_contract(chain, address)
        abis = known_abis(chain, address, call_input.abi)
        ready = call_input.on(chain, address, abis)
        receipt = chain.send(
            address,
            ready.data,
            sender=account,
            value=message.value,
            gas_limit=message.gas_limit,
        )
        naming = Naming(abis, receipt.to, receipt.logs)
        trace = trace_of(chain, receipt, verbosity, call_input, places)
        return Sent(receipt, place_of(chain, receipt, places), trace, ready, naming)


def trace_of(
    chain: "Blockchain | NodeChain",
    receipt: TransactionReceipt,
    verbosity: int,
    call_input: CallInput,
    places: PlaceFinder,
) -> ShownTrace | None:
    """What the transaction did, if that is wanted."""
    tx_hash = receipt.transaction_hash
    return traced(
        chain,
        verbosity,
        lambda local: local.failures.trace_transaction(tx_hash),
        lambda local: local.gas.explain_transaction(tx_hash),
        (call_input, places),
        tx_hash,
    )


def require_alone(
    address: Address | Name | None, call_input: CallInput, message: MessageOptions
) -> None:
    """Wrong usage if `--raw` is given with what it already holds."""
    if address is not None or call_input.is_call or message != UNSAID_OPTIONS:
        raise click.UsageError(
            "--raw is a whole transaction: give no other part of one with it.",
            click.get_current_context(),
        )
