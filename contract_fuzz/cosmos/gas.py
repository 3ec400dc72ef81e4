"""SDK gas limits of messages: small at first, more where a message runs out of it.

Making an instance costs 60,000 SDK gas and no time; what is beyond runs the contract,
and an endless loop runs for all of it.
"""

from collections.abc import Callable, Iterable

from msgspec import structs

from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.cosmos.cases import CosmosOutcome, CosmosTransaction
from contract_fuzz.cosmos.outcomes import OUT_OF_GAS_KIND
from contract_fuzz.judging.entries import Entry

LEAST_GAS = 150_000
FACTOR = 4
LUCKY = 32
# One call in so many of a kind that is not known to complete.
TRIED = 8
SHORTENED = 64


class MessageGas:
    """Chooses gas limits; the same numbers give the same ones."""

    def __init__(
        self,
        limit: int,
        label: Callable[[CosmosTransaction], bytes],
        *,
        is_full: bool = False,
    ) -> None:
        """With `is_full`, every message has the limit."""
        self._limit = limit
        self._label = label
        self._least = limit if is_full else min(LEAST_GAS, limit)
        self._budgets: dict[bytes, int] = {}

    def begin(self, entries: Iterable[Entry]) -> None:
        """See GasChooser."""
        self._budgets = {}
        for entry in entries:
            label = self._label(entry.transactions[-1])
            known = self._budgets.get(label, 0)
            self._budgets[label] = max(entry.budget, known)

    def budget_of(self, transaction: CosmosTransaction) -> int:
        """See GasChooser."""
        return self._budgets.get(self._label(transaction), 0)

    def limited(self, transaction: CosmosTransaction, budget: int) -> CosmosTransaction:
        """See GasChooser."""
        limit = min(max(budget, self._least), self._limit)
        if transaction.gas_limit == limit:
            return transaction
        return structs.replace(transaction, gas_limit=limit)

    def chosen(
        self, transaction: CosmosTransaction, budget: int, random: CaseRandom
    ) -> CosmosTransaction:
        """See GasChooser."""
        if random.one_in(LUCKY):
            budget = FACTOR * max(budget, self._least)
        limited = self.limited(transaction, budget)
        if random.one_in(SHORTENED):
            less = 1 + random.below(limited.gas_limit)
            return structs.replace(limited, gas_limit=less)
        return limited

    def is_used_up(
        self, transaction: CosmosTransaction, outcome: CosmosOutcome
    ) -> bool:
        """See GasChooser."""
        return (
            outcome.error_kind == OUT_OF_GAS_KIND
            and transaction.gas_limit < self._limit
        )

    def is_tried(
        self,
        transaction: CosmosTransaction,
        outcome: CosmosOutcome,  # noqa: ARG002 (see GasChooser)
        random: CaseRandom,
    ) -> bool:
        """See GasChooser."""
        return bool(self._budgets.get(self._label(transaction))) or random.one_in(TRIED)

    def raised(self, transaction: CosmosTransaction) -> CosmosTransaction:
        """See GasChooser."""
        return self.limited(transaction, FACTOR * transaction.gas_limit)

    def budget_for(self, transaction: CosmosTransaction, outcome: CosmosOutcome) -> int:
        """See GasChooser."""
        if self.is_used_up(transaction, outcome):
            return 0
        return 2 * outcome.gas_used
