"""Totals that were published, run or computed again by the engine's own functions."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from chain_sim.ethereum.stylus_tests.benchmark import measure_benchmark
from chain_sim.ethereum.stylus_tests.frame_depth import count_entries, measure_frame
from chain_sim.ethereum.stylus_tests.own_chain import TIMESTAMP
from chain_sim.ethereum.stylus_tests.probes import PROBES, measure, measure_called
from chain_sim.ethereum.stylus_tests.vector_files import VectorRow, read_rows
from contractvm.hosts.evm.costs import TransactionCosts
from contractvm.hosts.stylus.activation import (
    DataPricer,
    approximate_exp,
    module_gas,
    program_costs,
)
from contractvm.hosts.stylus.costs import ActivationCosts, DataPricing
from contractvm.hosts.stylus.module_rules import ProgramFigures
from contractvm.hosts.stylus.page_prices import OpenPages
from contractvm.hosts.stylus.parameters import StylusParameters, parameters_of
from contractvm.runtime.pipeline import Pipeline
from gas_schedule.schedule import GasSchedule

FILE = "golden.csv"
ARBOS = 32  # of the node that recorded most rows
# Everything of an activation but its module: ArbOS's state, and the event.
FIXED_READS, FIXED_WRITES, EVENT_WORDS = 7, 4, 1
EXP_ACCURACY = 4
PUBLIC = {
    "public/trace/read_args36": "read_args_36",
    "public/trace/read_args50": "read_args_50",
    "public/trace/reentrant": "msg_reentrant",
    "public/trace/msg_sender": "msg_sender",
}
# What a called program costs, by the published figures of its module.
CALLED = {
    "call/write-args/call_contract": "call_contract",
    "call/write-args/delegate_call_contract": "delegate_call_contract",
}
CALLED_COSTS = (34, 11)
NOT_RUN = {
    "call/burn/": "it calls an ArbOS precompiled contract of tests",
    "call/evm/": "it calls an EVM contract",
    "create": "it depends on EVM init code",
    "tx/": "the recorded module was not handed on",
    "rounded/": "not recomputable: the module was not published, or it is rounded",
}
NUMBERS = re.compile(r"(\w+)=(\d+)")
GAS_USED = re.compile(r"(?:est\(|gas used )(\d+)")
# Two recordings of an older node, which no rule reproduces.
OLDER_NODE = "recording of an older node"
DEMAND_BEFORE = "demand of the activation before"
NO_DEMAND = "the activation before it is not in the file"
FIGURES = (*"LFTP", "Gl", "D", "data", "elem", "instrumented_ops", "calldata_gas")
# An estimate stops where the limits are this close, in thousandths.
CLOSE = 15


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A row of the file; `found` is None, with a reason, for one that cannot be run."""

    id: str
    expected: str
    found: str | None
    reason: str = ""

    @property
    def difference(self) -> str | None:
        """What differs; None where all agree, or nothing was run."""
        if self.found in (None, self.expected):
            return None
        return f"value: {self.found}, expected {self.expected}"


def run_published(folder: Path, engine: Pipeline) -> Iterator[PublishedRow]:
    """Run or compute each row of the file."""
    runner = Published(folder, engine)
    for row in read_rows(folder.joinpath(FILE)):
        yield runner.run(row)


class Published:
    """What rows of one file need; data fees follow from the rows before."""

    def __init__(self, folder: Path, engine: Pipeline) -> None:
        self._folder = folder
        self._engine = engine
        self._schedule: GasSchedule = engine.schedule
        # By recording, the state after its last activation.
        self._pricers: dict[str, DataPricer] = {}

    def run(self, row: VectorRow) -> PublishedRow:
        """The row with what was found."""
        name, value = row["id"], row["value"]
        reason = next(
            (why for start, why in NOT_RUN.items() if name.startswith(start)), None
        )
        if OLDER_NODE in row["status"] or "model gives" in row["status"]:
            reason = OLDER_NODE
        if DEMAND_BEFORE in row["how_computed"] and row["source"] not in self._pricers:
            reason = NO_DEMAND
        if reason is not None:
            return PublishedRow(name, value, None, reason)
        found = self._value(name, row)
        return PublishedRow(name, value, str(found))

    def _value(self, name: str, row: VectorRow) -> int:
        kind, _, rest = name.partition("/")
        by_kind: dict[str, Callable[[], int]] = {
            "hostio": lambda: self._hostio(rest, row),
            "public": lambda: self._public(name, row),
            "bench": lambda: measure_benchmark(self._engine),
            "memory": lambda: _pages(rest),
            "depth": lambda: self._depth(rest),
            "approxexp": lambda: approximate_exp(int(rest), EXP_ACCURACY),
            "activation": lambda: self._activation(rest, row),
        }
        if name in CALLED:
            return measure_called(
                CALLED[name], CALLED_COSTS, self._folder, self._engine
            )
        run = by_kind.get(kind)
        return self._estimated(row) if run is None else run()

    def _hostio(self, probe: str, row: VectorRow) -> int:
        if probe not in PROBES:
            raise row.refused(f"no program for {probe[:40]!r}")
        return self._measured(probe)

    def _measured(self, probe: str) -> int:
        return measure(PROBES[probe], self._folder, self._engine)

    def _public(self, name: str, row: VectorRow) -> int:
        if name in PUBLIC:
            return self._measured(PUBLIC[name])
        return self._estimated(row)

    def _depth(self, what: str) -> int:
        if what == "frame":
            return measure_frame()
        return count_entries(int(what), self._engine)

    def _estimated(self, row: VectorRow) -> int:
        """The gas limit that an estimate gives for the gas used."""
        found = GAS_USED.search(row["how_computed"] + row["what"])
        if found is None:
            raise row.refused("it says no gas used")
        return estimate(int(found[1]))

    def _activation(self, what: str, row: VectorRow) -> int:
        numbers = {key: int(value) for key, value in NUMBERS.findall(row["what"])}
        missing = [name for name in FIGURES if name not in numbers]
        if missing:
            raise row.refused(f"no figure {missing[0]}")
        figures = _figures(numbers)
        parameters, costs = parameters_of(ARBOS), self._costs
        if what.startswith("gas/"):
            base = self._schedule.section(TransactionCosts).base
            used = base + numbers["calldata_gas"] + self._fixed_gas()
            return estimate(used + module_gas(figures, parameters, costs))
        return self._fee(figures, parameters, row) * 120 // 100

    @property
    def _costs(self) -> ActivationCosts:
        return self._schedule.section(ActivationCosts)

    def _fixed_gas(self) -> int:
        costs = self._costs
        return (
            costs.gas_base
            + costs.open_state
            + costs.params_read
            + FIXED_READS * costs.storage_read
            + FIXED_WRITES * costs.storage_write
            + costs.program_event
            + (EVENT_WORDS + 2) * costs.argument_word
        )

    def _fee(
        self,
        figures: ProgramFigures,
        parameters: StylusParameters,
        row: VectorRow,
    ) -> int:
        pricing = self._schedule.section(DataPricing)
        pricer = DataPricer.fresh(pricing)
        if DEMAND_BEFORE in row["how_computed"]:
            pricer = self._pricers[row["source"]]
        asm_bytes = program_costs(figures, parameters, self._costs).asm_bytes
        accuracy = pricing.accuracy_divisor
        fee, pricer = pricer.charged(asm_bytes, TIMESTAMP, accuracy)
        self._pricers[row["source"]] = pricer
        return fee


def estimate(used: int) -> int:
    """The result of geth's `eth_estimateGas` where that much is used, no refund."""
    highest, lowest = (used + 2_300) * 64 // 63, used - 1
    while (highest - lowest) * 1_000 >= highest * CLOSE:
        middle = (highest + lowest) // 2
        if middle < used:
            lowest = middle
        else:
            highest = middle
    return highest


def _pages(what: str) -> int:
    """Opening 128 pages at once: where two are free, and where all are."""
    pages = OpenPages()
    if what == "free":
        return pages.price(128, StylusParameters(free_pages=128))
    return pages.price(int(what), StylusParameters())


def _figures(numbers: Mapping[str, int]) -> ProgramFigures:
    return ProgramFigures(
        wasm_bytes=numbers["L"],
        funcs=numbers["F"],
        types=numbers["T"],
        global_count=numbers["Gl"],
        segment_bytes=numbers["D"],
        payload_bytes=numbers["data"],
        element_bytes=numbers["elem"],
        pages=numbers["P"],
        operators=numbers["instrumented_ops"],
        frames=(),
    )
