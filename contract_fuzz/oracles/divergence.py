"""Where two engines diverge: the transaction, the host call, the func and the line.

With little enough gas both engines stop before that place. The least gas with which
they differ is found by bisection, in units: with one unit less the interpreter stops
where the difference begins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import zip_longest

from chain_sim.ethereum.execution.engine_choice import engine_for
from chain_sim.ethereum.execution.placed_transaction import RepeatableTransaction
from chain_sim.ethereum.gas_report.required_gas import lowest_success
from chain_sim.ethereum.primitives.errors import InvalidTransaction
from chain_sim.ethereum.primitives.transactions import check_intrinsic_gas
from contract_fuzz.cases.case import Position, StartState
from contract_fuzz.cases.case_files import CaseReplays
from contract_fuzz.cases.edge_coverage import Coverage, EdgePlace
from contract_fuzz.cases.executor import CaseExecutor, ExecutorOptions
from contract_fuzz.cases.runs_by_units import host_calls_of, run_with_units
from contract_fuzz.cases.sequences import Transactions
from contract_fuzz.errors import PositionDiffers
from contract_fuzz.oracles.observations import difference_of, observe
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.ledger.source_lines import SourceLines
from contractvm.wasm.binary.decoder import decode_module


@dataclass(frozen=True, slots=True)
class Divergence:
    """`transaction` is its place in the sequence.

    `units` is the least gas for its message with which the engines differ, None where
    they do not before it is settled. `func` and `line` are where the interpreter then
    is, `host_call` the first call of a host function that is not the same or met with
    another rest of gas; empty where they are not known.
    """

    transaction: int
    units: int | None = None
    func: str = ""
    line: str = ""
    host_call: str = ""

    @property
    def facts(self) -> Mapping[str, str]:
        """The known facts, for documents and display."""
        facts = {
            "transaction": str(self.transaction),
            "least units that differ": "" if self.units is None else str(self.units),
            "func": self.func,
            "line": self.line,
            "host call": self.host_call,
        }
        return {name: value for name, value in facts.items() if value}


def find_divergence(
    start: StartState,
    engine: str,
    transactions: Transactions,
    code_of: Callable[[bytes], bytes | None],
) -> Divergence | None:
    """Where the interpreter and `engine` first diverge; None if they do not.

    `code_of` gives a module by its SHA-256, for its lines.
    """
    first = first_differing(start, engine, transactions)
    if first is None:
        return None
    place, position = first
    pair = EnginePair(start, engine)
    placed = pair.replays.place(position, transactions[place])
    try:
        units = pair.units_of(placed)
    except InvalidTransaction:
        return Divergence(place)
    if not pair.differs(placed, units):
        return Divergence(place)
    least = lowest_success(partial(pair.differs, placed), -1, units)
    edge = pair.stopped_at(placed, max(least - 1, 0))
    return Divergence(
        transaction=place,
        units=least,
        func="" if edge is None else str(edge),
        line="" if edge is None else line_of(code_of(edge.module_hash), edge.offset),
        host_call=pair.host_call(placed, units),
    )


def first_differing(
    start: StartState, engine: str, transactions: Transactions
) -> tuple[int, Position] | None:
    """The first transaction that differs in what oracles see, and the position."""
    here = CaseExecutor(start)
    there = CaseExecutor(start, ExecutorOptions(engine=engine, has_coverage=False))
    position = here.begin
    for place, transaction in enumerate(transactions):
        try:
            other = observe(there, position, [transaction])
        except PositionDiffers:
            return None
        if difference_of(observe(here, position, [transaction]), other) is not None:
            return place, position
        position = here.advance(position, [transaction])
    return None


class EnginePair:
    """The interpreter with coverage and another engine, on one start state."""

    def __init__(self, start: StartState, engine: str) -> None:
        self.replays = CaseReplays(start)
        self._coverage = Coverage(start, start.database(), self.replays.engine)
        self._engines = (
            self._coverage.engine,
            engine_for(start.genesis, engine).engine,
        )

    def units_of(self, placed: RepeatableTransaction) -> int:
        """What the transaction gives its message; raises InvalidTransaction."""
        schedule = self.replays.engine.schedule
        intrinsic = check_intrinsic_gas(placed.tx, schedule.section(TransactionCosts))
        return schedule.units_from_gas(placed.tx.gas_limit - intrinsic)

    def differs(self, placed: RepeatableTransaction, units: int) -> bool:
        """Whether the engines differ with this much gas."""
        here, there = (run_with_units(placed, each, units) for each in self._engines)
        return here != there

    def stopped_at(self, placed: RepeatableTransaction, units: int) -> EdgePlace | None:
        """The last edge that the interpreter passes with this much gas."""
        self._coverage.counts.reset()
        run_with_units(placed, self._coverage.engine, units)
        return self._coverage.describe(self._coverage.counts.last)

    def host_call(self, placed: RepeatableTransaction, units: int) -> str:
        """The first host function call that differs, "" for none."""
        here, there = (host_calls_of(placed, each, units) for each in self._engines)
        for place, (one, other) in enumerate(zip_longest(here, there)):
            if one != other:
                return f"{place}: {one or 'none'} here, {other or 'none'} there"
        return ""


def line_of(code: bytes | None, offset: int) -> str:
    """`token.c:12`, for an offset in a module with debug information."""
    if code is None:
        return ""
    lines, code_offset = lines_of(code)
    place = None if lines is None else lines.line_at(offset - code_offset)
    return "" if place is None else f"{place[0]}:{place[1]}"


@lru_cache(maxsize=4)
def lines_of(code: bytes) -> tuple[SourceLines | None, int]:
    """The lines of a module, and where its code section begins; both engines ask."""
    module = decode_module(code)
    return SourceLines.of_module(module), module.code_offset
