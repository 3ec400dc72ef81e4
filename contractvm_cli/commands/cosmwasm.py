"""`contractvm cosmwasm` with its verbs: `store`, `execute`, `query` and others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click
from msgspec import Struct

from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.sent_messages import DEFAULT_GAS
from chain_sim.cosmos.chain.transactions import TransactionFailed, TransactionOutcome
from contractvm.hosts.cosmwasm.errors import VmError
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json
from contractvm.hosts.cosmwasm.module_rules import (
    available_capabilities,
    check_contract,
)
from contractvm.hosts.cosmwasm.releases import DEFAULT_RELEASE, find_release
from contractvm.runtime.module_source import module_bytes
from contractvm_cli.cosmos_chains import DEFAULT_DATABASE, address, opened
from contractvm_cli.cosmwasm_messages import (
    message_words,
    read_schema,
    schema_document,
    schema_lines,
)
from contractvm_cli.failures import EXIT_FAILED, CommandFailed
from contractvm_cli.gas.ledger_option import (
    ledger_option,
    show_ledger,
)
from contractvm_cli.options import (
    VerbGroup,
    engine_options,
    example,
    gathered,
    json_option,
    wait_option,
)
from contractvm_cli.output import print_facts, print_json

F = TypeVar("F", bound=Callable[..., Any])
GREATEST_GAS = 2**64 - 1

db_option = click.option(
    "--db",
    metavar="PATH",
    type=click.Path(path_type=Path),
    envvar="CONTRACTVM_COSMOS_DB",
    default=DEFAULT_DATABASE,
    show_default=True,
    show_envvar=True,
    help="The chain's database, a directory.",
)


def chain_option(command: F) -> F:
    """`--db`, and `--wait` until it can be opened."""
    return db_option(wait_option(command))


handlers_option = click.option(
    "--handlers",
    metavar="SCRIPT",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A .py file whose register(handlers) adds what the chain does not simulate.",
)
release_option = click.option(
    "--release",
    metavar="NAME",
    help=f"The release of a new chain.  [default: {DEFAULT_RELEASE}]",
)
funds_option = click.option(
    "--amount", "funds", metavar="COINS", default="", help="Coins to send: 5stake."
)


class Sending(Struct, frozen=True):
    """Who sends a transaction, with how much gas, to which chain."""

    sender: str
    gas_limit: int
    db: Path
    engine: str
    handlers: Path | None
    with_ledger: bool
    as_json: bool


from_option = click.option(
    "--from",
    "sender",
    metavar="NAME|ADDRESS",
    default="alice",
    show_default=True,
    help="The sender: an address, or a name, whose hash is the address.",
)
gas_option = click.option(
    "--gas",
    "gas_limit",
    metavar="GAS",
    type=click.IntRange(0, GREATEST_GAS),
    default=DEFAULT_GAS,
    show_default=True,
    help="The SDK gas limit.",
)
gathered_sending = gathered(
    Sending,
    "sending",
    from_option,
    gas_option,
    chain_option,
    engine_options[0],
    handlers_option,
    ledger_option,
    json_option,
)


@click.group(
    "cosmwasm",
    cls=VerbGroup,
    epilog=example(
        "contractvm cosmwasm store counter.wasm",
        "contractvm cosmwasm instantiate 1 '{\"count\": 41}' --label counter",
    ),
)
def cosmwasm_command() -> None:
    """Store and call contracts of CosmWasm on a local Cosmos chain."""


@cosmwasm_command.command(
    "check",
    epilog=example("contractvm cosmwasm check token.wasm --release wasmd-0.50.0"),
)
@click.argument("module", metavar="FILE")
@click.option(
    "--release",
    metavar="NAME",
    default=DEFAULT_RELEASE,
    show_default=True,
    help="The release to check for: of cosmwasm, wasmvm or wasmd.",
)
@click.option(
    "--available-capabilities",
    "capabilities",
    metavar="NAMES",
    help="What the chain offers, with commas.  [default: what the release does]",
)
@json_option
def check_command(
    module: str, release: str, capabilities: str | None, as_json: bool
) -> None:
    """Say whether a chain would take a contract, and why not.

    Exit code 1 if it would not.
    """
    found = find_release(release)
    offered = (
        available_capabilities(found)
        if capabilities is None
        else frozenset(filter(None, capabilities.split(",")))
    )
    code = module_bytes(Path(module))
    document: dict[str, object] = {"file": module, "release": release, "pass": False}
    try:
        analysis = check_contract(code, found, offered)
    except VmError as error:
        document |= {"kind": error.kind, "error": str(error)}
    else:
        document |= {
            "pass": True,
            "entryPoints": list(analysis.entry_points),
            "requiredCapabilities": list(analysis.required_capabilities),
            "migrateVersion": analysis.migrate_version,
        }
    if as_json:
        print_json(document)
    else:
        verdict = "pass" if document["pass"] else f"failure: {document['error']}"
        click.echo(f"{module}: {verdict}")
    if not document["pass"]:
        raise click.exceptions.Exit(EXIT_FAILED)


@cosmwasm_command.command(
    "schema", epilog=example("contractvm cosmwasm schema schema/counter.json")
)
@click.argument("schema", metavar="FILE", type=click.Path(path_type=Path))
@json_option
def schema_command(schema: Path, as_json: bool) -> None:
    """Show what a contract takes and answers, by its schema.

    FILE is what cosmwasm-schema writes: one file, or a folder with one for each
    message. An optional field has a `?`.
    """
    read = read_schema(schema)
    if as_json:
        print_json(schema_document(read))
    else:
        for line in schema_lines(read):
            click.echo(line)


@cosmwasm_command.command("store", epilog=example("contractvm cosmwasm store a.wasm"))
@click.argument("module", metavar="FILE")
@release_option
@gathered_sending
def store_command(module: str, release: str | None, sending: Sending) -> None:
    """Store a contract's module; a new chain begins if there is none."""
    with sending_chain(sending, release, may_begin=True) as chain:
        code = chain.store(
            Path(module), address(chain, sending.sender), gas_limit=sending.gas_limit
        )
        facts = {"codeId": code.code_id, "checksum": code.checksum.hex()}
        show(facts, code.outcome, sending)


@cosmwasm_command.command(
    "instantiate",
    epilog=example(
        "contractvm cosmwasm instantiate 1 '{\"count\": 41}' --label counter",
        "contractvm cosmwasm instantiate 1 count=41 --schema schema/counter.json",
    ),
)
@click.argument("code_id", type=int, metavar="CODE")
@message_words("instantiate")
@click.option("--label", default="contract", show_default=True, help="Its label.")
@click.option("--admin", metavar="NAME|ADDRESS", help="Who may migrate it.")
@funds_option
@gathered_sending
def instantiate_command(
    code_id: int,
    message: str,
    label: str,
    admin: str | None,
    funds: str,
    sending: Sending,
) -> None:
    """Make a contract of a stored code.

    With --schema, the message is fields as NAME=VALUE.
    """
    with sending_chain(sending) as chain:
        contract = chain.code(code_id).instantiate(
            message,
            sender=address(chain, sending.sender),
            funds=funds,
            label=label,
            admin=None if admin is None else address(chain, admin),
            gas_limit=sending.gas_limit,
        )
        show({"address": contract.address}, contract.outcome, sending)


@cosmwasm_command.command(
    "execute",
    epilog=example(
        "contractvm cosmwasm execute ADDRESS '{\"increment\": {}}'",
        "contractvm cosmwasm execute ADDRESS reset count=5 --schema schema",
    ),
)
@click.argument("contract", metavar="ADDRESS")
@message_words("execute")
@funds_option
@gathered_sending
def execute_command(contract: str, message: str, funds: str, sending: Sending) -> None:
    """Send a contract a message.

    With --schema, the message is its name and fields as NAME=VALUE.
    """
    with sending_chain(sending) as chain:
        outcome = chain.contract(contract).execute(
            message,
            sender=address(chain, sending.sender),
            funds=funds,
            gas_limit=sending.gas_limit,
        )
        show({}, outcome, sending)


@cosmwasm_command.command(
    "query",
    epilog=example(
        "contractvm cosmwasm query ADDRESS '{\"count\": {}}'",
        "contractvm cosmwasm query ADDRESS count --schema schema/counter.json",
    ),
)
@click.argument("contract", metavar="ADDRESS")
@message_words("query")
@chain_option
@engine_options[0]
@handlers_option
@json_option
def query_command(
    contract: str,
    message: str,
    db: Path,
    engine: str,
    handlers: Path | None,
    as_json: bool,
) -> None:
    """Ask a contract, and print its answer.

    With --schema, the message is its name and fields as NAME=VALUE.
    """
    with opened(db, engine, handlers=handlers) as chain:
        answer, gas = chain.query_bytes(contract, message)
    if as_json:
        print_json({"data": parsed(answer), "gasUsed": gas})
    else:
        click.echo(answer.decode(errors="replace"))


@cosmwasm_command.command(
    "migrate", epilog=example("contractvm cosmwasm migrate ADDRESS 2 '{}'")
)
@click.argument("contract", metavar="ADDRESS")
@click.argument("code_id", type=int, metavar="CODE")
@message_words("migrate")
@gathered_sending
def migrate_command(
    contract: str, code_id: int, message: str, sending: Sending
) -> None:
    """Give a contract another code.

    With --schema, which is of the new code, the message is fields as NAME=VALUE.
    """
    with sending_chain(sending) as chain:
        outcome = chain.contract(contract).migrate(
            chain.code(code_id),
            message,
            sender=address(chain, sending.sender),
            gas_limit=sending.gas_limit,
        )
        show({}, outcome, sending)


@contextmanager
def sending_chain(
    sending: Sending, release: str | None = None, *, may_begin: bool = False
) -> Iterator[CosmosChain]:
    """The chain of a command that sends; a failure is explained if asked."""
    with opened(
        sending.db,
        sending.engine,
        release,
        may_begin=may_begin,
        handlers=sending.handlers,
    ) as chain:
        try:
            yield chain
        except TransactionFailed as failure:
            if sending.with_ledger:
                show_ledger(failure.outcome, as_json=sending.as_json)
            raise


def parsed(answer: bytes) -> object:
    """An answer as JSON."""
    try:
        return parse_json(answer)
    except MalformedJson as error:
        raise CommandFailed(f"the answer is not JSON: {error}") from error


def show(
    facts: dict[str, object], outcome: TransactionOutcome | None, sending: Sending
) -> None:
    """Print what a transaction did, and where its gas went if asked."""
    document = {} if outcome is None else outcome.document()
    with_ledger = sending.with_ledger and outcome is not None
    if with_ledger and sending.as_json and outcome is not None:
        document["ledger"] = outcome.ledger().document()
    if sending.as_json:
        print_json({**facts, **document})
        return
    events = [] if outcome is None else outcome.events
    print_facts(
        {
            **facts,
            "height": document.get("height"),
            "gas used": document.get("gasUsed"),
            "data": document.get("data") or None,
            "events": [
                f"{event.kind} "
                + " ".join(f"{key}={value}" for key, value in event.attributes)
                for event in events
            ],
        }
    )
    if with_ledger and outcome is not None:
        show_ledger(outcome, as_json=False)
