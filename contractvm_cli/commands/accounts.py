"""`contractvm accounts`."""

from pathlib import Path

from chain_sim.database.errors import DatabaseNotFound
from chain_sim.ethereum.blocks.accounts import (
    DERIVATION_PATH,
    DEVELOPER_ACCOUNTS,
    DEVELOPER_MNEMONIC,
)
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import address_text, amount_text
from chain_sim.ethereum.primitives.text import Address, format_data
from contractvm_cli.failures import say
from contractvm_cli.nodes import (
    NodeHasDatabase,
    given_node,
    reached,
    rpc_url_option,
)
from contractvm_cli.options import db_option, example, json_option, verb_command
from contractvm_cli.output import print_json
from contractvm_cli.tables import NUMBER, TEXT, print_table
from contractvm_cli.waiting import when_unlocked

WARNING = (
    "warning: these keys are public: never send them anything of value on a"
    " public chain"
)


@verb_command("accounts", epilog=example("contractvm accounts --json"))
@db_option
@rpc_url_option
@json_option
def accounts_command(db: Path, as_json: bool) -> None:
    """Show the ten developer accounts.

    The keys derive from a public mnemonic; each account has 10,000 ether in a new
    chain. Balances are shown if --db has a chain.
    """
    say(WARNING)
    balances = read_balances(db)
    if as_json:
        documents = [
            {
                "index": account.index,
                "address": address_text(account.address),
                "privateKey": format_data(account.private_key),
                "balance": balances.get(account.address),
            }
            for account in DEVELOPER_ACCOUNTS
        ]
        print_json(
            {
                "mnemonic": DEVELOPER_MNEMONIC,
                "derivationPath": DERIVATION_PATH,
                "accounts": documents,
            }
        )
        return
    columns = {"": NUMBER, "address": TEXT, "private key": TEXT}
    if balances:
        columns["balance"] = NUMBER
    print_table(
        columns,
        [
            (
                account.index,
                address_text(account.address),
                format_data(account.private_key),
                *([amount_text(balances[account.address])] if balances else ()),
            )
            for account in DEVELOPER_ACCOUNTS
        ],
    )


def read_balances(db: Path) -> dict[Address, int]:
    """In wei, of all developer accounts; empty if there is no chain."""
    try:
        chain = given_node() or when_unlocked(
            lambda: Blockchain.open(db, read_only=True)
        )
    except DatabaseNotFound:
        return {}
    except NodeHasDatabase as error:
        chain = reached(error.url)
    with chain:
        return {
            account.address: chain.balance(account.address)
            for account in DEVELOPER_ACCOUNTS
        }
