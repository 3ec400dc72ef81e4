"""Judgements of cases other than the contract's own: oracles and findings.

An oracle compares a case with another way to run it. It checks one share of the cases
with new features, usually all, and another share of the others. Which ones depends on
the seed, the case's number and the oracle's index alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

from contract_fuzz.cases.case_random import mix
from contract_fuzz.cases.sequences import Transactions
from contractvm.runtime.engine_selection import DEFAULT_ENGINE
from contractvm.wasm.engines.tracing import Comparison

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


class Executor(Protocol):
    """Runs the cases of one start state, in the host's own terms.

    Nothing is kept of a run but its coverage, that of the last one.
    """

    @property
    def start(self) -> Any:
        """The start state, from which other processes make executors."""

    @property
    def begin(self) -> Any:
        """The position that the campaign starts from."""

    @property
    def edge_counts(self) -> memoryview:
        """How often each edge was passed, up to 255."""

    @property
    def edge_total(self) -> int:
        """The number of cells for edges; constant."""

    @property
    def last_edge(self) -> int:
        """The last edge passed."""

    def describe_edge(self, edge: int) -> Any:
        """Where an edge is; None if not in a module of the start state."""

    def failure_place(self, position: Any, transaction: Any) -> str:
        """Where a transaction fails, where no edge says it; "" if unknown."""

    def comparisons(self) -> list[Comparison]:
        """The operands that the last run with `compare` compared."""

    def run(self, position: Any, transaction: Any, *, compare: bool = False) -> Any:
        """The transaction's outcome in a block after the position."""

    def run_sequence(self, position: Any, transactions: Sequence[Any]) -> Any:
        """The outcome of each, one block after the other."""

    def run_to_root(self, position: Any, transactions: Sequence[Any]) -> Any:
        """All that is observed of each, and the state root after them."""

    def advance(self, position: Any, transactions: Sequence[Any]) -> Any:
        """The position after blocks with these transactions."""

    def observe_with_block(self, position: Any, transactions: Sequence[Any]) -> Any:
        """As `run_to_root`, and the hash of the last block that was made."""

    @classmethod
    def plain(cls, start: Any) -> Self:
        """An executor of a start state without coverage, on the interpreter."""

    def simplest_calls(self) -> list[Any]:
        """A simple call of each contract."""

    def twin(self, engine: str = DEFAULT_ENGINE) -> Self:
        """Another executor of the same start, without coverage, on `engine`."""


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
        executor: Any,
        position: Any,
        transactions: Sequence[Any],
        outcomes: Sequence[Any],
    ) -> Finding | None:
        """What is wrong with the case, if anything; always the same."""


class OracleFactory(Protocol):
    """Makes an oracle in the process that uses it; can be pickled."""

    def __call__(self, executor: Any) -> Oracle:
        """The oracle for the executor's start state."""


def is_sampled(seed: int, case: int, index: int, share: int) -> bool:
    """True where the oracle at `index` checks this case; `share` is of a million."""
    number = mix(mix(seed, case & GREATEST), ORACLE_SALT + index)
    return number % MILLION < share
