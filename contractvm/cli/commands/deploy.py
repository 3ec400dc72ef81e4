"""`contractvm deploy`."""

from pathlib import Path

import click

from chain_sim.primitives import Address
from contractvm.cli.chains import signing_account, writable_chain
from contractvm.cli.documents import receipt_document
from contractvm.cli.module_files import naming_file, read_module
from contractvm.cli.options import db_option, example, json_option, schedule_option
from contractvm.cli.parameters import ACCOUNT, GAS, PRIVATE_KEY, WEI
from contractvm.cli.receipts import finish_with_receipt


@click.command(
    "deploy",
    epilog=example(
        "contractvm deploy examples/counter/counter.wat",
        "contractvm deploy --init-code examples/token/token_init.wasm --from 1",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--init-code",
    "is_init_code",
    is_flag=True,
    help="FILE runs once, as the constructor, and returns the contract.",
)
@click.option("--value", type=WEI, default=0, help="Ether for the new contract.")
@click.option(
    "--from",
    "sender",
    type=ACCOUNT,
    metavar="INDEX|ADDRESS",
    help="The developer account that pays. [default: 0]",
)
@click.option(
    "--private-key",
    type=PRIVATE_KEY,
    envvar="CONTRACTVM_PRIVATE_KEY",
    help="Sign with this key. [env: CONTRACTVM_PRIVATE_KEY]",
)
@click.option(
    "--gas-limit", type=GAS, help="Gas that may be used. [default: a block's]"
)
@schedule_option("The gas schedule, where the chain is a new one.", None)
@db_option
@json_option
def deploy_command(
    file: Path,
    is_init_code: bool,
    value: int,
    sender: int | Address | None,
    private_key: bytes | None,
    gas_limit: int | None,
    schedule: str | None,
    db: Path,
    as_json: bool,
) -> None:
    """Create a contract.

    FILE is the contract's module, .wasm or .wat; it is checked first, and a refused
    one costs nothing. A chain is begun where --db has none.
    """
    account = signing_account(sender, private_key)
    code = read_module(file)
    with writable_chain(db, schedule) as chain, naming_file(file):
        receipt = chain.deploy(
            code,
            sender=account,
            value=value,
            gas_limit=gas_limit,
            is_init_code=is_init_code,
        )
    finish_with_receipt(receipt, receipt_document(receipt), as_json)
