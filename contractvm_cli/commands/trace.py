"""`contractvm trace`."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from chain_sim.ethereum.chain.call_trace import MAX_HOST_CALLS, CallTrace
from chain_sim.ethereum.documents.documents import failure_text
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import (
    HASH_BYTES,
    Address,
    Hash32,
)
from contract_testing.contracts.trace_documents import (
    MAX_DEPTH,
    trace_document,
    trace_facts,
)
from contract_testing.contracts.traces import (
    MAX_NODES,
    TraceOptions,
    TraceText,
)
from contractvm.ledger.report import GasReport
from contractvm.ledger.where import Where
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import calling_address, reached_chain, require_contract
from contractvm_cli.decoding import known_abis
from contractvm_cli.failures import on_one_line
from contractvm_cli.lookups import account_of, is_transaction, target_of
from contractvm_cli.names import Name
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import (
    db_option,
    example,
    gathered,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import CALL_OR_TX, CONTRACT
from contractvm_cli.traces import (
    FUNCTIONS,
    can_draw,
    known_contracts,
    verbosity_option,
)
from contractvm_cli.transaction_options import MessageOptions, call_options
from contractvm_cli.where import PlaceFinder, place_options, where_document

if TYPE_CHECKING:
    from contractvm_cli.traces import Chain

# What shows them recurses.
MAX_SHOWN_DEPTH = 256
NO_OPTIONS = MessageOptions(sender=None, value=0, gas_limit=None)


@dataclass(frozen=True, slots=True)
class ShowOptions:
    """What is shown, and how much."""

    verbosity: int
    shows_host: bool
    shows_functions: bool
    shows_storage: bool
    only: Address | Name | None
    depth: int
    max_nodes: int
    max_host_calls: int
    is_ascii: bool


show_options = gathered(
    ShowOptions,
    "shown",
    verbosity_option,
    click.option("--host", "shows_host", is_flag=True, help="Show every host call."),
    click.option(
        "--functions",
        "shows_functions",
        is_flag=True,
        help="Show the Wasm funcs of each message with their own gas.",
    ),
    click.option(
        "--storage",
        "shows_storage",
        is_flag=True,
        help="Show what reads and writes storage, and no other host call.",
    ),
    click.option(
        "--only",
        type=CONTRACT,
        metavar="ADDRESS",
        help="Show the host calls of one contract.",
    ),
    click.option(
        "--depth",
        type=click.IntRange(1, MAX_SHOWN_DEPTH),
        default=MAX_DEPTH,
        show_default=True,
        help="Messages within messages that are shown.",
    ),
    click.option(
        "--max-nodes",
        type=click.IntRange(1),
        default=MAX_NODES,
        show_default=True,
        help="Steps that are shown.",
    ),
    click.option(
        "--max-host-calls",
        type=click.IntRange(0),
        default=MAX_HOST_CALLS,
        show_default=True,
        help="Host calls that are recorded; the run ends all the same.",
    ),
    click.option("--ascii", "is_ascii", is_flag=True, help="Draw with ASCII alone."),
)


@verb_command(
    "trace",
    epilog=example(
        "contractvm trace TX_HASH --abi token.json",
        "contractvm trace ADDRESS 'transfer(address,uint256)' 0x7099... 5 -v",
    ),
)
@click.argument("target", type=CALL_OR_TX, metavar="ADDRESS|TX_HASH")
@call_input
@call_options
@show_options
@place_options
@db_option
@rpc_url_option
def trace_command(
    target: Address | Hash32 | Name,
    call_input: CallInput,
    message: MessageOptions,
    shown: ShowOptions,
    places: PlaceFinder,
    db: Path,
) -> None:
    """Show what a call or a transaction does, step by step.

    Message calls, events, storage writes and the end of each; with -v every host call,
    with -vv each message's Wasm funcs with their own gas; --host, --functions and
    --storage show one of these alone, --only ADDRESS those of one contract. A
    transaction is run again from the state before it; a call changes nothing. The gas
    of a step is in brackets. Known ABIs decode values, and debug builds have source
    lines. A failure has its place.
    """
    is_of_tx = is_transaction(target)
    if is_of_tx and (call_input.is_call or message != NO_OPTIONS):
        raise click.UsageError(
            "A transaction has its own data and options: give its hash alone.",
            click.get_current_context(),
        )
    trace = CallTrace(shown.max_host_calls)
    with reached_chain(db) as chain:
        found = target_of(chain, target)
        result, where = run(chain, found, call_input, message, trace, places)
        report = None
        if shown.verbosity >= FUNCTIONS or shown.shows_functions:
            report = explained(chain, found, call_input, message)
        book = known_contracts(chain, trace, call_input, places)
        only = None if shown.only is None else bytes(account_of(chain, shown.only))
        schedule = chain.engine.schedule
    if places.as_json:
        tx_hash = Hash32(found) if is_of_tx else None
        facts = {
            **trace_facts(schedule, tx_hash, result),
            "where": where_document(where),
        }
        print_json(trace_document(trace, facts, schedule.units_per_gas, book))
        return
    options = TraceOptions(
        shows_host=shown.verbosity > 0 or shown.shows_host,
        shows_storage=shown.shows_storage,
        only=only,
        report=report,
        max_nodes=shown.max_nodes,
        max_depth=shown.depth,
        is_ascii=shown.is_ascii or not can_draw(),
    )
    reason = failure_text(result.error, result.output)
    status = "success" if result.succeeded else f"failed: {reason}"
    click.echo(on_one_line(f"{status}, gas {result.gas_used:,} (tx)"))
    for line in TraceText(book, schedule.units_per_gas, options).lines(trace):
        click.echo(on_one_line(line))
    if facts := places.facts(where):
        print_facts(facts)


def run(
    chain: "Chain",
    target: Address | Hash32,
    call_input: CallInput,
    message: MessageOptions,
    trace: CallTrace,
    places: PlaceFinder,
) -> tuple[TransactionResult, Where | None]:
    """Run it again, recorded; and where it failed, if it did."""
    failures = chain.failures
    if len(target) == HASH_BYTES:
        result, _ = failures.trace_transaction(Hash32(target), trace)
        find = partial(failures.of_transaction, Hash32(target))
    else:
        address = Address(target)
        require_contract(chain, address)
        abis = known_abis(chain, address, call_input.abi)
        call = partial(
            failures.trace_call,
            address,
            call_input.on(chain, address, abis).data,
            sender=calling_address(message.sender),
            value=message.value,
            gas_limit=message.gas_limit,
        )
        result, _ = call(trace=trace)
        find = partial(failures.of_call, *call.args)
        find = partial(find, **call.keywords)
    if result.succeeded:
        return result, None
    return result, places.place(lambda find_info: find(find_info=find_info))


def explained(
    chain: "Chain",
    target: Address | Hash32,
    call_input: CallInput,
    message: MessageOptions,
) -> GasReport:
    """The gas of the same call or transaction, by func."""
    if len(target) == HASH_BYTES:
        return chain.gas.explain_transaction(Hash32(target))
    address = Address(target)
    abis = known_abis(chain, address, call_input.abi)
    return chain.gas.explain_call(
        address,
        call_input.on(chain, address, abis).data,
        sender=calling_address(message.sender),
        value=message.value,
        gas_limit=message.gas_limit,
    )
