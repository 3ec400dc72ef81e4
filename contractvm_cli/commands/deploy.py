"""`contractvm deploy`."""

from pathlib import Path

import click

from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import receipt_document
from contractvm_cli.chains import reached_for_writing, signing_account
from contractvm_cli.constructors import refuse_constructor, returns_contract
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.nodes import is_node_given, rpc_url_option
from contractvm_cli.options import example, json_option, verb_command
from contractvm_cli.receipts import finish_with_receipt
from contractvm_cli.transaction_options import (
    ChainPlace,
    MessageOptions,
    signed_options,
    writable_db,
)
from gas_schedule.loader import DEFAULT_SCHEDULE


@verb_command(
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
@signed_options
@writable_db
@rpc_url_option
@json_option
def deploy_command(
    file: Path,
    is_init_code: bool,
    message: MessageOptions,
    place: ChainPlace,
    as_json: bool,
) -> None:
    """Create a contract.

    FILE is the contract's module, .wasm or .wat; it is checked first, and a refused
    module costs nothing. A chain is created if --db has none.
    """
    account = signing_account(message)
    code = read_module(file)

    def check(chain: Blockchain) -> None:
        chain.engine.prepare(code)
        if not is_init_code:
            refuse_constructor(chain, file, code, account.address)

    if not place.db.exists() and not is_node_given():
        # A refused module creates no chain either.
        genesis = default_genesis(place.schedule or DEFAULT_SCHEDULE)
        with naming_file(file), Blockchain.in_memory(genesis) as trial:
            check(trial)
    with reached_for_writing(place) as chain, naming_file(file):
        if isinstance(chain, Blockchain):
            check(chain)
        elif chain.genesis.loaded is None:
            with Blockchain.in_memory(chain.genesis) as trial:
                check(trial)
        receipt = chain.deploy(
            code,
            sender=account,
            value=message.value,
            gas_limit=message.gas_limit,
            is_init_code=is_init_code,
        )
        hint = None
        if is_init_code and not returns_contract(chain, receipt):
            hint = (
                f"{file} returned no contract as a constructor does: if it is the"
                " contract itself, leave --init-code out"
            )
    finish_with_receipt(receipt, receipt_document(receipt), as_json, hint)
