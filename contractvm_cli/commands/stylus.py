"""`contractvm stylus check`, `deploy`, `activate`, `cache` and `trace`."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from chain_sim.ethereum.abi.abi_file import read_entries
from chain_sim.ethereum.arbitrum.addresses import ARB_WASM_CACHE
from chain_sim.ethereum.blocks.accounts import DeveloperAccount
from chain_sim.ethereum.blocks.genesis_block import default_genesis
from chain_sim.ethereum.blocks.transaction_receipt import TransactionReceipt
from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.chain.program_activation import (
    activate_program,
    activation_fee,
    fee_to_send,
    needs_activation,
)
from chain_sim.ethereum.documents.abi_registry import registry_in
from chain_sim.ethereum.documents.documents import receipt_document
from chain_sim.ethereum.execution.stylus_tracer import HostStep
from chain_sim.ethereum.primitives.text import (
    Address,
    Hash32,
    format_address,
    format_data,
)
from contractvm.hosts.stylus.estimate import (
    ProgramEstimate,
    estimate_program,
)
from contractvm.hosts.stylus.functions import TYPES
from contractvm.hosts.stylus.module_rules import check_program
from contractvm.hosts.stylus.parameters import (
    FIRST_ARBOS,
    LAST_ARBOS,
    parameters_of,
)
from contractvm_cli.chains import existing_chain, signing_account, writable_chain
from contractvm_cli.failures import CommandFailed, record_done, say
from contractvm_cli.known_abis import abi_content
from contractvm_cli.lookups import account_of, transaction_of
from contractvm_cli.module_files import naming_file, read_module
from contractvm_cli.names import Name
from contractvm_cli.options import VerbGroup, db_option, example, json_option
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import CONTRACT, TRANSACTION
from contractvm_cli.receipts import finish_with_receipt
from contractvm_cli.transaction_options import (
    ChainPlace,
    MessageOptions,
    signed_options,
    writable_db,
)
from gas_schedule.loader import load_schedule

SCHEDULE = "stylus-1"
CACHE, EVICT = "e73ac9f2", "ce972013"
WORD_BYTES = 32
SHOWN_BYTES = 68
NO_DEMAND_AT = 2_000_000_000  # seconds; any time long after the pricer's start

arbos_option = click.option(
    "--arbos",
    type=click.IntRange(FIRST_ARBOS, LAST_ARBOS),
    help=f"The version of ArbOS.  [default: {LAST_ARBOS}, or the chain's]",
)


@click.group(
    "stylus",
    cls=VerbGroup,
    epilog=example("contractvm stylus check counter.wasm"),
)
def stylus_command() -> None:
    """Check, deploy and activate Stylus programs."""


@stylus_command.command(
    "check",
    epilog=example("contractvm stylus check counter.wasm --arbos 51 --json"),
)
@click.argument("file", type=click.Path(path_type=Path))
@arbos_option
@json_option
def check_command(file: Path, arbos: int | None, as_json: bool) -> None:
    """Check a module as activation does, and say what it will cost.

    A refusal names the rule, the func and the operator. Gas excludes what a live chain
    charges for data of the parent chain; the data fee is that of a chain without
    demand.
    """
    wasm = read_module(file)
    parameters = parameters_of(arbos or LAST_ARBOS)
    with naming_file(file):
        found = estimate_program(
            wasm, parameters, load_schedule(SCHEDULE), NO_DEMAND_AT
        )
    if as_json:
        print_json(estimate_document(found, parameters.arbos))
    else:
        limits = parameters.max_code_bytes, parameters.max_wasm_bytes
        print_facts(estimate_facts(found, *limits))


def estimate_document(found: ProgramEstimate, arbos: int) -> dict[str, object]:
    """The estimate as JSON values; wei as text."""
    return {
        "arbos": arbos,
        "wasmSize": found.wasm_bytes,
        "contractSize": found.code_bytes,
        "deployGas": found.deploy_gas,
        "activationGas": found.activation_gas,
        "wasmDataFee": str(found.data_fee),
        "startGas": {
            "first": found.first_start,
            "repeated": found.repeated_start,
            "cached": found.cached_start,
        },
        "initCost": found.costs.init,
        "cachedCost": found.costs.cached,
        "asmEstimate": found.costs.asm_bytes,
        "pages": found.figures.pages,
    }


def estimate_facts(
    found: ProgramEstimate, most_code: int, most_wasm: int
) -> dict[str, object]:
    """The estimate for people, in cargo-stylus's words."""
    deploy: object = found.deploy_gas
    if found.deploy_gas is None:
        deploy = f"the code is too large: fragments, or less than {most_code} bytes"
    return {
        "contract size": f"{found.code_bytes} bytes of {most_code}",
        "wasm size": f"{found.wasm_bytes} bytes of {most_wasm}",
        "deployment gas": deploy,
        "activation gas": found.activation_gas,
        "wasm data fee": f"{ether(found.fee_to_send)} ETH"
        f" ({ether(found.data_fee)} ETH, and 20 % that come back)",
        "gas to start": f"{found.first_start} first in a block,"
        f" {found.repeated_start} again, {found.cached_start} cached",
        "gas excludes": "the part for L1 data: compare gasUsed - gasUsedForL1",
    }


def ether(wei: int) -> str:
    """An amount in ether, to the gwei, rounded up."""
    gwei = -(-wei // 10**9)
    return f"{gwei // 10**9}.{gwei % 10**9:09}"


@stylus_command.command(
    "deploy",
    epilog=example(
        "contractvm stylus deploy counter.wasm",
        "contractvm stylus deploy counter.wasm --abi counter.sol",
    ),
)
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--no-activate", is_flag=True, help="Only put the code on the chain.")
@click.option(
    "--abi",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Its ABI, which `cargo stylus export-abi` prints, to be registered.",
)
@arbos_option
@signed_options
@writable_db
@json_option
def deploy_command(  # noqa: PLR0913, PLR0917 (one for each option)
    file: Path,
    no_activate: bool,
    abi: Path | None,
    arbos: int | None,
    message: MessageOptions,
    place: ChainPlace,
    as_json: bool,
) -> None:
    """Deploy a program and activate it.

    A chain is created if --db has none. The module is checked first: one that
    activation would refuse is not deployed.
    """
    account, wasm = signing_account(message), read_module(file)
    described = None if abi is None else program_abi(abi)
    if not place.db.exists():
        begin_chain(place, file, wasm, arbos)
    with writable_chain(place, may_begin=False) as chain, naming_file(file):
        parameters = chain.arbos.parameters
        if arbos not in (None, parameters.arbos):
            raise CommandFailed(f"the chain has ArbOS {parameters.arbos}, not {arbos}")
        schedule = chain.engine.schedule
        estimate_program(wasm, parameters, schedule, chain.head.header.timestamp)
        receipt = chain.deploy(
            wasm, sender=account, value=message.value, gas_limit=message.gas_limit
        )
        address = receipt.contract_address
        if address is not None:
            say(f"deployed code at address: {format_address(address)}")
            record_done(f"code is deployed at {format_address(address)}")
            if described is not None:
                registry_in(place.db).add(address, described)
            if not no_activate and needs_activation(chain, address):
                receipt = activate(chain, address, account)
    document = receipt_document(receipt)
    if address is not None:
        document["contractAddress"] = format_address(address)
    finish_with_receipt(receipt, document, as_json)


def program_abi(path: Path) -> bytes:
    """The content of a program's ABI; CommandFailed for none that can be used.

    A constructor would be called by StylusDeployer, an EVM contract.
    """
    content = abi_content(path)
    if any(entry.get("type") == "constructor" for entry in read_entries(content)):
        raise CommandFailed(
            f"{path} has a constructor, which StylusDeployer would call: an EVM"
            " contract, which is not simulated"
        )
    return content


def begin_chain(place: ChainPlace, file: Path, wasm: bytes, arbos: int | None) -> None:
    """Create the chain at --db; a module that is refused creates none."""
    fork = "arbitrum" if arbos is None else f"arbitrum-{arbos}"
    with naming_file(file):
        check_program(wasm, TYPES, parameters_of(arbos or LAST_ARBOS))
    genesis = default_genesis(place.schedule or SCHEDULE, fork=fork)
    Blockchain.open(place.db, genesis).close()
    say(f"new chain in {place.db}: chain id {genesis.chain_id}, {fork}")


@stylus_command.command(
    "activate", epilog=example("contractvm stylus activate 0x5Fb...")
)
@click.argument("program", metavar="ADDRESS", type=CONTRACT)
@signed_options
@writable_db
@json_option
def activate_command(
    program: Address | Name,
    message: MessageOptions,
    place: ChainPlace,
    as_json: bool,
) -> None:
    """Activate the program at ADDRESS, for the fee of its data.

    The fee is asked for first; a fifth more is sent, and what is too much comes back.
    """
    account = signing_account(message)
    with writable_chain(place, may_begin=False) as chain:
        require_arbos(chain)
        address = account_of(chain, program)
        receipt = activate(chain, address, account, message)
    finish_with_receipt(receipt, receipt_document(receipt), as_json)


def require_arbos(chain: Blockchain) -> None:
    """Raise WithoutArbOs for a chain with other rules."""
    _ = chain.arbos


def activate(
    chain: Blockchain,
    address: Address,
    account: DeveloperAccount,
    message: MessageOptions | None = None,
) -> TransactionReceipt:
    """Ask for the fee and send an activation."""
    value = 0 if message is None else message.value
    gas_limit = None if message is None else message.gas_limit
    if not value:
        fee = activation_fee(chain, address, account)
        value = fee_to_send(fee)
        if fee:
            say(f"wasm data fee: {ether(value)} ETH (originally {ether(fee)} ETH)")
    receipt = activate_program(
        chain, address, account, value=value, gas_limit=gas_limit
    )
    if receipt.succeeded:
        tx_hash = format_data(receipt.transaction_hash)
        say(f"contract activated and ready onchain with tx hash: {tx_hash}")
    return receipt


@stylus_command.command("trace", epilog=example("contractvm stylus trace HASH --json"))
@click.argument("given", metavar="HASH", type=TRANSACTION)
@click.option("--code", "with_code", is_flag=True, help="Show the code's own ink, too.")
@db_option
@json_option
def trace_command(
    given: Hash32 | Name, with_code: bool, db: Path, as_json: bool
) -> None:
    """Show the host functions that a transaction called, and their ink.

    With --code, what the instructions between them used has lines of its own;
    `contractvm gas HASH` explains all of a transaction. With --json, in the form of
    Nitro's stylusTracer.
    """
    with existing_chain(db) as chain:
        steps = chain.arbos.trace(transaction_of(chain, given))
    if as_json:
        print_json([step.document("0x") for step in steps])
    else:
        for line in trace_lines(steps, with_code=with_code):
            click.echo(line)


def trace_lines(
    steps: Sequence[HostStep], indent: str = "", *, with_code: bool = False
) -> Iterator[str]:
    """A line for each step: name, ink, what it took and gave; callees indented.

    With `with_code`, what the code used before a step has a line of its own.
    """
    ink = steps[0].start_ink if steps else 0
    for step in steps:
        # The last step has the ink of the start again.
        if with_code and step.start_ink < ink:
            yield f"{indent}code  {ink - step.start_ink}"
        ink = step.end_ink
        taken, given = shortened(step.arguments), shortened(step.results)
        yield f"{indent}{step.name}  {step.start_ink - step.end_ink}  {taken} {given}"
        yield from trace_lines(step.steps or (), indent + "  ", with_code=with_code)


def shortened(content: bytes) -> str:
    """Bytes on a line."""
    return format_data(content[:SHOWN_BYTES]) + "..." * (len(content) > SHOWN_BYTES)


@stylus_command.command("cache", epilog=example("contractvm stylus cache 0x5Fb..."))
@click.argument("program", metavar="ADDRESS", type=CONTRACT)
@click.option("--evict", is_flag=True, help="Take the program out of the cache.")
@signed_options
@writable_db
@json_option
def cache_command(
    program: Address | Name,
    evict: bool,
    message: MessageOptions,
    place: ChainPlace,
    as_json: bool,
) -> None:
    """Cache the program at ADDRESS, so that calls of it start cheaper.

    The sender becomes a cache manager first: on a local chain nobody has to bid.
    """
    account = signing_account(message)
    with writable_chain(place, may_begin=False) as chain:
        address = account_of(chain, program)
        if not chain.arbos.is_usable(address):
            raise CommandFailed(
                f"no activated program at {format_address(address)}:"
                " `contractvm stylus activate` it"
            )
        chain.arbos.add_cache_manager(account.address)
        code_hash = chain.state_at().get_code_hash(address)
        argument = code_hash if evict else address.rjust(WORD_BYTES, b"\0")
        data = bytes.fromhex(EVICT if evict else CACHE) + argument
        receipt = chain.send(
            ARB_WASM_CACHE, data, sender=account, gas_limit=message.gas_limit
        )
    finish_with_receipt(receipt, receipt_document(receipt), as_json)
