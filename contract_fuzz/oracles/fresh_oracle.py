"""The oracle that runs a case in other processes: hash seeds, caches, earlier runs.

Both processes have fixed hash seeds of their own, so that findings do not depend on
this process's: they are compared with each other first.
"""

from contract_fuzz.oracles.fresh_process import FreshOptions, FreshProcess
from contract_fuzz.oracles.observations import (
    OutcomeDifference,
    difference_of,
    observe_with_block,
)
from contract_fuzz.oracles.oracle import Executor
from contract_fuzz.oracles.twin_oracle import RanCase, TwinOracle

COLD_SEED = 0
WARM_SEED = 20_261_126


class FreshOracle(TwinOracle):
    """Compares two processes with each other, and this one with them."""

    def __init__(
        self,
        share: int,
        share_of_new: int,
        executor: Executor,
        *,
        modules: tuple[str, ...] = (),
    ) -> None:
        """The processes import `modules` first."""
        super().__init__("fresh-process", share, share_of_new)
        self._cold, self._warm = (
            FreshProcess(
                executor.start,
                FreshOptions(seed, is_cold, modules),
                kind=type(executor),
            )
            for seed, is_cold in ((COLD_SEED, True), (WARM_SEED, False))
        )

    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """See TwinOracle."""
        cold = self._cold.observe(case.position, case.transactions)
        warm = self._warm.observe(case.position, case.transactions)
        found = difference_of(cold, warm)
        if found is None:
            here = observe_with_block(case.executor, case.position, case.transactions)
            found = difference_of(here, cold)
        return found

    def close(self) -> None:
        """End the processes."""
        self._cold.close()
        self._warm.close()
