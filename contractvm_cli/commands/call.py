"""`contractvm call`."""

from functools import partial

import click

from chain_sim.ethereum.abi.functions import revert_reason
from chain_sim.ethereum.documents.documents import (
    Document,
    error_text,
    failure_text,
    log_documents,
    log_lines,
)
from chain_sim.ethereum.execution.state_transition import TransactionResult
from chain_sim.ethereum.primitives.text import Address, InvalidText, format_data
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import calling_address, reached_chain, require_contract
from contractvm_cli.failures import EXIT_FAILED, CommandFailed, say_error
from contractvm_cli.nodes import rpc_url_option
from contractvm_cli.options import (
    EngineOptions,
    example,
    gathered_engines,
    verb_command,
)
from contractvm_cli.output import print_facts, print_json
from contractvm_cli.parameters import ADDRESS
from contractvm_cli.places import ReadPlace, read_place
from contractvm_cli.receipts import shown_values
from contractvm_cli.transaction_options import MessageOptions, call_options
from contractvm_cli.where import PlaceFinder, place_options, where_document


@verb_command(
    "call",
    epilog=example(
        "contractvm call ADDRESS 'balanceOf(address)(uint256)' 0xf39F...",
        "contractvm call ADDRESS --data 0x6d4ce63c",
        "contractvm call ADDRESS 'get()(uint256)' --at 41:0",
    ),
)
@click.argument("address", type=ADDRESS)
@call_input
@call_options
@gathered_engines
@read_place
@rpc_url_option
@place_options
def call_command(
    address: Address,
    call_input: CallInput,
    message: MessageOptions,
    engines: EngineOptions,
    place: ReadPlace,
    places: PlaceFinder,
) -> None:
    """Call a contract without changing the chain.

    SIGNATURE names the function and its types, ARGS are its arguments: arrays as
    [1,2], tuples as (1,true). Types in a second pair of brackets say what it returns;
    without them the output is shown as hex. The gas is what a transaction would use.
    With --at it runs after that block, or in that block after that transaction. A
    failure says where it happened.
    """
    with reached_chain(place.db, engines) as chain:
        require_contract(chain, address, place.at)
        sender = calling_address(message.sender)
        result = chain.call(
            address,
            call_input.data,
            sender=sender,
            value=message.value,
            gas_limit=message.gas_limit,
            at=place.at,
        )
        where = None
        if not result.succeeded:
            find = partial(
                chain.failures.of_call,
                address,
                call_input.data,
                sender=sender,
                value=message.value,
                gas_limit=message.gas_limit,
                at=place.at,
            )
            where = places.place(lambda find_info: find(find_info=find_info))
    decoded = None
    if result.succeeded:
        try:
            decoded = call_input.decode(result.output)
        except InvalidText as error:
            raise CommandFailed(
                f"the call succeeded, but its output is {error}"
            ) from error
    show_result(
        result, decoded, where_document(where), places.facts(where), places.as_json
    )
    if not result.succeeded:
        say_error(f"call failed: {failure_text(result.error, result.output)}")
        raise click.exceptions.Exit(EXIT_FAILED)


def show_result(
    result: TransactionResult,
    decoded: list[object] | None,
    where: Document | None,
    place: dict[str, list[str]],
    as_json: bool,
) -> None:
    """Print a call's result."""
    if as_json:
        print_json(
            {
                "status": int(result.succeeded),
                "output": format_data(result.output),
                "decoded": decoded,
                "gasUsed": result.gas_used,
                "logs": log_documents(result.logs),
                "error": error_text(result.succeeded, result.error),
                "where": where,
                "revertReason": revert_reason(result.output),
            }
        )
        return
    shown = [format_data(result.output)] if decoded is None else shown_values(decoded)
    print_facts(
        {
            "result": shown,
            "gas used": result.gas_used,
            "logs": log_lines(result.logs),
            **place,
        }
    )
