"""Traces on stdout: what verbs show of a call or a transaction, step by step."""

import sys
from typing import TYPE_CHECKING

import click
from msgspec import Struct

from chain_sim.ethereum.abi.errors import InvalidAbi
from chain_sim.ethereum.primitives.text import Address
from contractvm_cli.failures import on_one_line, say_warning
from contractvm_cli.lookups import named_contracts

if TYPE_CHECKING:
    from collections.abc import Callable

    from chain_sim.ethereum.chain.blockchain import Blockchain
    from chain_sim.ethereum.chain.call_trace import CallTrace
    from chain_sim.ethereum.chain.remote.node_chain import NodeChain
    from chain_sim.ethereum.execution.state_transition import TransactionResult
    from contract_testing.contracts.book import Book
    from contractvm.ledger.report import GasReport
    from contractvm_cli.call_input import CallInput
    from contractvm_cli.where import PlaceFinder

    # Runs it again, recorded; and explains the gas of the same.
    Chain = Blockchain | NodeChain
    RunTraced = Callable[[Chain], tuple[TransactionResult, CallTrace]]
    Explain = Callable[[Chain], GasReport]

FUNCTIONS = 2

verbosity_option = click.option(
    "-v",
    "verbosity",
    count=True,
    help="Show every host call; -vv: the Wasm funcs too. More of them show no more.",
)


class ShownTrace(Struct, frozen=True):
    """A recorded run, as text and as JSON."""

    lines: list[str]
    document: dict[str, object]


def traced(
    chain: "Chain",
    verbosity: int,
    trace: "RunTraced",
    explain: "Explain",
    known: "tuple[CallInput, PlaceFinder]",
    tx_hash: bytes | None = None,
) -> ShownTrace | None:
    """The trace that `-v` asks for; None without, and with a warning where it fails.

    `known` are what was called, and what knows the debug build. A failure of this is no
    failure of what was done before.
    """
    if not verbosity:
        return None
    from contract_testing.contracts.trace_documents import (  # noqa: PLC0415 (few need it)
        trace_document,
        trace_facts,
    )
    from contract_testing.contracts.traces import (  # noqa: PLC0415 (few need it)
        TraceOptions,
        TraceText,
    )
    from contractvm.errors import ContractVmError  # noqa: PLC0415 (as those)

    try:
        result, recorded = trace(chain)
        report = explain(chain) if verbosity >= FUNCTIONS else None
        book = known_contracts(chain, recorded, *known)
        schedule = chain.engine.schedule
    except ContractVmError as error:
        say_warning(f"there is no trace: {error}")
        return None
    options = TraceOptions(shows_host=True, report=report, is_ascii=not can_draw())
    units_per_gas = schedule.units_per_gas
    facts = trace_facts(schedule, tx_hash, result)
    return ShownTrace(
        TraceText(book, units_per_gas, options).lines(recorded),
        trace_document(recorded, facts, units_per_gas, book),
    )


def print_trace(shown: ShownTrace | None) -> None:
    """Print the tree, if there is one."""
    if shown is not None:
        for line in shown.lines:
            click.echo(on_one_line(line))


def known_contracts(
    chain: "Chain", trace: "CallTrace", called: "CallInput", places: "PlaceFinder"
) -> "Book":
    """The developer accounts, the book's names and ABIs, and what was given for this.

    The debug builds are known that `places` finds.
    """
    from contract_testing.contracts.abi import (  # noqa: PLC0415 (few need it)
        AbiContent,
    )
    from contract_testing.contracts.book import Book  # noqa: PLC0415 (few need it)

    book = Book(accounts={bytes(each.address): each for each in chain.accounts})
    for module in {message.module for message in trace.messages()} - {b""}:
        build = places.build_of(module)
        if build is not None:
            book.builds[build.section] = build
    for name, address, path in named_contracts(chain):
        if path is None:
            book.names[name] = address
            continue
        try:
            book.register(address, AbiContent.read(path), name)
        except (InvalidAbi, OSError) as error:
            say_warning(str(error))
    if trace.root is None:
        return book
    address = Address(trace.root.recipient)
    if called.abi is not None:
        read = AbiContent.read(called.abi)
        book.register(address, read, read.name or "contract")
    elif called.given_types is not None and book.abi_at(address) is None:
        book.register(address, AbiContent.read([called.given_types]), "")
    return book


def can_draw() -> bool:
    """Whether stdout can show the tree's lines."""
    try:
        "\u251c".encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True
