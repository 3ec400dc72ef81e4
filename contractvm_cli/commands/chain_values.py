"""`contractvm nonce`, `estimate`, `logs` and `rpc`: single answers of a chain."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from msgspec import Struct

from chain_sim.ethereum.chain.blockchain import Blockchain
from chain_sim.ethereum.documents.documents import failure_text
from chain_sim.ethereum.primitives.text import Address, Hash32, format_data
from contractvm.hosts.evm.interface import Log
from contractvm.nesting import check_json_nesting
from contractvm_cli.call_input import CallInput, call_input
from contractvm_cli.chains import (
    calling_address,
    existing_chain,
    find_block,
    reached_chain,
    require_contract,
)
from contractvm_cli.decoding import Naming, known_abis
from contractvm_cli.failures import CommandFailed, on_one_line, say
from contractvm_cli.lookups import account_of
from contractvm_cli.names import Name
from contractvm_cli.nodes import (
    NodeHasDatabase,
    given_node,
    reached,
    rpc_url_option,
)
from contractvm_cli.options import (
    db_option,
    example,
    gathered,
    json_option,
    verb_command,
)
from contractvm_cli.output import print_json
from contractvm_cli.parameters import CONTRACT, HASH
from contractvm_cli.places import ReadPlace, read_place
from contractvm_cli.transaction_options import MessageOptions, call_options

if TYPE_CHECKING:
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain

MAX_LOGS = 10_000


@verb_command("nonce", epilog=example("contractvm nonce @0"))
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@read_place
@rpc_url_option
@json_option
def nonce_command(account: Address | Name, place: ReadPlace, as_json: bool) -> None:
    """Show how many transactions an account has sent."""
    with reached_chain(place.db) as chain:
        nonce = chain.state_at(place.at).get_nonce(account_of(chain, account))
    print_json(nonce) if as_json else click.echo(nonce)


@verb_command(
    "estimate", epilog=example("contractvm estimate token transfer bob 1ether")
)
@click.argument("account", metavar="ADDRESS", type=CONTRACT)
@call_input
@call_options
@db_option
@rpc_url_option
@json_option
def estimate_command(
    account: Address | Name,
    call_input: CallInput,
    message: MessageOptions,
    db: Path,
    as_json: bool,
) -> None:
    """Show the smallest gas limit with which a transaction succeeds."""
    with reached_chain(db) as chain:
        address = account_of(chain, account)
        if call_input.is_call:
            require_contract(chain, address)
        abis = known_abis(chain, address, call_input.abi)
        ready = call_input.on(chain, address, abis)
        gas = estimated(chain, address, ready.data, message)
    print_json(gas) if as_json else click.echo(gas)


def estimated(
    chain: "Blockchain | NodeChain",
    address: Address,
    data: bytes,
    message: MessageOptions,
) -> int:
    """The gas limit; raises CommandFailed where no limit is enough."""
    sender = calling_address(message.sender)
    if not isinstance(chain, Blockchain):
        return chain.estimate(address, data, sender=sender, value=message.value)
    from chain_sim.ethereum.gas_report.chain_reports import (  # noqa: PLC0415 (large)
        ReportOptions,
    )

    report = chain.gas.explain_call(
        address,
        data,
        sender=sender,
        value=message.value,
        gas_limit=message.gas_limit,
        options=ReportOptions(find_required=True),
    )
    found = report.figures.required
    if found is None:
        result = chain.call(address, data, sender=sender, value=message.value)
        why = failure_text(result.error, result.output)
        raise CommandFailed(f"it fails with any gas limit: {why}")
    return found


class LogQuery(Struct, frozen=True):
    """Which logs are wanted; blocks by number, both ends among them."""

    topics: tuple[Hash32, ...]
    from_block: int
    to_block: int | None
    limit: int


class FoundLog(Struct, frozen=True):
    """A log and its place."""

    block: int
    transaction: Hash32
    index: int
    log: Log


@verb_command("logs", epilog=example("contractvm logs token --from-block 5"))
@click.argument("account", metavar="[ADDRESS]", type=CONTRACT, required=False)
@gathered(
    LogQuery,
    "query",
    click.option(
        "--topic",
        "topics",
        type=HASH,
        multiple=True,
        help="Its first topic, then its second.",
    ),
    click.option("--from-block", type=click.IntRange(0), default=0, show_default=True),
    click.option("--to-block", type=click.IntRange(0), help="[default: the newest]"),
    click.option(
        "--limit",
        type=click.IntRange(1, MAX_LOGS),
        default=1_000,
        show_default=True,
        help="How many logs to show.",
    ),
)
@db_option
@rpc_url_option
@json_option
def logs_command(
    account: Address | Name | None, query: LogQuery, db: Path, as_json: bool
) -> None:
    """Show logs, oldest first, with the events of known ABIs."""
    with reached_chain(db) as chain:
        address = None if account is None else account_of(chain, account)
        found, is_cut = first_logs(chain, address, query)
        abis = known_abis(chain, address, None)
        logs = [one.log for one in found]
        naming = Naming(abis, address, logs)
    if as_json:
        print_json(
            [
                {
                    **document,
                    "logIndex": one.index,
                    "blockNumber": one.block,
                    "transactionHash": format_data(one.transaction),
                }
                for one, document in zip(found, naming.log_documents(logs), strict=True)
            ]
        )
    else:
        for one in found:
            click.echo(f"block {one.block} {format_data(one.transaction)}")
            for line in naming.log_lines([one.log]):
                click.echo(f"  {on_one_line(line.replace('0:', f'{one.index}:', 1))}")
    if is_cut:
        say(f"only {query.limit} logs are shown: --limit or --from-block shows others")


def first_logs(
    chain: "Blockchain | NodeChain", address: Address | None, query: LogQuery
) -> tuple[list[FoundLog], bool]:
    """The logs that are wanted, up to the limit, and whether there are more."""
    found: list[FoundLog] = []
    for one in logs_of(chain, query.from_block, query.to_block):
        is_at = address is None or one.log.address == address
        if is_at and tuple(one.log.topics[: len(query.topics)]) == query.topics:
            if len(found) == query.limit:
                return found, True
            found.append(one)
    return found, False


def logs_of(
    chain: "Blockchain | NodeChain", first: int, last: int | None
) -> Iterator[FoundLog]:
    """All logs of these blocks."""
    head = chain.head.header.number
    for number in range(first, min(head, head if last is None else last) + 1):
        block = find_block(chain, number)
        if not any(block.header.logs_bloom):
            continue
        index = 0
        for tx in block.transactions:
            for log in chain.receipt(tx.hash).logs:
                yield FoundLog(number, tx.hash, index, log)
                index += 1


@verb_command(
    "rpc",
    epilog=example(
        "contractvm rpc eth_blockNumber",
        "contractvm rpc eth_getBlockByNumber '\"latest\"' false",
    ),
)
@click.argument("method")
@click.argument("params", nargs=-1)
@db_option
@rpc_url_option
@json_option
def rpc_command(method: str, params: tuple[str, ...], db: Path, as_json: bool) -> None:
    """Show a node's answer to METHOD, as JSON.

    Each of PARAMS is JSON, or text where it is none: latest, 0x5FbD. Without
    --rpc-url, a node for this one request is made of the chain in --db.
    """
    values = [parameter(text) for text in params]
    node = given_node()
    if node is not None:
        answer = node.ask(method, *values, read=as_it_is)
    else:
        try:
            answer = own_answer(db, method, values)
        except NodeHasDatabase as error:
            answer = reached(error.url).ask(method, *values, read=as_it_is)
    if as_json or not isinstance(answer, str):
        print_json(answer)
    else:
        click.echo(on_one_line(answer))


def parameter(text: str) -> Any:
    """JSON, or the text itself."""
    try:
        check_json_nesting(text)
        return json.loads(text)
    except ValueError:
        return text


def as_it_is(answer: Any) -> Any:
    """What the node answered."""
    return answer


def own_answer(db: Path, method: str, params: Sequence[Any]) -> Any:
    """The answer of a node of the chain's own; raises CommandFailed with its error."""
    from chain_sim.node.methods.table import METHODS  # noqa: PLC0415 (a whole node)
    from chain_sim.node.node import Node  # noqa: PLC0415 (as above)
    from chain_sim.node.server.dispatcher import (  # noqa: PLC0415 (as above)
        Dispatcher,
    )
    from chain_sim.node.server.limits import Limits  # noqa: PLC0415 (as above)

    with existing_chain(db, for_writing=True) as chain:
        keys = {account.address: account.private_key for account in chain.accounts}
        dispatcher = Dispatcher(Node(chain, keys), METHODS, Limits(), None)
        request = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        body = json.dumps(request).encode()
        answer = json.loads(dispatcher.answer(dispatcher.read(body)))
    if "error" in answer:
        error = answer["error"]
        raise CommandFailed(f"{method}: {error['message']} ({error['code']})")
    return answer["result"]
