"""Findings of a case: failures of the contract, broken invariants."""

from collections.abc import Iterator, Sequence

from chain_sim.ethereum.abi.decoding import MalformedAbiData, decode_values
from chain_sim.ethereum.abi.functions import AbiFunction
from contract_fuzz.cases.case import (
    DEFAULT_CASE_GAS,
    CaseOutcome,
    CaseStatus,
    CaseTransaction,
    Position,
)
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.errors import InvariantFails
from contract_fuzz.judging.campaign import (
    OUT_OF_GAS,
    REVERTS,
    TRAPS,
    Campaign,
)
from contract_fuzz.oracles.oracle import CRASH, INVARIANT, Finding
from contractvm.errors import TrapCode

OUT_OF_GAS_KIND = "out of gas"
REVERTED = "reverted"
TRAP_KINDS = frozenset(code.value for code in TrapCode)


class Judge:
    """Finds what is wrong with cases; the same case has the same findings."""

    def __init__(self, campaign: Campaign, executor: CaseExecutor) -> None:
        self._executor = executor
        self._fail_on = frozenset(campaign.fail_on)
        self._invariants = campaign.invariants
        self._probes = [
            CaseTransaction(
                to=campaign.start.contracts[0],
                data=invariant.selector,
                gas_limit=min(DEFAULT_CASE_GAS, campaign.start.head.gas_limit),
            )
            for invariant in campaign.invariants
        ]
        self.has_invariants = bool(campaign.invariants)

    def is_crash(self, outcome: CaseOutcome) -> bool:
        """True if the outcome is a failure that counts as a finding."""
        if outcome.status is CaseStatus.FAILURE:
            kind = outcome.error_kind
            if kind == OUT_OF_GAS_KIND:
                return OUT_OF_GAS in self._fail_on
            return TRAPS in self._fail_on and kind in TRAP_KINDS
        if outcome.status is not CaseStatus.REVERTED:
            return False
        # Some chains tell callers of an exhausted stack as of a revert.
        is_trap = outcome.error_kind in TRAP_KINDS and TRAPS in self._fail_on
        return is_trap or REVERTS in self._fail_on

    def crash(self, outcome: CaseOutcome, place: str) -> Finding:
        """The finding of an outcome that is a crash."""
        name = outcome.error_kind or REVERTED
        story = outcome.error or f"{REVERTED} with {len(outcome.output)} bytes"
        return Finding(CRASH, name, place, story)

    def require_callable(self) -> None:
        """Raise InvariantFails for one whose call fails before any transaction."""
        begin = self._executor.begin
        for invariant, probe in zip(self._invariants, self._probes, strict=True):
            reason = call_failure(invariant, self._executor.run(begin, probe))
            if reason:
                raise InvariantFails(invariant.signature, reason)

    def broken_invariants(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> Iterator[tuple[int, Finding]]:
        """Invariants that do not hold, with how many transactions were run before.

        Without transactions, those that do not hold at the position.
        """
        if not transactions:
            outcomes = [self._executor.run(position, probe) for probe in self._probes]
            yield from ((0, finding) for finding in self._broken(outcomes))
            return
        _, probed = self._executor.probe(position, transactions, self._probes)
        for place, outcomes_after in enumerate(probed):
            for finding in self._broken(outcomes_after):
                yield place + 1, finding

    def _broken(self, outcomes: Sequence[CaseOutcome]) -> Iterator[Finding]:
        for invariant, outcome in zip(self._invariants, outcomes, strict=True):
            reason = broken_because(invariant, outcome)
            if reason:
                yield Finding(INVARIANT, invariant.signature, "", reason)


def broken_because(invariant: AbiFunction, outcome: CaseOutcome) -> str:
    """Why the invariant does not hold after this outcome of its call; "" if it does.

    One that returns nothing holds if it succeeds, one that returns a bool if it is
    true.
    """
    failure = call_failure(invariant, outcome)
    if failure or invariant.result_texts[:1] != ["bool"]:
        return failure
    holds = decode_values(invariant.result_texts, outcome.output)[0]
    return "" if holds else "it returned false"


def call_failure(invariant: AbiFunction, outcome: CaseOutcome) -> str:
    """Why the call tells nothing of the invariant; "" if it does."""
    if not outcome.succeeded:
        return f"its call failed: {outcome.error or REVERTED}"
    if invariant.result_texts[:1] == ["bool"]:
        try:
            decode_values(invariant.result_texts, outcome.output)
        except MalformedAbiData:
            return f"it returned {len(outcome.output)} bytes that are no bool"
    return ""
