"""Gas limits of a campaign's transactions: small at first, more where it pays.

Most calls end soon, and a call that never ends takes what it is given: ten million gas
are a second of work. So a transaction is given a budget for its execution, one of a few
levels, each four times the one below; the highest is the campaign's gas limit.

* A call of a function that is known to complete has twice the gas that it used, and
  the least budget. A quarter more than the cheapest known call used, every call has.
* One in LUCKY has more, by luck: the higher, the rarer.
* A case that used up its budget is run again on the next level where that promises
  something: it took an edge more often than any case before, or a single charge, of a
  host function, was too large for the rest: what that buys is little work. One in two
  is, too, that used up its budget and did not fail: a call inside may have.
"""

from collections.abc import Iterable

from msgspec import structs

from chain_sim.ethereum.abi.functions import SELECTOR_BYTES
from contract_fuzz.cases.case import CaseOutcome, CaseStatus, CaseTransaction
from contract_fuzz.cases.case_random import CaseRandom
from contract_fuzz.judging.campaign import OUT_OF_GAS, Campaign
from contract_fuzz.judging.entries import Entry
from contract_fuzz.judging.judging import OUT_OF_GAS_KIND
from contractvm.hosts.evm.costs import TransactionCosts
from gas_schedule.schedule import GasSchedule

# The least budget is the price of so many additions: a third of a millisecond.
LEAST_ADDITIONS = 1 << 18
FACTOR = 4
LUCKY = 32
LUCKIER = 4
# A charge above this share of the least budget is a host function's.
LARGE_SHARE = 32
# Levels above the least: twenty milliseconds of work.
AMPLE = 3
# One call in so many of a function that is not known to complete.
TRIED = 8
SHORTENED = 64


class CaseGas:
    """Chooses gas limits; the same numbers give the same ones."""

    def __init__(self, campaign: Campaign, schedule: GasSchedule) -> None:
        self._limit = campaign.gas_limit
        self._schedule = schedule
        costs: TransactionCosts = schedule.section(TransactionCosts)
        self._base = costs.base
        self._zero, self._nonzero = costs.data_zero_byte, costs.data_nonzero_byte
        addition = schedule.instructions.get("i32.add")
        additions = 0 if addition is None else LEAST_ADDITIONS * addition.base
        least = schedule.gas_from_units(additions)
        self.levels = [self._limit]
        # The most gas, and calls that run out of it, are asked for at the full limit.
        is_full = campaign.objective is not None or OUT_OF_GAS in campaign.fail_on
        if additions and not is_full:
            while least < self._limit:
                self.levels.insert(-1, least)
                least *= FACTOR
        self._large_units = additions // LARGE_SHARE
        self._budgets: dict[bytes, int] = {}
        self._least = self.levels[0]

    def begin(self, entries: Iterable[Entry]) -> None:
        """Know the entries of the round."""
        self._budgets = {}
        for entry in entries:
            called = called_by(entry.transactions[-1])
            if entry.budget > self._budgets.get(called, 0):
                self._budgets[called] = entry.budget
        least = self.levels[0]
        cheapest = min(self._budgets.values(), default=least)
        self._least = least + max(cheapest - least, 0) * 5 // 8

    def budget_of(self, transaction: CaseTransaction) -> int:
        """The budget of a call of this function, as far as it is known."""
        return self._budgets.get(called_by(transaction), self._least)

    def limited(self, transaction: CaseTransaction, budget: int) -> CaseTransaction:
        """The transaction with this budget, or the least one."""
        limit = self._intrinsic(transaction.data) + max(budget, self.levels[0])
        # Quicker than `structs.replace`, and this is once a case.
        return CaseTransaction(
            transaction.to,
            transaction.data,
            transaction.sender,
            transaction.value,
            min(limit, self._limit),
            transaction.seconds,
        )

    def ample(self, transaction: CaseTransaction) -> CaseTransaction:
        """The transaction with enough to begin, and for some host functions."""
        return self.limited(transaction, self.levels[min(AMPLE, len(self.levels) - 1)])

    def chosen(
        self, transaction: CaseTransaction, budget: int, random: CaseRandom
    ) -> CaseTransaction:
        """The transaction with this budget; now and then more, or less."""
        if random.one_in(LUCKY):
            place = 0
            while place < len(self.levels) - 1 and self.levels[place] <= budget:
                place += 1
            while place < len(self.levels) - 1 and random.one_in(LUCKIER):
                place += 1
            budget = self.levels[place]
        limited = self.limited(transaction, budget)
        if random.one_in(SHORTENED):
            less = 1 + random.below(limited.gas_limit)
            return structs.replace(limited, gas_limit=less)
        return limited

    def is_used_up(self, transaction: CaseTransaction, outcome: CaseOutcome) -> bool:
        """Whether more gas may give another result: not a quarter was left.

        Little is left, too, where a call inside ran out of gas.
        """
        if transaction.gas_limit >= self._limit:
            return False
        if outcome.status is CaseStatus.FAILURE:
            return outcome.error_kind == OUT_OF_GAS_KIND
        if outcome.status is CaseStatus.REFUSED:
            return False
        left, units_from_gas = 4 * outcome.units_left, self._schedule.units_from_gas
        # The data costs something too, but takes longer to price.
        return left < units_from_gas(
            transaction.gas_limit - self._base
        ) and left < units_from_gas(self._budget_in(transaction))

    def is_tried(
        self, transaction: CaseTransaction, outcome: CaseOutcome, random: CaseRandom
    ) -> bool:
        """Whether the next level is tried even where the coverage does not ask."""
        if outcome.status is not CaseStatus.FAILURE:
            return random.one_in(2)
        if outcome.units_short <= self._large_units:
            return False
        is_known = called_by(transaction) in self._budgets
        return is_known or not self._budgets or random.one_in(TRIED)

    def raised(self, transaction: CaseTransaction) -> CaseTransaction:
        """The same transaction on the next level."""
        budget = FACTOR * max(self._budget_in(transaction), self.levels[0])
        return self.limited(transaction, budget)

    def budget_for(self, transaction: CaseTransaction, outcome: CaseOutcome) -> int:
        """The budget of calls like this one: 0 where it used up its own."""
        if self.is_used_up(transaction, outcome):
            return 0
        budget = self._budget_in(transaction)
        if outcome.status is CaseStatus.FAILURE:
            return budget
        used = budget - outcome.units_left // self._schedule.units_per_gas
        return 2 * used + self.levels[0]

    def _budget_in(self, transaction: CaseTransaction) -> int:
        return max(transaction.gas_limit - self._intrinsic(transaction.data), 0)

    def _intrinsic(self, data: bytes) -> int:
        zeros = data.count(0)
        return self._base + zeros * self._zero + (len(data) - zeros) * self._nonzero


def called_by(transaction: CaseTransaction) -> bytes:
    """The contract and the function that the transaction calls."""
    return transaction.to + transaction.data[:SELECTOR_BYTES]
