"""The base of oracles that run a case another way and compare the results."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles.observations import OutcomeDifference
from contract_fuzz.oracles.oracle import DIFFERENCE, MILLION, Finding
from contractvm.errors import CompilationLimit, InternalError


@dataclass(frozen=True, slots=True)
class RanCase:
    """A case, its outcomes, and the executor that ran it."""

    executor: Any
    position: Any
    transactions: Sequence[Any]
    outcomes: Sequence[Any]


class TwinOracle(ABC):
    """An oracle that reports how a case differs when run its way."""

    def __init__(self, name: str, share: int, share_of_new: int = MILLION) -> None:
        self.name = name
        self.share = share
        self.share_of_new = share_of_new

    @abstractmethod
    def difference(self, case: RanCase) -> OutcomeDifference | None:
        """How the case differs, if it does.

        May raise PositionDiffers if the difference is before the position, and
        InternalError.
        """

    def check(
        self,
        executor: Any,
        position: Any,
        transactions: Sequence[Any],
        outcomes: Sequence[Any],
    ) -> Finding | None:
        """See Oracle."""
        try:
            found = self.difference(RanCase(executor, position, transactions, outcomes))
        except PositionDiffers:
            if not position.transactions:
                raise
            whole = (*position.transactions, *transactions)
            begin = executor.begin
            return self.check(
                executor, begin, whole, executor.run_sequence(begin, whole)
            )
        except CompilationLimit as limit:
            # Inconclusive: this machine cannot compare the case.
            warnings.warn(f"{self.name}: not compared: {limit}", stacklevel=2)
            return None
        except InternalError as error:
            kind = type(error).__name__
            return Finding(DIFFERENCE, f"{self.name}: {kind}", story=str(error))
        if found is None:
            return None
        lines = (f"transaction {found.place} of the case differs:", *found.lines)
        return Finding(DIFFERENCE, f"{self.name}: {found.name}", story="\n".join(lines))
