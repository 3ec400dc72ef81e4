"""Findings of messages: crashes, tokens from nowhere, and a user's invariants."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chain_sim.cosmos.accounts import bank
from chain_sim.cosmos.chain.contracts import Contract
from chain_sim.cosmos.chain.cosmos_chain import CosmosChain
from chain_sim.cosmos.chain.sent_messages import SentMessage
from chain_sim.cosmos.context import Context
from chain_sim.cosmos.errors import CosmosError, ScriptFailed
from chain_sim.cosmos.wasm.handler_scripts import run_script, told
from contract_fuzz.cases.case import CaseStatus
from contract_fuzz.cosmos.cases import (
    CosmosOutcome,
    CosmosPosition,
    CosmosStart,
    CosmosTransaction,
)
from contract_fuzz.cosmos.executor import CosmosExecutor, StateView
from contract_fuzz.cosmos.outcomes import ABORTED, OUT_OF_GAS_KIND, TRAP_WORDS
from contract_fuzz.cosmos.starts import start_from_chain
from contract_fuzz.errors import InvariantFails, SetupFailed
from contract_fuzz.judging.campaign import OUT_OF_GAS, REVERTS, TRAPS
from contract_fuzz.oracles.oracle import CRASH, INVARIANT, Finding
from contractvm.hosts.cosmwasm.json_text import compact_json, parse_json

CRASHES = frozenset({ABORTED, *TRAP_WORDS})
TOKENS = "no tokens appear"
PREFIX = "invariant_"
QUERY_GAS = 10_000_000
# Where a Rust program says that it panicked.
PANIC_PLACE = re.compile(r"[\w./-]+\.rs:\d+(?::\d+)?")
SHOWN_STORY = 400


class ChainView:
    """The chain as a user's invariants see it; nothing they do changes it."""

    def __init__(self, start: CosmosStart, view: StateView) -> None:
        self.contracts = start.contracts
        self.senders = start.senders
        self._view = view

    def query(self, message: object, contract: str | None = None) -> Any:
        """Ask a contract, by default the first; raises CosmosError."""
        text = message if isinstance(message, str) else compact_json(message)
        address = contract or self.contracts[0]
        sent = SentMessage("query", address, text, gas_limit=QUERY_GAS)
        outcome = self._view.runs.run(self._view.state, self._view.block, sent)
        if outcome.error is not None:
            raise outcome.error
        return parse_json(outcome.data)

    def balance(self, address: str, denomination: str) -> int:
        """What an address has of one coin."""
        context = self._context()
        return bank.balance(context, context.addresses.data(address), denomination)

    def supply(self, denomination: str) -> int:
        """How much of a coin there is."""
        return bank.supply(self._context(), denomination)

    def _context(self) -> Context:
        view = self._view
        return Context(view.runs.rules, view.runs.addresses, view.state, view.block)


Invariant = Callable[[ChainView], object]


def load_invariants(path: Path) -> dict[str, Invariant]:
    """The functions of a script whose names begin with `invariant_`.

    Raises SetupFailed.
    """
    try:
        defined = run_script(path)
    except ScriptFailed as error:
        raise SetupFailed(str(path), error.reason) from error
    found = {
        name: value
        for name, value in defined.items()
        if name.startswith(PREFIX) and callable(value)
    }
    if not found:
        raise SetupFailed(str(path), f"no function named {PREFIX}...")
    return found


def check_invariant(
    script: Path,
    name: str,
    chain: CosmosChain,
    contract: Contract,
    people: list[str],
    handlers: Path | None = None,
) -> None:
    """Assert that a script's invariant holds on a chain; raises SetupFailed."""
    start = start_from_chain(chain, [contract.address], people, handlers=handlers)
    executor = CosmosExecutor(start, has_coverage=False)
    view = ChainView(start, executor.look_at(executor.begin))
    assert_holds(name, load_invariants(script)[name](view))


def assert_holds(name: str, answer: object) -> None:
    """Raise AssertionError for the answer of an invariant that does not hold."""
    if answer is False:
        raise AssertionError(f"{name} returned False")


class MessageJudge:
    """Finds what is wrong with messages; the same case has the same findings."""

    def __init__(
        self,
        executor: CosmosExecutor,
        fail_on: tuple[str, ...],
        invariants: dict[str, Invariant],
    ) -> None:
        self._executor = executor
        self._fail_on = frozenset(fail_on)
        self._invariants = invariants
        self.has_invariants = bool(invariants)

    def is_crash(self, outcome: CosmosOutcome) -> bool:
        """See FindingJudge; tokens from nowhere always count."""
        if outcome.token_fault:
            return True
        if outcome.status is CaseStatus.REVERTED:
            return REVERTS in self._fail_on
        if outcome.status is CaseStatus.FAILURE:
            if outcome.error_kind == OUT_OF_GAS_KIND:
                return OUT_OF_GAS in self._fail_on
            return TRAPS in self._fail_on and outcome.error_kind in CRASHES
        return False

    def crash(self, outcome: CosmosOutcome, place: str) -> Finding:
        """See FindingJudge; a panic's place is what it says itself."""
        if outcome.token_fault:
            return Finding(INVARIANT, TOKENS, "", outcome.token_fault)
        story = outcome.error or ""
        found = PANIC_PLACE.search(story)
        name = outcome.error_kind or outcome.status.value
        return Finding(CRASH, name, found[0] if found else place, story[:SHOWN_STORY])

    def require_callable(self) -> None:
        """See FindingJudge."""
        view = ChainView(
            self._executor.start, self._executor.look_at(self._executor.begin)
        )
        for name, invariant in self._invariants.items():
            try:
                invariant(view)
            except AssertionError:
                continue
            except Exception as error:
                raise InvariantFails(name, told(error)) from error

    def broken_invariants(
        self, position: CosmosPosition, transactions: Sequence[CosmosTransaction]
    ) -> Iterator[tuple[int, Finding]]:
        """See FindingJudge."""
        if not transactions:
            for finding in self._broken(self._executor.look_at(position)):
                yield 0, finding
            return
        found = self._executor.look(
            position,
            transactions,
            lambda outcome, view: self._broken(view) if outcome.succeeded else [],
        )
        for place, findings in enumerate(found):
            for finding in findings:
                yield place + 1, finding

    def _broken(self, view: StateView) -> list[Finding]:
        seen = ChainView(self._executor.start, view)
        found = []
        for name, invariant in self._invariants.items():
            try:
                assert_holds(name, invariant(seen))
                reason = ""
            except (AssertionError, CosmosError) as error:
                reason = told(error)
            except Exception as error:
                raise SetupFailed(name, told(error)) from error
            if reason:
                found.append(Finding(INVARIANT, name, "", reason))
        return found
