"""The oracle that runs a case on another engine: all that is seen must be the same."""

from collections.abc import Sequence
from dataclasses import dataclass

from contract_fuzz.cases import CaseTransaction, Outcome, Position
from contract_fuzz.executor import Executor, ExecutorOptions
from contract_fuzz.oracle import DIFFERENCE, Finding, Oracle

COMPARED = ("status", "error_kind", "output", "logs", "gas_used", "units_left")


@dataclass(frozen=True, slots=True)
class EngineOracleFactory:
    """Makes the oracle in a worker."""

    engine: str
    share: int

    def __call__(self, executor: Executor) -> Oracle:
        """See OracleFactory."""
        return EngineOracle(self, executor)


class EngineOracle:
    """Compares outcomes and the state after them with those of another engine."""

    def __init__(self, terms: EngineOracleFactory, executor: Executor) -> None:
        self.name = f"engine {terms.engine}"
        self.share = terms.share
        self._other = Executor(
            executor.start, ExecutorOptions(engine=terms.engine, has_coverage=False)
        )

    def check(
        self,
        executor: Executor,
        position: Position,
        transactions: Sequence[CaseTransaction],
        outcomes: Sequence[Outcome],
    ) -> Finding | None:
        """See Oracle."""
        theirs = self._other.run_sequence(position, transactions)
        for place, (here, there) in enumerate(zip(outcomes, theirs, strict=True)):
            fields = [
                name for name in COMPARED if getattr(here, name) != getattr(there, name)
            ]
            if fields:
                return self._finding(", ".join(fields).replace("_", " "), place)
        here_root = executor.advance(position, transactions).root
        if self._other.advance(position, transactions).root != here_root:
            return self._finding("state root", len(transactions) - 1)
        return None

    def _finding(self, fields: str, place: int) -> Finding:
        return Finding(
            DIFFERENCE,
            f"{self.name}: {fields}",
            story=f"transaction {place} of the case differs in {fields}",
        )
