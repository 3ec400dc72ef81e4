"""Turns a difference into a report, a case file and a test.

explained = explain_difference(campaign, finding)
explained.case            # a captured case, whole: state, rules, transactions
explained.shrunk.case     # the same with a smaller module in the contract's place
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from chain_sim.ethereum.capture.case import Case, CaseBlock, SentTransaction, rules_of
from chain_sim.ethereum.capture.making import make_case
from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.execution.module_placement import module_at, place_module
from chain_sim.ethereum.forks import find_fork
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.text import Address
from chain_sim.ethereum.state.world_state import WorldState
from contract_fuzz.cases.case import Position, StartState
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.layered_database import LayeredDatabase
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.errors import ShrinkerMissing
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.judging.stopping import Stop, never
from contract_fuzz.oracles.divergence import Divergence, find_divergence
from contract_fuzz.oracles.engine_oracle import EngineOracleFactory
from contract_fuzz.oracles.module_shrinking import DEFAULT_ATTEMPTS, shrink_module
from contract_fuzz.oracles.oracle import Finding, OracleFactory
from contractvm.errors import InternalError, InvalidModule, MalformedModule
from contractvm.hosts.registry import load_checked
from contractvm.runtime.engine_selection import DEFAULT_ENGINE


@dataclass(frozen=True, slots=True)
class Shrunk:
    """A smaller module that shows the same difference, and its case."""

    code: bytes
    case: Case


@dataclass(frozen=True, slots=True)
class Explained:
    """A difference with everything known about it; `notes` say what was not found.

    `engine` is the other engine, for an engine oracle; None for other oracles.
    """

    finding: Finding
    engine: str | None
    divergence: Divergence | None
    code: bytes
    case: Case
    shrunk: Shrunk | None
    notes: tuple[str, ...] = ()


def explain_difference(
    campaign: Campaign,
    finding: Finding,
    attempts: int = DEFAULT_ATTEMPTS,
    should_stop: Stop = never,
) -> Explained:
    """Explain a finding of one of the campaign's oracles.

    Its module is shrunk until `attempts` steps bring no progress, or `should_stop`; 0
    skips this. The same finding gives the same explanation unless stopped.
    """
    start = campaign.start
    factory = factory_of(campaign, finding)
    engine = factory.engine if isinstance(factory, EngineOracleFactory) else None
    contract = finding.transactions[-1].to
    code = code_at(start, contract)
    divergence, shrunk = None, None
    notes: list[str] = []
    if engine is not None:
        try:
            divergence = find_divergence(
                start, engine, finding.transactions, code_by(code)
            )
        except InternalError as error:
            notes.append(f"where it begins was not found: {error}")
    if attempts and code:
        try:
            shrunk = shrink(start, contract, finding, factory, attempts, should_stop)
            if should_stop():
                notes.append("the module may become smaller: there was no time left")
        except ShrinkerMissing as missing:
            notes.append(f"the module was not made smaller: {missing}")
    case = case_of(start, finding, engine)
    return Explained(finding, engine, divergence, code, case, shrunk, tuple(notes))


def factory_of(campaign: Campaign, finding: Finding) -> OracleFactory:
    """The factory of the oracle named in the finding."""
    executor = CaseExecutor(campaign.start)
    for factory in campaign.oracles:
        if finding.name.startswith(f"{factory(executor).name}: "):
            return factory
    raise InternalError(f"no oracle of the campaign says {finding.name!r}")


def code_at(start: StartState, contract: Address) -> bytes:
    """The contract's module at the start; empty if it has none."""
    state = WorldState(start.database(), start.root)
    return module_at(state, contract, start.genesis.profile)


def code_by(code: bytes) -> Callable[[bytes], bytes | None]:
    """Finds the module by its SHA-256."""
    known = {sha256(code).digest(): code}
    return known.get


def with_code(start: StartState, contract: Address, code: bytes) -> StartState:
    """The start state with another module in place of the contract's.

    Raises MalformedModule and InvalidModule, which may be RefusedModule.
    """
    database = LayeredDatabase(start.database())
    state = WorldState(database, start.root)
    genesis = start.genesis
    place_module(
        state,
        contract,
        code,
        find_fork(genesis.fork),
        load_checked(genesis.schedule),
        start.head.timestamp,
    )
    root, entries = state.commit()
    entries = {**dict(start.entries), **entries}
    return replace(start, root=root, entries=tuple(sorted(entries.items())))


def shrink(
    start: StartState,
    contract: Address,
    finding: Finding,
    factory: OracleFactory,
    attempts: int,
    should_stop: Stop = never,
) -> Shrunk | None:
    """The smaller module; None if none shows the same. Raises ShrinkerMissing."""
    engine = factory.engine if isinstance(factory, EngineOracleFactory) else None
    judge = engine_for(start.genesis).engine

    def shows(code: bytes) -> bool:
        if should_stop():
            return False
        try:
            judge.prepare(code)
            changed = with_code(start, contract, code)
        except (MalformedModule, InvalidModule):
            return False
        executor = CaseExecutor(changed)
        return shows_again(executor, factory, finding)

    code = code_at(start, contract)
    smaller = shrink_module(code, shows, attempts=attempts)
    if smaller == code:
        return None
    return Shrunk(
        smaller, case_of(with_code(start, contract, smaller), finding, engine)
    )


def shows_again(
    executor: CaseExecutor, factory: OracleFactory, finding: Finding
) -> bool:
    """Whether the oracle reports the same difference for the finding's transactions."""
    transactions = finding.transactions
    outcomes = executor.run_sequence(executor.begin, transactions)
    found = factory(executor).check(executor, executor.begin, transactions, outcomes)
    return found is not None and found.name == finding.name


def case_of(start: StartState, finding: Finding, engine: str | None) -> Case:
    """The finding's transactions with everything they need, run on the interpreter.

    If that fails, run on `engine`. Refused transactions are left out.
    """
    replays = CaseReplays(start)
    blocks, position = case_blocks(replays, finding.transactions)
    genesis = start.genesis
    rules = rules_of(genesis)
    block_hash = replays.open(position).block_hash
    note = f"{finding.name}\n{finding.story}"
    for name in (DEFAULT_ENGINE, engine or DEFAULT_ENGINE):
        try:
            case = make_case(
                replays.database,
                start.root,
                blocks,
                rules,
                engine=name,
                block_hash=block_hash,
            )
        except InternalError:
            if name == (engine or DEFAULT_ENGINE):
                raise
            continue
        return replace(case, note=note)
    raise InternalError("no engine runs the case")


def case_blocks(
    replays: CaseReplays, transactions: Transactions
) -> tuple[list[CaseBlock], Position]:
    """A block for each transaction, and the position before the last of them."""
    before = position = replays.begin
    blocks = []
    for transaction in transactions:
        placed = replays.place(position, transaction)
        try:
            after = replays.after(position, transaction)
        except InvalidTransaction:
            continue
        context = placed.context
        blocks.append(
            CaseBlock(
                coinbase=context.coinbase,
                number=context.number,
                timestamp=context.timestamp,
                difficulty=context.difficulty,
                gas_limit=context.gas_limit,
                transactions=(SentTransaction(placed.tx, placed.sender),),
                base_fee=context.base_fee if context.fork.fee_market else None,
            )
        )
        before, position = position, after
    return blocks, before
