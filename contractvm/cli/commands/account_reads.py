"""`contractvm balance`, `storage` and `code`."""

from pathlib import Path

import click

from chain_sim.primitives import Address, format_data
from contractvm.cli.chains import existing_chain
from contractvm.cli.documents import address_text, amount_text
from contractvm.cli.options import db_option, example, json_option
from contractvm.cli.output import print_facts, print_json
from contractvm.cli.parameters import ADDRESS, SLOT

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@click.command("balance", epilog=example(f"contractvm balance {ALICE}"))
@click.argument("address", type=ADDRESS)
@db_option
@json_option
def balance_command(address: Address, db: Path, as_json: bool) -> None:
    """Show an account's balance, in wei, and its nonce."""
    with existing_chain(db) as chain:
        balance, nonce = chain.balance(address), chain.nonce(address)
    if as_json:
        print_json(
            {"address": address_text(address), "balance": balance, "nonce": nonce}
        )
    else:
        print_facts({"balance": amount_text(balance), "nonce": nonce})


@click.command("storage", epilog=example("contractvm storage ADDRESS 0"))
@click.argument("address", type=ADDRESS)
@click.argument("slot", type=SLOT)
@db_option
@json_option
def storage_command(address: Address, slot: int, db: Path, as_json: bool) -> None:
    """Show a storage slot of a contract: 32 bytes, zeros where nothing is stored.

    SLOT is a number, decimal or 0x.
    """
    with existing_chain(db) as chain:
        value = format_data(chain.storage(address, slot))
    if as_json:
        key = format_data(slot.to_bytes(32, "big"))
        print_json({"address": address_text(address), "slot": key, "value": value})
    else:
        click.echo(value)


@click.command("code", epilog=example("contractvm code ADDRESS --out contract.wasm"))
@click.argument("address", type=ADDRESS)
@click.option(
    "--out", type=click.Path(path_type=Path), help="Write the bytes to this file."
)
@db_option
@json_option
def code_command(address: Address, out: Path | None, db: Path, as_json: bool) -> None:
    """Show a contract's code; 0x for an account that has none."""
    with existing_chain(db) as chain:
        code = chain.code(address)
    if out is not None:
        out.write_bytes(code)
    if as_json:
        print_json(
            {
                "address": address_text(address),
                "code": format_data(code),
                "size": len(code),
            }
        )
    elif out is not None:
        click.echo(f"{len(code)} bytes written to {out}")
    else:
        click.echo(format_data(code))
