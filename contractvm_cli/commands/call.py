"""`contractvm call`."""

from functools import partial
from typing import Any, TypedDict

import click

from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.blocks.chain_point import ChainPoint
from chain_sim.ethereum.documents.documents import (
    Document,
    error_text,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import Address, InvalidText, format_data
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import calling_address, reached_chain, require_contract
from contractvm_cli.decoding import Naming, known_abis
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, say_error
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import (
    EngineOptions,
    example,
    gathered_engines,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import CONTRACT
from contractvm_cli.places import ReadPlace, read_place
from contractvm_cli.receipts import shown_values
from contractvm_cli.traces import print_trace, traced, verbosity_option
from contractvm_cli.transaction_options import MessageOptions, call_options
from contractvm_cli.where import PlaceFinder, place_options, where_document


class CallPlace(TypedDict):
    """What a call says besides its data."""

    sender: Address | None
    value: int
    gas_limit: int | None
    at: ChainPoint


@verb_command(
    "call",
    epilog=example(
        "contractvm call ADDRESS 'balanceOf(address)(uint256)' 0xf39F...",
        "contractvm call ADDRESS --data 0x6d4ce63c",
        "contractvm call ADDRESS 'get()(uint256)' --at 41:0",
    ),
)
@click.argument("address", type=CONTRACT)
@call_input
@call_options
@gathered_engines
@read_place
@rpc_url_option
@verbosity_option
@place_options
def call_command(  # noqa: PLR0913, PLR0917 (one for each group of options)
    address: Address | Name,
    call_input: CallInput,
    message: MessageOptions,
    engines: EngineOptions,
    place: ReadPlace,
    verbosity: int,
    places: PlaceFinder,
) -> None:
    """Call a contract without changing the chain.

    SIGNATURE names the function and its types, ARGS are its arguments: arrays as
    [1,2], tuples as (1,true). Types in a second pair of brackets say what it returns;
    without them the output is shown as hex. The gas is what a transaction would use.
    With --at it runs after that block, or in that block after that transaction. A
    failure says where it happened, and -v what the call did.
    """
    with reached_chain(place.db, engines) as chain:
        to = account_of(chain, address)
        require_contract(chain, to, place.at)
        abis = known_abis(chain, to, call_input.abi)
        ready = call_input.on(chain, to, abis)
        told: CallPlace = {
            "sender": calling_address(message.sender),
            "value": message.value,
            "gas_limit": message.gas_limit,
            "at": place.at,
        }
        result = chain.call(to, ready.data, **told)
        where = None
        if not result.succeeded:
            find = partial(chain.failures.of_call, to, ready.data, **told)
            where = places.place(lambda find_info: find(find_info=find_info))
        trace = traced(
            chain,
            verbosity,
            lambda local: local.failures.trace_call(to, ready.data, **told),
            lambda local: local.gas.explain_call(to, ready.data, **told),
            (call_input, places),
        )
        naming = Naming(abis, to, result.logs)
    decoded = decoded_output(ready, result)
    if places.as_json:
        document = result_document(result, decoded, naming)
        document["where"] = where_document(where)
        if not result.succeeded:
            document |= naming.error_document(to, result.output)
        if trace is not None:
            document["trace"] = trace.document
        print_json(document)
    else:
        print_trace(trace)
        shown = (
            [format_data(result.output)] if decoded is None else shown_values(decoded)
        )
        print_facts(
            {
                "result": shown,
                "gas used": result.gas_used,
                "logs": naming.log_lines(result.logs),
                **places.facts(where),
            }
        )
    if not result.succeeded:
        why = naming.failure(to, result.error, result.output)
        say_error(f"call failed: {why}")
        raise click.exceptions.Exit(EXIT_FAILED)


def result_document(
    result: TransactionResult, decoded: list[object] | None, naming: Naming
) -> Document:
    """A call's result; where it failed is told besides."""
    return {
        "status": int(result.succeeded),
        "output": format_data(result.output),
        "decoded": decoded,
        "gasUsed": result.gas_used,
        "logs": naming.log_documents(result.logs),
        "error": error_text(result.succeeded, result.error),
        "where": None,
        "revertReason": revert_reason(result.output),
    }


def decoded_output(called: CallInput, result: TransactionResult) -> list[Any] | None:
    """What the call returned; None for a failure, or where the types are unknown."""
    if not result.succeeded:
        return None
    try:
        return called.decode(result.output)
    except InvalidText as error:
        message = f"the call succeeded, but its output is {error}"
        raise CommandFailed(message) from error
