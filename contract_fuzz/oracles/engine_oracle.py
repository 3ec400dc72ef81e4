"""The oracle that runs a case on another engine: all results must be the same."""

from dataclasses import dataclass

from contract_fuzz.oracles.observations import OutcomeDifference, difference_of, observe
from contract_fuzz.oracles.oracle import MILLION, Executor, Oracle
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle


@dataclass(frozen=True, slots=True)
class EngineOracleFactory:
    """Makes the oracle in a worker."""

    engine: str
    share: int
    share_of_new: int = MILLION

    def __call__(self, executor: Executor) -> Oracle:
        """See OracleFactory."""
        return EngineOracle(self, executor)


class EngineOracle(TwinOracle):
    """Status, output, error, logs, gas to the unit, state root and memory hash."""

    def __init__(self, factory: EngineOracleFactory, executor: Executor) -> None:
        super().__init__(
            f"engine {factory.engine}", factory.share, factory.share_of_new
        )
        self._other = executor.twin(factory.engine)

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle."""
        here = observe(case.executor, case.position, case.transactions)
        there = observe(self._other, case.position, case.transactions)
        return difference_of(here, there)
