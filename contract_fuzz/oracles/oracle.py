"""Judgements of cases other than the contract's own: oracles and findings.

An oracle compares a case with another way to run it. It checks one share of the cases
with new features, usually all, and another share of the others. Which ones depends on
the seed, the case's number and the oracle's index alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from contract_fuzz.cases.case import CaseOutcome, CaseTransaction, Position
from contract_fuzz.cases.case_random import mix
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.sequences import Transactions

MILLION = 1_000_000
GREATEST = 2**64 - 1
ONE_PERCENT = 10_000
ORACLE_SALT = 0x6F7261636C65

CRASH = "crash"
INVARIANT = "invariant"
DIFFERENCE = "difference"

FindingKey = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a case has shown; `kind`, `name` and `place` say which finding it is.

    `kind` is CRASH, INVARIANT or DIFFERENCE, `name` the trap, the invariant or the
    oracle and what differs, `place` where in the contract, empty where unknown.
    `story` is a text that enters no hash; `facts` are exact. `transactions` are all
    from the campaign's start on: the campaign fills them in.
    """

    kind: str
    name: str
    place: str = ""
    story: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    transactions: Transactions = ()

    @property
    def key(self) -> FindingKey:
        """Findings with one key are one finding."""
        return self.kind, self.name, self.place


class Oracle(Protocol):
    """Compares cases with another way to run them."""

    @property
    def name(self) -> str:
        """A unique name, for the report."""

    @property
    def share(self) -> int:
        """Of a million cases without new features, how many are checked."""

    @property
    def share_of_new(self) -> int:
        """Of a million cases with new features, how many are checked."""

    def check(
        self,
        executor: CaseExecutor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[CaseOutcome],
    ) -> Finding | None:
        """What is wrong with the case, if anything; always the same."""


class OracleFactory(Protocol):
    """Makes an oracle in the process that uses it; can be pickled."""

    def __call__(self, executor: CaseExecutor) -> Oracle:
        """The oracle for the executor's start state."""


def is_sampled(seed: int, case: int, index: int, share: int) -> bool:
    """True where the oracle at `index` checks this case; `share` is of a million."""
    number = mix(mix(seed, case & GREATEST), ORACLE_SALT + index)
    return number % MILLION < share
