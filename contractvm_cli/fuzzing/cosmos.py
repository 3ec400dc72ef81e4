"""CosmWasm campaigns of `contractvm fuzz`: from options to a target."""

import json
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import click
from click.core import ParameterSource

from chain_sim.cosmos.addresses import user_address
from chain_sim.cosmos.chain.sent_messages import Entry
from chain_sim.cosmos.context import BlockInfo, Context
from chain_sim.cosmos.errors import NotSimulated
from chain_sim.cosmos.files.cases import encode_case
from chain_sim.cosmos.schema.schema import CosmosSchema
from chain_sim.cosmos.wasm.machine import CODE_BYTES
from chain_sim.cosmos.wasm.records import find_code, find_contract
from contract_fuzz.campaign.difference_reports import Explained
from contract_fuzz.cases.sequences import ReadTransaction
from contract_fuzz.cosmos.campaign import CosmosCampaign, case_of
from contract_fuzz.cosmos.cases import (
    CosmosStart,
    CosmosTransaction,
    read_transaction,
)
from contract_fuzz.cosmos.inputs import MessageKind, kinds_of
from contract_fuzz.cosmos.shapes import Schema, read_template, schema_of
from contract_fuzz.cosmos.starts import (
    PEOPLE,
    start_from_chain,
    start_from_contract,
)
from contract_fuzz.judging.campaign import FAIL_ON
from contract_fuzz.judging.stopping import Stop
from contract_fuzz.oracles.oracle import Finding, OracleFactory
from contractvm.errors import InternalError
from contractvm.hosts.cosmwasm import bech32
from contractvm.hosts.cosmwasm.json_text import MalformedJson, parse_json
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm_cli.cosmos_chains import DEFAULT_DATABASE, opened
from contractvm_cli.failures import CommandFailed
from contractvm_cli.fuzzing.finding_tests import cosmos_tests
from contractvm_cli.fuzzing.options import CaseOptions, MessageOptions, StartOptions
from contractvm_cli.module_files import read_module

COPY = "fuzz-cosmos"
PREFIX = "cosmos"
SENT_ENTRIES = ("execute", "query", "migrate", "sudo")


@dataclass(frozen=True, slots=True)
class CosmosTarget:
    """See FuzzTarget; `begin` are the commands that make the start state."""

    campaign: CosmosCampaign
    begin: tuple[str, ...]
    contract: Path
    message: str
    note: str | None = None
    read_transaction: ReadTransaction = read_transaction

    def commands(self, finding: Finding) -> Iterator[str]:
        """See FuzzTarget."""
        yield from self.begin
        for transaction in finding.transactions:
            yield send_command(self.campaign.start, transaction)

    def tests(self, findings: Sequence[Finding], test: Path) -> str:
        """See FuzzTarget."""
        return cosmos_tests(
            findings,
            self.campaign.start,
            test,
            self.contract,
            message=self.message,
            invariants=self.campaign.invariants,
        )

    def case_document(self, finding: Finding) -> Any:
        """See FuzzTarget."""
        note = f"{finding.name}\n{finding.story}"
        try:
            case = case_of(self.campaign.start, finding.transactions, note)
        except (InternalError, NotSimulated):
            return None
        return json.loads(encode_case(case))

    def explain(
        self,
        finding: Finding,  # noqa: ARG002 (the case says all that is known)
        attempts: int,  # noqa: ARG002
        should_stop: Stop,  # noqa: ARG002
    ) -> Explained | None:
        """See FuzzTarget."""
        return None


def make_cosmos_target(
    contract: str,
    start: StartOptions,
    cases: CaseOptions,
    messages: MessageOptions,
    oracles: tuple[OracleFactory, ...],
) -> CosmosTarget:
    """The target; wrong usage if the options do not go together."""
    refuse_other_options(start, cases)
    kinds = find_kinds(messages)
    path = Path(contract)
    if path.exists():
        message = with_people(messages.instantiate or "{}")
        state, code = start_from_contract(
            read_module(path),
            message,
            release=messages.release,
            handlers=messages.handlers,
        )
        begin: tuple[str, ...] = (
            f"contractvm cosmwasm store {shlex.quote(str(path))} --db {COPY}",
            f"contractvm cosmwasm instantiate 1"
            f" {shlex.quote(message)} --admin alice --db {COPY}"
            + handlers_words(messages.handlers),
        )
        note = None
    else:
        message = ""
        state, code = start_on_chain(contract, start, messages.handlers)
        db = database_of(start)
        begin = (f"cp -r {shlex.quote(str(db))} {COPY}",)
        note = "the chain must be as it was at the start"
    campaign = CosmosCampaign(
        start=state,
        code=code,
        kinds=kinds,
        invariants=messages.invariant_script,
        seed=cases.seed,
        gas_limit=cases.gas_limit,
        length=cases.length,
        fail_on=tuple(name for name in FAIL_ON if name in cases.fail_on),
        oracles=oracles,
    )
    return CosmosTarget(campaign, begin, path, message, note)


def with_people(message: str) -> str:
    """The message with addresses in place of `$alice`, `$bob` and `$carol`."""
    for name in PEOPLE:
        address = bech32.encode(PREFIX, user_address(name))
        message = message.replace(f"${name}", address)
    return message


def refuse_other_options(start: StartOptions, cases: CaseOptions) -> None:
    """Raise UsageError for options of other hosts."""
    given = {
        "--init-code": start.is_init_code,
        "--setup": start.setup is not None,
        "--schedule": start.schedule is not None,
        "--fork": start.fork is not None,
        "--abi": cases.abi is not None,
        "--invariant": bool(cases.invariants),
    }
    for name, is_given in given.items():
        if is_given:
            raise click.UsageError(
                f"{name} is not for CosmWasm contracts.", click.get_current_context()
            )


def database_of(start: StartOptions) -> Path:
    """The database of --db, by default that of `contractvm cosmwasm`."""
    source = click.get_current_context().get_parameter_source("db")
    is_default = source is ParameterSource.DEFAULT
    return Path(DEFAULT_DATABASE) if is_default else start.db


def start_on_chain(
    contract: str, start: StartOptions, handlers: Path | None
) -> tuple[CosmosStart, bytes]:
    """The start at a contract of a chain, and its module."""
    db = database_of(start)
    with opened(db, DEFAULT_ENGINE) as chain:
        address = chain.contract(contract).address
        state = chain.blocks.state
        head = chain.head
        block = BlockInfo(head.height, head.time, chain.config.chain_id)
        context = Context(chain.rules, chain.addresses, state, block)
        info = find_contract(context, chain.addresses.data(address))
        code = state.get(CODE_BYTES + find_code(context, info.code_id).checksum)
        people = [chain.addresses.text(user_address(name)) for name in PEOPLE]
        coins = sorted({coin for one in people for coin in chain.balances(one)})
        found = start_from_chain(
            chain, [address], people, coins, [info.code_id], handlers
        )
        return found, code or b""


def find_kinds(messages: MessageOptions) -> tuple[MessageKind, ...]:
    """The messages to send: of a schema, and of templates."""
    found: list[MessageKind] = []
    if messages.schema is not None:
        schema = CosmosSchema.read(messages.schema)
        for entry in SENT_ENTRIES:
            if entry in schema.messages:
                found += kinds_of(_entry(entry), schema_of(schema.messages[entry]))
    for text in messages.templates:
        entry, _, content = text.partition("=")
        if entry not in get_args(Entry):
            raise click.BadParameter(
                f"{text!r}: begin with execute=, query=, migrate= or sudo=",
                param_hint="--message",
            )
        try:
            shape = read_template(parse_json(content))
        except MalformedJson as error:
            raise click.BadParameter(
                f"{content!r} is not JSON: {error}", param_hint="--message"
            ) from error
        found += kinds_of(_entry(entry), Schema(shape))
    if not found:
        raise CommandFailed(
            "say what the contract takes: --schema FILE, or --message"
            ' \'execute={"transfer": {"recipient": "$address", "amount": "$number"}}\''
        )
    return tuple(found)


def _entry(name: str) -> Entry:
    return name  # type: ignore[return-value] # checked by the callers


def send_command(start: CosmosStart, transaction: CosmosTransaction) -> str:
    """The command that sends exactly this message."""
    sent = start.sent(transaction)
    if sent.entry == "sudo":
        return f"# no command sends {sent.message} to sudo; replay the finding's file"
    words: Sequence[str] = ["contractvm", "cosmwasm", sent.entry, sent.contract]
    if sent.entry == "migrate":
        words = [*words, str(sent.code_id)]
    words = [*words, shlex.quote(sent.message)]
    if sent.entry in {"execute", "migrate"}:
        words = [*words, "--from", sent.sender]
    if sent.funds:
        words = [*words, "--amount", sent.funds]
    if sent.entry != "query":
        words = [*words, "--gas", str(sent.gas_limit)]
    return " ".join([*words, "--db", COPY]) + handlers_words(start.handlers)


def handlers_words(script: Path | None) -> str:
    """The option that names a script of handlers."""
    return "" if script is None else f" --handlers {shlex.quote(str(script))}"
