"""Report of one frame: its lines, funcs and stacks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chain_sim.ethereum.gas_report.gas_recording import DEPOSITED_BYTE, FrameRecord
from contractvm.errors import InternalError
from contractvm.hosts.evm.costs import PrecompileCosts
from contractvm.hosts.registry import find_host
from contractvm.ledger.call_tree import ROOT, CallTree, Spending
from contractvm.ledger.frame_value import FrameValue
from contractvm.ledger.line_costs import line_costs
from contractvm.ledger.parts import AMOUNTS, FrameParts, PartSums
from contractvm.ledger.quantities import (
    Quantities,
    Quantity,
    QuantityKind,
    add_quantities,
    price_units,
    unit_price,
)
from contractvm.ledger.report import CallReport, KeyCost, LineCost
from contractvm.ledger.source_lines import ModuleLines, read_lines
from contractvm.wasm.binary.decoder import decode_module
from contractvm.wasm.binary.name_section import func_names
from gas_schedule.schedule import GasSchedule

SECTION_LINES = {DEPOSITED_BYTE[1:3]: ("deposit", "code bytes")}
MAKING, CODE_DEPOSIT, FORFEITED = "making an instance", "code deposit", "forfeited"


class FrameReporter:
    """Makes the reports of a recording's frames; caches what is per module.

    `is_same` says that the schedule is that of the run: only then are there units by
    func and by stack, since the call tree was recorded in units.
    """

    def __init__(
        self, schedule: GasSchedule, is_same: bool, find_lines: "FindLines"
    ) -> None:
        self._schedule = schedule
        self._find_lines = find_lines
        self._is_same = is_same
        self._facts: dict[bytes, DebugFacts] = {}
        self._parts = FrameParts(find_host(schedule.interface), schedule, SECTION_LINES)

    def report(
        self, frame: FrameRecord, value: FrameValue, calls: tuple[CallReport, ...]
    ) -> CallReport:
        """The report of a frame, after those of its callees."""
        message = frame.message
        spendings = tuple(self._spendings(frame, value, calls)) if self._is_same else ()
        facts = self._facts_of(frame)
        tree = CallTree(frame.nodes, spendings, facts.names)
        stacks = tree.stacks() if self._is_same else ()
        spent = sum(stack.units for stack in stacks) + net_units(calls)
        if self._is_same and spent != value.used:
            raise InternalError(
                f"the stacks of frame {frame.number} have {spent} of {value.used} units"
            )
        return CallReport(
            kind="precompile" if frame.precompile else message.kind.value,
            sender=message.sender,
            recipient=message.recipient,
            code_address=message.code_address,
            status=frame.status,
            error=None if frame.error is None else str(frame.error),
            given_units=value.given,
            stipend_units=value.stipend,
            used_units=value.used,
            parts=self._sums(frame, value).parts(),
            functions=tree.functions() if self._is_same else (),
            lines=self._lines(frame, facts),
            stacks=stacks,
            calls=calls,
            calls_at=tuple(
                (*tree.path(sub_call.node), sub_call.function)
                for sub_call in frame.sub_calls
            ),
            notes=tuple(tree_notes(frame, tree)),
            value=message.value if message.moves_value else 0,
            keys=key_costs(frame),
            start_prices=frame.start_prices,
            has_lines=facts.source.lines is not None,
            debug_fault=facts.source.fault,
        )

    def _sums(self, frame: FrameRecord, value: FrameValue) -> PartSums:
        counted: Quantities = {}
        for segment in range(len(frame.segments)):
            add_quantities(counted, frame.counted(segment))
        add_quantities(counted, frame.deposit)
        sums = self._parts.lines(counted, value)
        if frame.precompile is not None:
            units = self._precompile_units(frame)
            sums.add("precompile", frame.precompile.name, 1, units)
        return sums

    def _spendings(
        self, frame: FrameRecord, value: FrameValue, calls: tuple[CallReport, ...]
    ) -> Iterator[Spending]:
        """What the frame spent in addition to its own instructions, and where."""
        for segment in frame.segments:
            for node, counted in segment.host.items():
                for quantity, count in counted.items():
                    is_initial = quantity.kind is QuantityKind.INITIAL
                    name = MAKING if is_initial else place_of(quantity)
                    units = unit_price(quantity, self._schedule) * count
                    yield Spending(node, name, units)
        for sub_call, callee in zip(frame.sub_calls, calls, strict=True):
            units = callee.used_units - callee.stipend_units
            yield Spending(sub_call.node, sub_call.function, units, is_sub_call=True)
        deposit = price_units(frame.deposit.items(), self._schedule)
        yield Spending(ROOT, CODE_DEPOSIT, deposit)
        if frame.precompile is not None:
            units = self._precompile_units(frame)
            yield Spending(ROOT, frame.precompile.name, units)
        yield Spending(ROOT, FORFEITED, value.forfeited)
        # A charge that could not be paid is subtracted where it was made.
        yield Spending(*unpaid_at(frame), -value.unpaid)

    def _precompile_units(self, frame: FrameRecord) -> int:
        if frame.precompile is None:
            return 0
        gas = frame.precompile.price(self._schedule.section(PrecompileCosts))
        return self._schedule.units_from_gas(gas)

    def _facts_of(self, frame: FrameRecord) -> "DebugFacts":
        if frame.module is None:
            return NO_FACTS
        facts = self._facts.get(frame.code)
        if facts is None:
            names = func_names(decode_module(frame.code))
            facts = DebugFacts(names, self._find_lines(frame.code))
            self._facts[frame.code] = facts
        return facts

    def _lines(self, frame: FrameRecord, facts: "DebugFacts") -> tuple[LineCost, ...]:
        lines = facts.source.lines
        if frame.module is None or lines is None:
            return ()
        return line_costs(frame.module, frame.sites, lines.line_at, self._schedule)


def place_of(quantity: Quantity) -> str:
    """The name of what was charged, in stacks: of an amount, its host function."""
    if quantity.kind in AMOUNTS:
        return quantity.module or quantity.name
    return quantity.name


def key_costs(frame: FrameRecord) -> tuple[KeyCost, ...]:
    """What each slot cost, in the order of first use."""
    return tuple(
        KeyCost(key, name, count, units)
        for (key, name), (count, units) in frame.keys.items()
    )


@dataclass(frozen=True, slots=True)
class DebugFacts:
    """Readable names of the places in a module."""

    names: dict[int, str]
    source: ModuleLines


NO_FACTS = DebugFacts({}, ModuleLines(None, None))

# The source lines of a contract's code.
FindLines = Callable[[bytes], ModuleLines]


def lines_of_code(code: bytes) -> ModuleLines:
    """The source lines from a contract's own debug information."""
    return read_lines(decode_module(code))


def net_units(calls: tuple[CallReport, ...]) -> int:
    """What sub-calls cost their caller."""
    return sum(call.used_units - call.stipend_units for call in calls)


def unpaid_at(frame: FrameRecord) -> tuple[int, str]:
    """The node and the name of the charge that the frame could not pay."""
    if frame.precompile is not None:
        return ROOT, frame.precompile.name
    if frame.deposit:
        return ROOT, CODE_DEPOSIT
    node, name = frame.unpaid_at
    if node == ROOT and not name:
        return ROOT, MAKING
    return node, name


def tree_notes(frame: FrameRecord, tree: CallTree) -> Iterator[str]:
    """A note if the call tree is incomplete."""
    if frame.is_truncated:
        yield "the tree of calls is incomplete: the deepest are counted with a caller"
    if tree.is_cut:
        yield "deep stacks are cut: what is below counts with the last that is shown"
