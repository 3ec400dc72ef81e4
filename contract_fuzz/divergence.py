"""Where two engines part: the transaction, the host call, the func and the line.

Engines agree until they do not: with little enough gas both stop before the place.
The smallest gas limit at which they differ is searched by halving; with one gas less
the interpreter stops where the code that differs begins.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from chain_sim.chain_setup import engine_for
from chain_sim.errors import InvalidTransaction
from contract_fuzz.case_replays import CaseReplays
from contract_fuzz.cases import CaseTransaction, Position, StartState
from contract_fuzz.covering import EdgePlace
from contract_fuzz.executor import Executor, ExecutorOptions
from contract_fuzz.host_calls import host_calls_of
from contract_fuzz.observations import Difference, difference_of, observe
from contract_fuzz.positions import PositionDiffers
from contract_fuzz.sequences import Transactions
from contractvm.binary.decoder import decode_module
from contractvm.ledger.source_lines import SourceLines


@dataclass(frozen=True, slots=True)
class Divergence:
    """`transaction` is its place in the sequence, `gas_limit` the smallest.

    `func` and `line` are those where the interpreter stands just before, empty where
    they are not known. `host_call` says which call of a host function is another one.
    """

    transaction: int
    gas_limit: int
    func: str
    line: str
    host_call: str

    @property
    def facts(self) -> Mapping[str, str]:
        """For documents and for people, what is known."""
        facts = {
            "transaction": str(self.transaction),
            "smallest gas limit": str(self.gas_limit),
            "func": self.func,
            "line": self.line,
            "host call": self.host_call,
        }
        return {name: value for name, value in facts.items() if value}


class Comparison:
    """The interpreter with coverage and another engine, on one start state."""

    def __init__(self, start: StartState, engine: str) -> None:
        self._replays = CaseReplays(start)
        self._engines = (self._replays.engine, engine_for(start.genesis, engine).engine)
        self.here = Executor(start)
        options = ExecutorOptions(engine=engine, has_coverage=False)
        self.there = Executor(start, options)

    def difference(
        self, position: Position, transactions: Sequence[CaseTransaction]
    ) -> Difference | None:
        """How the engines differ; before the position they do not."""
        here = observe(self.here, position, transactions)
        return difference_of(here, observe(self.there, position, transactions))

    def first(self, transactions: Transactions) -> tuple[int, Position] | None:
        """The first transaction that differs, and the position before it."""
        position = self.here.begin
        for place, transaction in enumerate(transactions):
            try:
                if self.difference(position, [transaction]) is not None:
                    return place, position
            except PositionDiffers:
                return None
            position = self.here.advance(position, [transaction])
        return None

    def host_call(self, position: Position, transaction: CaseTransaction) -> str:
        """The first call of a host function that is not the same, "" for none."""
        replay = self._replays.replay(position, transaction)
        try:
            here, there = (host_calls_of(replay, engine) for engine in self._engines)
        except InvalidTransaction:
            return ""
        for place, (one, other) in enumerate(zip_longest(here, there)):
            if one != other:
                return f"{place}: {one or 'none'} here, {other or 'none'} there"
        return ""


def find_divergence(
    start: StartState,
    engine: str,
    transactions: Transactions,
    code_of: Callable[[bytes], bytes | None],
) -> Divergence | None:
    """Where the interpreter and `engine` part first; None where they do not.

    `code_of` gives a module by its SHA-256, for its lines.
    """
    comparison = Comparison(start, engine)
    first = comparison.first(transactions)
    if first is None:
        return None
    place, position = first
    transaction = transactions[place]

    def differs(gas_limit: int) -> bool:
        tried = replace(transaction, gas_limit=gas_limit)
        return comparison.difference(position, [tried]) is not None

    gas_limit = smallest_differing(differs, transaction.gas_limit)
    edge = _stopped_at(comparison, position, transaction, gas_limit)
    return Divergence(
        transaction=place,
        gas_limit=gas_limit,
        func="" if edge is None else str(edge),
        line="" if edge is None else line_of(code_of(edge.module_hash), edge.offset),
        host_call=comparison.host_call(position, transaction),
    )


def smallest_differing(differs: Callable[[int], bool], differing: int) -> int:
    """A gas limit with a difference, while one gas less has none."""
    same = 0
    while differing - same > 1:
        middle = (same + differing) // 2
        if differs(middle):
            differing = middle
        else:
            same = middle
    return differing


def line_of(code: bytes | None, offset: int) -> str:
    """`token.c:12`, for an offset in a module with debug information."""
    if code is None:
        return ""
    module = decode_module(code)
    lines = SourceLines.of_module(module)
    place = None if lines is None else lines.line_at(offset - module.code_offset)
    return "" if place is None else f"{place[0]}:{place[1]}"


def _stopped_at(
    comparison: Comparison,
    position: Position,
    transaction: CaseTransaction,
    gas_limit: int,
) -> EdgePlace | None:
    """The last edge before the engines part."""
    executor = comparison.here
    for limit in (gas_limit - 1, gas_limit):
        executor.run(position, replace(transaction, gas_limit=limit))
        edge = executor.describe_edge(executor.last_edge)
        if edge is not None:
            return edge
    return None
