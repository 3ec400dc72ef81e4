"""`contractvm deploy`."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import Struct
from msgspec.structs import replace

from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import receipt_document
from contractvm_cli.address_book import NAME as NAME_PATTERN
from contractvm_cli.address_book import book_path, read_book
from contractvm_cli.artefacts import Artefact, is_artefact, read_artefact
from contractvm_cli.chains import reached_for_writing, signing_account
from contractvm_cli.constructors import refuse_constructor, returns_contract
from contractvm_cli.lookups import name_account
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.nodes import is_node_given, rpc_url_option
from contractvm_cli.options import example, gathered, json_option, verb_command
from contractvm_cli.parameters import NAME
from contractvm_cli.receipts import finish_with_receipt, record_receipt
from contractvm_cli.transaction_options import (
    ChainPlace,
    MessageOptions,
    signed_options,
    writable_db,
)
from gas_schedule.loader import DEFAULT_SCHEDULE

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain


class ContractNames(Struct, frozen=True):
    """What the contract is to be called, and the file of its ABI."""

    name: str | None
    abi: Path | None
    is_unnamed: bool = False

    def of_artefact(self, path: Path, artefact: Artefact) -> "ContractNames":
        """With what the artefact says, where the user does not."""
        name = self.name
        if (
            name is None
            and not self.is_unnamed
            and NAME_PATTERN.fullmatch(artefact.name)
        ):
            name = artefact.name
        return replace(
            self, name=name, abi=self.abi or (path if artefact.has_abi else None)
        )

    def check(self) -> None:
        """Raise what would keep the name from being written, before anything is."""
        if self.abi is not None:
            from contractvm_cli.known_abis import (  # noqa: PLC0415 (with --abi only)
                require_registrable,
            )

            require_registrable(self.abi)
        if self.name is not None:
            read_book(book_path())

    def keep(
        self, chain: "Blockchain | NodeChain", receipt: TransactionReceipt
    ) -> None:
        """Write the name and the ABI of a contract that was created."""
        address = receipt.contract_address
        if address is None:
            return
        if self.name is not None:
            record_receipt(receipt)
            name_account(chain, self.name, address, self.abi)
        if self.abi is not None and isinstance(chain, Blockchain):
            from contractvm_cli.known_abis import (  # noqa: PLC0415 (with --abi only)
                register_abi,
            )

            record_receipt(receipt)
            register_abi(chain, address, self.abi)


@verb_command(
    "deploy",
    epilog=example(
        "contractvm deploy examples/counter/counter.wat",
        "contractvm deploy --init-code examples/token/token_init.wasm --from 1",
        "contractvm deploy token.wasm --as token --abi token.json",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--init-code",
    "is_init_code",
    is_flag=True,
    help="FILE runs once, as the constructor, and returns the contract.",
)
@gathered(
    ContractNames,
    "names",
    click.option(
        "--as",
        "name",
        type=NAME,
        metavar="NAME",
        help="Put the contract into the address book under this name.",
    ),
    click.option(
        "--abi",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="The contract's ABI, for calls by name and the explorer.",
    ),
    click.option(
        "--no-name",
        "is_unnamed",
        is_flag=True,
        help="Leave an artefact's name out of the address book.",
    ),
)
@signed_options
@writable_db
@rpc_url_option
@json_option
def deploy_command(
    file: Path,
    is_init_code: bool,
    names: ContractNames,
    message: MessageOptions,
    place: ChainPlace,
    as_json: bool,
) -> None:
    """Create a contract.

    FILE is the contract's module, .wasm or .wat, or the artefact of a build,
    NAME.contractvm.json, which brings its ABI and its name. The module is checked
    first, and a refused one costs nothing. A chain is created if --db has none.
    """
    account = signing_account(message)
    if is_artefact(file):
        artefact, code = read_artefact(file)
        names = names.of_artefact(file, artefact)
    else:
        code = read_module(file)
    names.check()

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
        names.keep(chain, receipt)
        hint = None
        if is_init_code and not returns_contract(chain, receipt):
            hint = (
                f"{file} returned no contract as a constructor does: if it is the"
                " contract itself, leave --init-code out"
            )
    document = receipt_document(receipt)
    if receipt.succeeded and names.name is not None:
        document["name"] = names.name
    facts = {"name": document.get("name")}
    finish_with_receipt(receipt, document, as_json, hint, facts)
