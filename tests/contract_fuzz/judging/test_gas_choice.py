"""Gas budgets number by number: what is chosen, what is used up, what is tried."""

from functools import cache
from typing import Any

import pytest

from chain_sim.ethereum.primitives.text import Address
from contract_fuzz.cases.case import CaseOutcome, CaseStatus, CaseTransaction
from contract_fuzz.cases.executor import CaseExecutor
from contract_fuzz.cases.start_states import start_from_code
from contract_fuzz.judging.campaign import Campaign
from contract_fuzz.judging.case_gas import CaseGas
from contract_fuzz.judging.entries import make_entry
from tests.helpers.fuzz_contracts import TRAPS, contract
from tests.helpers.scripted_random import ScriptedRandom

FULL = 10_000_000
LEAST = 2_412
BASE = 21_000
UNITS = 10_000  # of a gas
ONE, OTHER = Address(b"\x01" * 20), Address(b"\x02" * 20)


@cache
def gas() -> CaseGas:
    code = contract(TRAPS)
    made = Campaign(start_from_code(code), code, gas_limit=FULL)
    return CaseGas(made, CaseExecutor(made.start).schedule)


def call(gas_limit: int = FULL, data: bytes = b"", to: Address = ONE) -> Any:
    return CaseTransaction(to, data, gas_limit=gas_limit)


def ended(
    status: CaseStatus, kind: str = "", units_left: int = 0, units_short: int = 0
) -> CaseOutcome:
    return CaseOutcome(
        *(status, kind, None, b"", (), 0, units_left), units_short=units_short
    )


SUCCESS, FAILURE = CaseStatus.SUCCESS, CaseStatus.FAILURE
SHORT = ended(FAILURE, "out of gas")


@pytest.mark.parametrize(
    ("budget", "script", "limit"),
    [
        (0, [(32, 1), (64, 1)], BASE + LEAST),
        (5_000, [(32, 1), (64, 1)], BASE + 5_000),
        # By luck the next level, or a higher one.
        (0, [(32, 0), (4, 1), (64, 1)], BASE + LEAST),
        (LEAST - 1, [(32, 0), (4, 1), (64, 1)], BASE + LEAST),
        (LEAST, [(32, 0), (4, 1), (64, 1)], BASE + 9_648),
        (LEAST, [(32, 0), (4, 0), (4, 0), (4, 1), (64, 1)], BASE + 154_368),
        (9_879_552, [(32, 0), (64, 1)], FULL),
        (FULL, [(32, 0), (64, 1)], FULL),
        (0, [(32, 1), (64, 0), (BASE + LEAST, 0)], 1),
        (0, [(32, 1), (64, 0), (BASE + LEAST, 99)], 100),
    ],
)
def test_a_limit_is_chosen(
    budget: int, script: list[tuple[int, int]], limit: int
) -> None:
    random: Any = ScriptedRandom(*script)
    transaction = CaseTransaction(ONE, b"", 2, 3, FULL, 4)
    chosen = gas().chosen(transaction, budget, random)
    assert chosen == CaseTransaction(ONE, b"", 2, 3, limit, 4)
    assert random.left == []


def test_other_functions_have_what_the_cheapest_known_needs_and_a_quarter() -> None:
    made = gas()
    a, b, elsewhere = (
        call(data=b"aaaa1"),
        call(data=b"bbbb"),
        call(FULL, b"aaaa", OTHER),
    )
    entries = [
        make_entry((b, a), (1,), budget=3_000),
        make_entry((a,), (2,), budget=2_500),
        make_entry((b,), (3,), budget=5_000),
        # It used up its own.
        make_entry((elsewhere,), (4,), budget=0),
    ]
    made.begin(entries)
    budgets = [made.budget_of(each) for each in (a, call(data=b"aaaa2"), b, elsewhere)]
    assert budgets == [3_000, 3_000, 5_000, LEAST + (3_000 - LEAST) * 5 // 8]
    made.begin([make_entry((a,), (2,), budget=100)])
    assert [made.budget_of(each) for each in (a, b)] == [100, LEAST]
    made.begin([])
    assert made.budget_of(a) == LEAST


# With two bytes of data that cost 72 gas.
CUT = call(BASE + 72 + LEAST, b"\0\1")
QUARTER = LEAST * UNITS // 4


@pytest.mark.parametrize(
    ("transaction", "outcome", "is_used_up"),
    [
        (call(FULL), SHORT, False),
        (call(FULL - 1), SHORT, True),
        (call(FULL - 1), ended(FAILURE, "unreachable"), False),
        (call(FULL - 1), ended(CaseStatus.REFUSED), False),
        (CUT, ended(SUCCESS, units_left=QUARTER - 1), True),
        (CUT, ended(SUCCESS, units_left=QUARTER), False),
        (CUT, ended(CaseStatus.REVERTED, units_left=QUARTER - 1), True),
    ],
)
def test_a_budget_is_used_up_when_less_than_a_quarter_is_left(
    transaction: CaseTransaction, outcome: CaseOutcome, is_used_up: bool
) -> None:
    assert gas().is_used_up(transaction, outcome) is is_used_up


# More than a thirty-second of the least budget.
LARGE = 753_665


@pytest.mark.parametrize(
    ("known", "outcome", "script", "is_tried"),
    [
        ([], ended(SUCCESS), [(2, 0)], True),
        ([], ended(SUCCESS), [(2, 1)], False),
        ([], ended(FAILURE, "out of gas", 0, LARGE - 1), [], False),
        ([], ended(FAILURE, "out of gas", 0, LARGE), [], True),
        ([ONE], ended(FAILURE, "out of gas", 0, LARGE), [], True),
        ([OTHER], ended(FAILURE, "out of gas", 0, LARGE), [(8, 0)], True),
        ([OTHER], ended(FAILURE, "out of gas", 0, LARGE), [(8, 1)], False),
    ],
)
def test_more_is_tried_where_a_single_charge_was_too_large(
    known: list[Address],
    outcome: CaseOutcome,
    script: list[tuple[int, int]],
    is_tried: bool,
) -> None:
    made = gas()
    made.begin(make_entry((call(FULL, b"", to),), (1,), budget=9) for to in known)
    random: Any = ScriptedRandom(*script)
    assert made.is_tried(call(), outcome, random) is is_tried
    assert random.left == []


@pytest.mark.parametrize(
    ("limit", "raised"),
    [
        (BASE - 1, BASE + 4 * LEAST),
        (BASE + 10, BASE + 4 * LEAST),
        (BASE + 3_000, BASE + 12_000),
        (BASE + 3_000_000, FULL),
    ],
)
def test_more_is_four_times_the_budget(limit: int, raised: int) -> None:
    assert gas().raised(call(limit)).gas_limit == raised


@pytest.mark.parametrize(
    ("outcome", "budget"),
    [
        (SHORT, 0),
        (ended(SUCCESS, units_left=0), 0),
        (ended(FAILURE, "unreachable"), 10_000),
        (ended(SUCCESS, units_left=9_000 * UNITS + 9_999), 2 * 1_000 + LEAST),
        (ended(CaseStatus.REVERTED, units_left=9_000 * UNITS), 2 * 1_000 + LEAST),
    ],
)
def test_calls_like_one_have_twice_what_it_used_and_the_least(
    outcome: CaseOutcome, budget: int
) -> None:
    assert gas().budget_for(call(BASE + 10_000), outcome) == budget
