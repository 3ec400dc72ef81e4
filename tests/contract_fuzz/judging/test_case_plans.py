"""Plans of cases, number by number, and what is run before the first of them."""

from types import SimpleNamespace
from typing import Any

import pytest

from contract_fuzz.cases.case import CaseTransaction
from contract_fuzz.judging.campaign import Chunk, FrozenRound
from contract_fuzz.judging.case_runner import CaseRunner
from contract_fuzz.judging.entries import Entry
from contract_fuzz.judging.stopping import Abandoned
from tests.helpers.scripted_random import ScriptedRandom

SHORT = Entry("short", ("a",), (1,), budget=50)
LONG = Entry("long", ("a", "b"), (2,), budget=5)
ROUND = FrozenRound(1, (SHORT, LONG), weights=(3, 5))


class Places:
    """An executor whose positions say how they were reached."""

    begin = "begin"
    edge_total = 16

    def __init__(self) -> None:
        self.compared: list[Any] = []
        self.advanced: list[Any] = []
        self.edge_counts = memoryview(bytes(16))

    def advance(self, position: str, transactions: tuple[str, ...]) -> str:
        self.advanced.append((position, transactions))
        return " ".join((position, *transactions))

    def run(self, position: str, transaction: str, *, compare: bool = False) -> str:
        self.compared.append((position, transaction, compare))
        return "outcome"

    def comparisons(self) -> list[Any]:
        pairs = ((1, 2), (3, 4), (1, 2))
        return [SimpleNamespace(left=left, right=right) for left, right in pairs]


class Making:
    """Inputs that say what they did."""

    uses_operands = True

    def make(self, _: Any) -> str:
        return "new"

    def change(self, transaction: str, _: Any, operands: Any) -> str:
        return f"{transaction}*{len(operands)}"


class Choosing:
    """A chooser of gas that says what it was asked."""

    def begin(self, entries: Any) -> None:
        self.entries = entries

    def budget_of(self, transaction: str) -> int:
        return 7

    def chosen(self, transaction: str, budget: int, _: Any) -> str:
        return f"{transaction}:{budget}"


def runner(*script: Any, length: int = 16, is_guided: bool = True) -> Any:
    made: Any = CaseRunner.__new__(CaseRunner)
    made.campaign = SimpleNamespace(length=length, is_guided=is_guided, seed=3)
    made.executor, made._inputs, made._gas = Places(), Making(), Choosing()
    made._random = ScriptedRandom(*script)
    made._parents, made._round, made._order = {}, None, []
    return made


FIRST, SECOND = (5, 2), (5, 3)  # which entry is chosen
SAME, OTHER = (16, 0), (16, 1)  # an entry's last transaction as it is, or changed


@pytest.mark.parametrize(
    ("script", "position", "transactions"),
    [
        ([(16, 0)], "begin", ("new:7",)),
        # In the place of the last one.
        ([(16, 1), FIRST, (32, 0), OTHER], "begin", ("a*2:50",)),
        ([(16, 1), SECOND, (32, 17), SAME], "begin a", ("b:7",)),
        # A new one after it.
        ([(16, 1), SECOND, (32, 18)], "begin a b", ("new:7",)),
        ([(16, 1), FIRST, (32, 23)], "begin a", ("new:7",)),
        # One of another entry after it.
        ([(16, 1), FIRST, (32, 24), SECOND, OTHER], "begin a", ("b*2:7",)),
        ([(16, 1), FIRST, (32, 30), FIRST, SAME], "begin a", ("a:50",)),
        # Several: up to the fifteenth after the first.
        ([(16, 1), FIRST, (32, 31), (15, 0), (2, 1)], "begin a", ("new:7",)),
        (
            [
                *((16, 1), SECOND, (32, 31), (14, 2)),
                (2, 1),
                (2, 0),
                FIRST,
                SAME,
                (2, 1),
            ],
            "begin a b",
            ("new:7", "a:50", "new:7"),
        ),
    ],
)
def test_a_case_starts_from_an_entry(
    script: list[Any], position: str, transactions: tuple[str, ...]
) -> None:
    made = runner(*script)
    made._begin_round(ROUND)
    assert made._plan(ROUND) == (position, transactions)
    assert made._random.left == []
    assert made._gas.entries == ROUND.entries


def test_without_entries_a_case_starts_from_the_beginning() -> None:
    made = runner()
    made._begin_round(FrozenRound(0))
    assert made._plan(FrozenRound(0)) == ("begin", ("new:7",))


def test_a_campaign_without_guidance_starts_from_the_beginning() -> None:
    made = runner((16, 1), is_guided=False)
    made._begin_round(ROUND)
    assert made._plan(ROUND) == ("begin", ("new:7",))


@pytest.mark.parametrize(
    ("length", "position", "script"),
    [(2, "begin a", [SAME]), (3, "begin a b", [(1, 0), (2, 1)])],
)
def test_an_entry_that_is_as_long_as_a_case_has_no_room(
    length: int, position: str, script: list[Any]
) -> None:
    made = runner((16, 1), SECOND, (32, 31), *script, length=length)
    made._begin_round(ROUND)
    assert made._plan(ROUND)[0] == position
    assert made._random.left == []


def test_positions_and_operands_of_an_entry_are_found_once() -> None:
    made = runner(*[OTHER] * 2)
    made._begin_round(ROUND)
    parent = made._order[1]
    for _ in range(2):
        assert made._changed(parent) == "b*2:7"
        assert made._after(parent) == "begin a b"
    assert parent.operands == ((1, 2), (3, 4))
    assert made.executor.compared == [("begin a", "b", True)]
    assert made.executor.advanced == [("begin", ("a",)), ("begin a", ("b",))]


def test_inputs_that_use_no_operands_get_none() -> None:
    made = runner(OTHER)
    made._inputs.uses_operands = False
    made._begin_round(ROUND)
    assert made._changed(made._order[1]) == "b*0:7"
    assert made.executor.compared == []


def test_entries_that_stay_keep_their_positions_from_round_to_round() -> None:
    made = runner()
    made._begin_round(ROUND)
    short, long = made._order
    later = FrozenRound(2, (LONG, Entry("new", ("c",), (3,))), weights=(1, 2))
    made._begin_round(later)
    assert made._order[0] is long
    assert [parent.entry.name for parent in made._order] == ["long", "new"]
    made._begin_round(ROUND)
    assert made._order[0] is not short
    made._order = []
    made._begin_round(ROUND)
    assert made._order == []


# More gas for one transaction


class Raising(Choosing):
    """A chooser by scripts: whether it is used up, and whether more is tried."""

    def __init__(self, used_up: str, tried: str) -> None:
        self.used_up, self.tried = list(used_up), list(tried)

    def is_used_up(self, transaction: str, outcome: str) -> bool:
        assert outcome == "outcome"
        return self.used_up.pop(0) == "y"

    def is_tried(self, transaction: str, outcome: str, _: Any) -> bool:
        return self.tried.pop(0) == "y"

    def raised(self, transaction: str) -> str:
        return f"{transaction}+"


class Further:
    """Features that a run goes further by, by a script."""

    def __init__(self, answers: str) -> None:
        self.answers = list(answers)
        self.before: list[bytes | None] = []

    def goes_further(self, counts: memoryview, before: bytes | None) -> bool:
        self.before.append(before)
        return self.answers.pop(0) == "y"


@pytest.mark.parametrize(
    ("used_up", "tried", "further", "ran"),
    [
        ("n", "", "", "a"),
        ("yn", "y", "", "a+"),
        ("y", "n", "n", "a"),
        ("yyn", "ny", "y", "a++"),
        ("yy", "nn", "yn", "a+"),
    ],
)
def test_a_transaction_has_more_gas_as_long_as_that_promises_something(
    used_up: str, tried: str, further: str, ran: str
) -> None:
    made = runner()
    made._gas = Raising(used_up, tried)
    features: Any = Further(further)
    found = made._run_one("begin", "a", features, may_raise=True)
    assert found == (ran, "outcome")
    runs = [transaction for _, transaction, _ in made.executor.compared]
    assert runs == ["a" + "+" * place for place in range(len(ran))]
    # Compared with the run before, from the second one on.
    wanted = [None, bytes(16)][: len(further)] if further != "y" else [None]
    assert features.before == wanted
    assert (made._gas.used_up, made._gas.tried, features.answers) == ([], [], [])


def test_a_corpus_has_the_gas_that_it_has() -> None:
    made = runner()
    made._gas = Raising("", "")
    features: Any = Further("")
    assert made._run_one("begin", "a", features, may_raise=False) == ("a", "outcome")


@pytest.mark.parametrize(
    ("case", "is_one", "judged"),
    [(("a",), True, (("a+",), ("one",))), (("a", "b"), False, (("a", "b"), "several"))],
)
def test_only_a_single_transaction_may_have_more_gas(
    case: tuple[str, ...], is_one: bool, judged: tuple[Any, ...]
) -> None:
    made = runner()
    asked: list[Any] = []
    made._judge = SimpleNamespace(
        add_call_seconds=lambda transaction, _: asked.append(transaction),
        judge=lambda *case: asked.append(case),
    )
    made._run_one = lambda *_, may_raise: ("a+", "one")
    made.executor.run_sequence = lambda *_: "several"
    features = SimpleNamespace(observe=lambda _, single: asked.append(single))
    made._run_case(5, "begin", case, features)
    assert asked == [is_one, judged[0][-1], (5, "begin", *judged, None)]


# Before the first case


class Judging:
    """A judge that counts what is kept."""

    def __init__(self) -> None:
        self.kept: list[str] = []

    def begin(self, frozen: FrozenRound, result: Any) -> None:
        assert frozen == FrozenRound(-1)

    def judge_start(self) -> None:
        self.kept.append("start")

    def keep(self) -> None:
        self.kept.append("keep")


def call(data: bytes, gas_limit: int = 9) -> CaseTransaction:
    return CaseTransaction(bytes(20), data, gas_limit=gas_limit)


A, B, C = call(b"a"), call(b"bb"), call(b"ccc")


def replaying(*simplest: CaseTransaction) -> tuple[Any, list[Any]]:
    made = runner()
    made._judge = Judging()
    made._inputs.simplest = lambda: list(simplest)
    made._gas.limited = lambda transaction, budget: call(transaction.data, budget)
    made.executor.advance = lambda position, ran: (*position, *ran)
    made.executor.begin = ()
    asked: list[Any] = []

    def run_case(
        number: int, position: Any, transactions: Any, _: Any, *, may_raise: bool
    ) -> None:
        asked.append((number, position, transactions, may_raise))

    made._run_case = run_case
    return made, asked


def test_whole_sequences_come_first_the_shortest_before_others() -> None:
    made, asked = replaying(A)
    result = made.replay([(B, C), (B,), (B,)])
    assert asked == [
        # The simplest calls have the least gas, and more where it pays.
        (-5, (), (call(b"a", 0),), True),
        (-4, (), (B,), False),
        (-2, (B,), (C,), False),
    ]
    assert (result.first, result.case_count, result.transaction_count) == (-1, 0, 3)
    assert made._judge.kept == ["start"] + ["keep"] * 4


def test_beginnings_of_sequences_come_last() -> None:
    made, asked = replaying()
    assert made.replay([(A, B, C)]).transaction_count == 3
    assert asked == [
        (-3, (A, B), (C,), False),
        (-2, (), (A,), False),
        (-1, (A,), (B,), False),
    ]


@pytest.mark.parametrize(("stops_at", "count"), [(0, 0), (1, 1), (2, 2)])
def test_a_replay_that_is_stopped_has_no_result(stops_at: int, count: int) -> None:
    made, asked = replaying()
    assert made.replay([(A, B, C)], lambda: len(asked) == stops_at) is None
    assert len(asked) == count


def test_a_replay_that_is_abandoned_has_no_result() -> None:
    made, _ = replaying(A)

    def abandon(*_: Any, **__: Any) -> None:
        raise Abandoned

    made._run_case = abandon
    assert made.replay([]) is None


def test_a_chunk_ends_with_the_case_that_is_abandoned() -> None:
    made = runner()
    restarted: list[Any] = []
    seconds: list[Any] = []
    made._random = SimpleNamespace(restart=lambda *both: restarted.append(both))
    made._judge = SimpleNamespace(
        begin=lambda *_: None,
        keep=lambda: None,
        add_seconds=lambda kind, name, _: seconds.append((kind, name)),
    )
    made._plan = lambda _: ("begin", ("x", "y"))

    def run_case(number: int, *_: Any) -> None:
        if number == 12:
            raise Abandoned

    made._run_case = run_case
    result = made.run(ROUND, Chunk(10, 5))
    assert (result.first, result.case_count, result.transaction_count) == (10, 2, 4)
    assert restarted == [(3, 10), (3, 11), (3, 12)]
    assert seconds == [("unfinished case", "")]
