"""`contractvm balance`, `storage` and `code`."""

from pathlib import Path

import click

from chain_sim.ethereum.documents.documents import address_text, amount_text
from chain_sim.ethereum.primitives.text import Address, format_data
from contractvm_cli.chains import reached_chain
from contractvm_cli.failures import record_done
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.output_paths import OutputFile
from contractvm_cli.parameters import CONTRACT, SLOT
from contractvm_cli.places import ReadPlace, read_place

ALICE = "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266"


@verb_command("balance", epilog=example(f"contractvm balance {ALICE}"))
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@read_place
@rpc_url_option
@json_option
def balance_command(account: Address | Name, place: ReadPlace, as_json: bool) -> None:
    """Show an account's balance, in wei, and its nonce."""
    with reached_chain(place.db) as chain:
        address = account_of(chain, account)
        state = chain.state_at(place.at)
        balance, nonce = state.get_balance(address), state.get_nonce(address)
    if as_json:
        print_json(
            {"address": address_text(address), "balance": balance, "nonce": nonce}
        )
    else:
        print_facts({"balance": amount_text(balance), "nonce": nonce})


@verb_command(
    "storage",
    epilog=example(
        "contractvm storage ADDRESS 0", "contractvm storage ADDRESS 0 --at 41:1"
    ),
)
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@click.argument("slot", type=SLOT)
@read_place
@rpc_url_option
@json_option
def storage_command(
    account: Address | Name, slot: int, place: ReadPlace, as_json: bool
) -> None:
    """Show a storage slot of a contract: 32 bytes, zeros if nothing is stored.

    SLOT is a number, decimal or 0x.
    """
    with reached_chain(place.db) as chain:
        address = account_of(chain, account)
        state = chain.state_at(place.at)
        value = format_data(state.get_storage(address, slot.to_bytes(32, "big")))
    if as_json:
        key = format_data(slot.to_bytes(32, "big"))
        print_json({"address": address_text(address), "slot": key, "value": value})
    else:
        click.echo(value)


@verb_command("code", epilog=example("contractvm code ADDRESS --out contract.wasm"))
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@click.option("--out", type=OutputFile(), help="Write the bytes to this file.")
@read_place
@rpc_url_option
@json_option
def code_command(
    account: Address | Name, out: Path | None, place: ReadPlace, as_json: bool
) -> None:
    """Show a contract's code; 0x if the account has none."""
    with reached_chain(place.db) as chain:
        address = account_of(chain, account)
        code = chain.state_at(place.at).get_code(address)
    if out is not None:
        out.write_bytes(code)
        record_done(f"{out} has the code, {len(code)} bytes")
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
