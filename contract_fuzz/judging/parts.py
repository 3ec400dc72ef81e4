"""What a campaign needs of the host that it runs contracts on.

A host has transactions, positions and outcomes of its own, which campaigns pass on
without looking into them: `Any` here. A transaction is a frozen value that can be
hashed, with `document()` for JSON and `size_bytes`. An outcome has `status`,
`succeeded`, `error_kind`, `error` and `gas_used`. A position has `block_hash`, and
`transactions`, those that lead there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.inputs.byte_mutation import Operands
from contract_fuzz.judging.campaign import GasObjective
from contract_fuzz.judging.entries import Entry
from contract_fuzz.oracles.oracle import Executor, Finding, OracleFactory


class InputMaker(Protocol):
    """Makes transactions; the same numbers give the same ones."""

    @property
    def uses_operands(self) -> bool:
        """Whether `change` looks at what was compared."""

    def make(self, random: CaseRandom) -> Any:
        """A generated transaction."""

    def change(
        self, transaction: Any, random: CaseRandom, operands: Sequence[Operands]
    ) -> Any:
        """A mutated copy; `operands` are what its run compared."""

    def simplest(self) -> list[Any]:
        """What a campaign without a corpus begins with."""


class GasChooser(Protocol):
    """Chooses gas limits; the same numbers give the same ones."""

    def begin(self, entries: Iterable[Entry]) -> None:
        """Know the entries of the round."""

    def budget_of(self, transaction: Any) -> int:
        """The budget of such calls, as far as it is known."""

    def limited(self, transaction: Any, budget: int) -> Any:
        """The transaction with this budget, or the least one."""

    def chosen(self, transaction: Any, budget: int, random: CaseRandom) -> Any:
        """The transaction with this budget; now and then more, or less."""

    def is_used_up(self, transaction: Any, outcome: Any) -> bool:
        """Whether more gas may give another result."""

    def is_tried(self, transaction: Any, outcome: Any, random: CaseRandom) -> bool:
        """Whether more is tried even where the coverage does not ask."""

    def raised(self, transaction: Any) -> Any:
        """The same transaction with more gas."""

    def budget_for(self, transaction: Any, outcome: Any) -> int:
        """The budget of calls like this one: 0 where it used up its own."""


class FindingJudge(Protocol):
    """Finds what is wrong with cases; the same case has the same findings."""

    @property
    def has_invariants(self) -> bool:
        """Whether there is anything to check after a transaction that succeeded."""

    def is_crash(self, outcome: Any) -> bool:
        """True if the outcome is a failure that counts as a finding."""

    def crash(self, outcome: Any, place: str) -> Finding:
        """The finding of an outcome that is a crash."""

    def require_callable(self) -> None:
        """Raise FuzzError for an invariant that nothing can be told of."""

    def broken_invariants(
        self, position: Any, transactions: Sequence[Any]
    ) -> Iterator[tuple[int, Finding]]:
        """Invariants that do not hold, with how many transactions were run before.

        Without transactions, those that do not hold at the position.
        """


class Measure(Protocol):
    """What a gas objective measures of a transaction that succeeded."""

    def __call__(self, transaction: Any, /) -> Iterable[tuple[str, int | None]]:
        """The function, and each size whose greatest gas is sought."""


@dataclass(frozen=True, slots=True)
class CampaignParts:
    """The parts of a campaign in one process, as its host makes them.

    `label` says of a transaction which of the campaign's functions it calls, by the
    function's `selector`; empty for none. `simpler` are steps of shortening.
    """

    executor: Executor
    inputs: InputMaker
    gas: GasChooser
    judge: FindingJudge
    label: Callable[[Any], bytes]
    simpler: Callable[[Any], Iterator[Any]]
    measure: Measure
    unknown_functions: Callable[[], tuple[str, ...]]


class NamedFunction(Protocol):
    """A function of a contract, as reports name it."""

    @property
    def selector(self) -> bytes:
        """What `CampaignParts.label` gives for its calls."""

    @property
    def signature(self) -> str:
        """Its name for people."""


class HostedCampaign(Protocol):
    """A campaign, as far as it is the same on every host; it can be pickled.

    `code` is the contract's module. `length` is the number of transactions that a case
    may have, those before it included.
    """

    @property
    def code(self) -> bytes:
        """The module that inputs are made for."""

    @property
    def start(self) -> Any:
        """The state that cases start from, of the host's own kind."""

    @property
    def seed(self) -> int:
        """The seed of everything random."""

    @property
    def length(self) -> int:
        """The most transactions of a case."""

    @property
    def is_guided(self) -> bool:
        """Whether cases start from the corpus."""

    @property
    def oracles(self) -> tuple[OracleFactory, ...]:
        """What cases are checked against."""

    @property
    def functions(self) -> Sequence[NamedFunction]:
        """What reports list calls by."""

    @property
    def objective(self) -> GasObjective | None:
        """The functions whose gas is maximised, if that is the aim."""

    def document(self) -> dict[str, Any]:
        """Everything that its cases depend on, for JSON."""
