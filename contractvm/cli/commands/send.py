"""`contractvm send`."""

from collections.abc import Sequence
from pathlib import Path

import click

from chain_sim.primitives import Address, InvalidText
from contractvm.cli.call_input import CallInput, call_options, read_call_input
from contractvm.cli.chains import require_contract, signing_account, writable_chain
from contractvm.cli.documents import receipt_document
from contractvm.cli.failures import say
from contractvm.cli.options import (
    NEGATIVE_NUMBERS,
    db_option,
    example,
    json_option,
    schedule_option,
)
from contractvm.cli.parameters import ADDRESS, DATA, PRIVATE_KEY
from contractvm.cli.receipts import finish_with_receipt


@click.command(
    "send",
    context_settings=NEGATIVE_NUMBERS,
    epilog=example(
        "contractvm send ADDRESS 'transfer(address,uint256)(bool)' 0x7099... 1ether",
        "contractvm send ADDRESS --value 1.5ether --from 2",
        "contractvm send --raw 0xf86c...",
    ),
)
@click.argument("address", type=ADDRESS, required=False)
@call_options
@click.option(
    "--private-key",
    type=PRIVATE_KEY,
    envvar="CONTRACTVM_PRIVATE_KEY",
    help="Sign with this key. [env: CONTRACTVM_PRIVATE_KEY]",
)
@click.option("--raw", type=DATA, help="A signed transaction's RLP, and nothing else.")
@schedule_option("The gas schedule, where the chain is a new one.", None)
@db_option
@json_option
def send_command(
    address: Address | None,
    signature: str | None,
    arguments: Sequence[str],
    data: bytes | None,
    sender: int | Address | None,
    value: int,
    gas_limit: int | None,
    private_key: bytes | None,
    raw: bytes | None,
    schedule: str | None,
    db: Path,
    as_json: bool,
) -> None:
    """Send a transaction to ADDRESS: a call of a contract, or ether.

    SIGNATURE names the function and its types, ARGS are its arguments: arrays as
    [1,2], tuples as (1,true). Types in a second pair of brackets say what it returns.
    The transaction makes a block at once; exit code 1 where the contract failed.
    """
    call_input = read_call_input(signature, arguments, data)
    if raw is not None:
        require_alone(address, call_input, value)
        with writable_chain(db, schedule) as chain:
            receipt = chain.submit(raw)
    else:
        if address is None:
            raise click.UsageError("Missing argument 'ADDRESS'.")
        account = signing_account(sender, private_key)
        with writable_chain(db, schedule) as chain:
            if call_input.data:
                require_contract(chain, address)
            receipt = chain.send(
                address,
                call_input.data,
                sender=account,
                value=value,
                gas_limit=gas_limit,
            )
    document = receipt_document(receipt)
    document["decoded"] = None
    if receipt.succeeded:
        try:
            document["decoded"] = call_input.decode(receipt.output)
        except InvalidText as error:
            say(f"warning: the output is {error}")
    finish_with_receipt(receipt, document, as_json)


def require_alone(address: Address | None, call_input: CallInput, value: int) -> None:
    """Wrong usage where `--raw` stands beside what it holds itself."""
    if address is not None or call_input.data or value:
        raise click.UsageError("--raw is a whole transaction: give no address or data")
